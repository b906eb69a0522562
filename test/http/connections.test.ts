/** What happens to connections: closing, going away, resting. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import type { Answer } from '../../src/call-gateway.ts';
import { BASE, FIELDS, listenStep, signatureOf, startApp, verbNames, verbsOf } from './harness.ts';
import type { Server } from './harness.ts';

const STEP: Answer = { kind: 'step', step: listenStep('Hello.') };

/** A gateway that answers when it is let go. */
function held(server: Server) {
  let letGo = () => {};
  const released = new Promise<void>((resolve) => (letGo = resolve));
  server.gateway.script = async () => {
    await released;
    return STEP;
  };
  return letGo;
}

async function until(holds: () => boolean, timeoutMs = 5000): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() > deadlineMs) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function wire(path: string): string {
  const form = new URLSearchParams(FIELDS).toString();
  return (
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
    `X-Twilio-Signature: ${signatureOf(BASE + path, FIELDS)['X-Twilio-Signature']}\r\n` +
    `Content-Length: ${form.length}\r\n\r\n${form}`
  );
}

/** A connection, and everything that came over it. */
async function open(server: Server): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect(server.port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve, reject) => socket.on('connect', resolve).on('error', reject));
  return { socket, text: () => Buffer.concat(chunks).toString() };
}

test('a server that closes answers who is waiting, and takes nobody new', async () => {
  const server = await startApp();
  const letGo = held(server);
  const waiting = server.twilio('POST', '/webhook/voice');
  const idle = await open(server);
  await until(() => server.gateway.asked.length === 1);
  const closing = server.app.close();
  await until(() => !server.app.server.listening);
  await expect(open(server)).rejects.toThrow('ECONNREFUSED');
  letGo();
  const reply = await waiting;
  expect(reply.status).toBe(200);
  expect(verbNames(verbsOf(reply))).toEqual(['Gather', 'Say']);
  idle.socket.destroy();
  await server.close();
  await closing;
});

test('a resting connection does not hold a server that closes', async () => {
  const server = await startApp();
  const { socket, text } = await open(server);
  socket.write(wire('/webhook/voice'));
  await until(() => text().includes('</Response>'));
  const startedMs = Date.now();
  await server.app.close();
  expect(Date.now() - startedMs).toBeLessThan(1000);
  socket.destroy();
  await server.close();
});

test.each<[string, string, number]>([
  ['sent nothing', '', 1000],
  ['sent half of its headers', 'POST /webhook/voice HTTP/1.1\r\nHost:', 1000],
  ['sent half of its body', wire('/webhook/voice').slice(0, -10), 7000],
])(
  'a connection that %s does not hold a server that closes',
  async (_what, start, limitMs) => {
    const server = await startApp();
    const { socket } = await open(server);
    socket.on('error', () => undefined); // it is reset
    socket.write(start);
    expect((await server.twilio('POST', '/webhook/voice')).status).toBe(200);
    const startedMs = Date.now();
    await server.close();
    expect(Date.now() - startedMs).toBeLessThan(limitMs);
    socket.destroy();
  },
  15_000,
);

test('who goes away before the answer harms nobody', async () => {
  const server = await startApp();
  const letGo = held(server);
  const gone = await Promise.all(Array.from({ length: 20 }, () => open(server)));
  for (const { socket } of gone) socket.write(wire('/webhook/voice'));
  await until(() => server.gateway.asked.length === 20);
  for (const { socket } of gone) socket.resetAndDestroy();
  letGo();
  expect((await server.twilio('POST', '/webhook/voice')).status).toBe(200);
  expect(server.logged()).not.toContain('"level":"error"');
  await server.close();
});

test('neither a slow gateway nor a rest between two requests costs a connection', async () => {
  const server = await startApp();
  server.gateway.script = async () => {
    await new Promise((resolve) => setTimeout(resolve, 6500));
    return STEP;
  };
  const resting = await open(server);
  resting.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  // Longer than the limits for sending a request, which a finished request is not under.
  const slow = await server.twilio('POST', '/webhook/voice');
  expect(slow.status).toBe(200);
  resting.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => resting.text().split('{"status":"ok"}').length === 3);
  resting.socket.destroy();
  await server.close();
}, 15_000);

test('a sender who asks first is told to go on', async () => {
  const server = await startApp();
  const { socket, text } = await open(server);
  const [head = '', form = ''] = wire('/webhook/voice').split('\r\n\r\n');
  socket.write(`${head}\r\nExpect: 100-continue\r\n\r\n`);
  await until(() => text().startsWith('HTTP/1.1 100 '));
  socket.write(form);
  await until(() => text().includes('</Response>'));
  expect(text()).toContain('HTTP/1.1 200 ');
  socket.destroy();
  await server.close();
});
