/** The api passes streams on to a media worker, and keeps strangers from it. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { loadConfig } from '../../src/config.ts';
import { passageOf } from '../../src/http/media-passage.ts';
import { BASE, startApp, TOKEN } from './harness.ts';
import type { Server } from './harness.ts';

const SIGNED = createHmac('sha1', TOKEN)
  .update(`${BASE.replace('https', 'wss')}/media/stream`)
  .digest('base64');

let server: Server;
let media: NetServer;
/** What reached the media worker, as bytes. */
let reached: string;
let upstream: Socket[];

beforeEach(async () => {
  reached = '';
  upstream = [];
  media = createServer((socket) => {
    upstream.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => (reached += data.toString('latin1')));
  });
  media.listen(0, '127.0.0.1');
  await once(media, 'listening');
  const { port } = media.address() as AddressInfo;
  server = await startApp({
    media: {
      signing: { authToken: TOKEN, publicBaseUrl: BASE },
      to: { host: '127.0.0.1', port },
    },
  });
});
afterEach(async () => {
  for (const socket of upstream) socket.destroy();
  media.close();
  await server.close();
});

/** Sends a request by hand. @returns everything that came back until it was closed. */
function exchange(head: string[], keep: (socket: Socket) => void = () => undefined) {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  let back = '';
  socket.on('data', (data) => (back += data.toString('latin1')));
  keep(socket);
  return new Promise<string>((resolve) => socket.once('close', () => resolve(back)));
}

const upgrade = (...more: string[]): string[] => [
  'GET /media/stream HTTP/1.1',
  'Host: internal.example',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  ...more,
];

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 5_000) throw new Error('it did not happen');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('an upgrade that Twilio signed', () => {
  test('reaches the media worker as it came, and bytes go both ways', async () => {
    const head = upgrade(`X-Twilio-Signature: ${SIGNED}`, 'x-ODD: a', 'x-ODD: b');
    let client: Socket | undefined;
    const answer = exchange(head, (socket) => (client = socket));
    await until(() => reached.includes('\r\n\r\n'));
    expect(reached).toBe(`${head.join('\r\n')}\r\n\r\n`);
    client?.write('to the worker');
    upstream[0]?.write('HTTP/1.1 101 Switching Protocols\r\n\r\nto the caller');
    await until(() => reached.endsWith('to the worker'));
    upstream[0]?.end();
    expect(await answer).toBe('HTTP/1.1 101 Switching Protocols\r\n\r\nto the caller');
  });

  test('is closed on the other side when the caller is gone', async () => {
    let client: Socket | undefined;
    void exchange(upgrade(`X-Twilio-Signature: ${SIGNED}`), (socket) => (client = socket));
    await until(() => upstream.length === 1);
    client?.destroy();
    await until(() => upstream[0]?.destroyed === true || upstream[0]?.readableEnded === true);
    expect(upstream).toHaveLength(1);
  });

  test('is answered 503 when no media worker is there', async () => {
    media.close();
    await once(media, 'close');
    const answer = await exchange(upgrade(`X-Twilio-Signature: ${SIGNED}`));
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
  });

  test('does not keep the api from closing', async () => {
    const answer = exchange(upgrade(`X-Twilio-Signature: ${SIGNED}`));
    await until(() => upstream.length === 1);
    await server.close();
    expect(await answer).toBe('');
  });

  test('waits for a caller who does not read, and holds little meanwhile', async () => {
    let client: Socket | undefined;
    void exchange(upgrade(`X-Twilio-Signature: ${SIGNED}`), (socket) => (client = socket));
    await until(() => upstream.length === 1);
    client?.pause();
    const piece = Buffer.alloc(64 * 1024);
    let written = 0;
    // Until the buffers of the system are full on both stretches of the way.
    while (upstream[0]?.write(piece) && written < 200) written += 1;
    await new Promise((resolve) => setTimeout(resolve, 200));
    while (upstream[0]?.write(piece) && written < 200) written += 1;
    expect(written).toBeLessThan(200);
    client?.resume();
    await until(() => upstream[0]?.writableLength === 0);
  });
});

describe('any other upgrade', () => {
  test.each([
    ['without a signature', upgrade()],
    ['with a wrong one', upgrade('X-Twilio-Signature: AAAAAAAAAAAAAAAAAAAAAAAAAAA=')],
    ['with two', upgrade(`X-Twilio-Signature: ${SIGNED}`, `X-Twilio-Signature: ${SIGNED}`)],
  ])('%s is refused and reaches nobody', async (_what, head) => {
    expect(await exchange(head)).toMatch(/^HTTP\/1\.1 403 /);
    expect(upstream).toEqual([]);
  });

  test.each(['/', '/v1/calls', '/webhook/voice', '/media', '/mediastream'])(
    'of %s is answered as if it were none',
    async (path) => {
      const plain = [`POST ${path} HTTP/1.1`, 'Host: x', 'Content-Length: 2'];
      const ask = (...more: string[]) => exchange([...plain, ...more, '', '{}']);
      const usual = await ask('Connection: close');
      expect(usual).toMatch(/^HTTP\/1\.1 4\d\d /);
      const upgraded = await ask('Connection: close, Upgrade', 'Upgrade: websocket');
      expect(undated(upgraded)).toBe(undated(usual));
      expect(upstream).toEqual([]);
    },
  );
});

/** Without what no two answers have in common. */
function undated(answer: string): string {
  return answer.replace(/^(?:date|x-request-id|ratelimit[^:]*): .*\r\n/gim, '');
}

test('a WebSocket works through it', async () => {
  const echo = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  echo.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  await once(echo, 'listening');
  const { port } = echo.address() as AddressInfo;
  await server.close();
  server = await startApp({
    media: { signing: { authToken: TOKEN, publicBaseUrl: BASE }, to: { host: '127.0.0.1', port } },
  });
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/media/stream`, {
    headers: { 'x-twilio-signature': SIGNED },
  });
  await once(client, 'open');
  client.send('hello');
  const [data] = (await once(client, 'message')) as [Buffer];
  expect(data.toString()).toBe('hello');
  client.close();
  await once(client, 'close');
  echo.close();
});

describe('where streams are passed on to', () => {
  const config = (environment: Record<string, string>) =>
    loadConfig({
      TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: TOKEN,
      TWILIO_PHONE_NUMBER: '+15005550006',
      TWILIO_WEBHOOK_URL: BASE,
      ...environment,
    });

  test.each<[Record<string, string>, string]>([
    [{}, '127.0.0.1:5001'],
    [{ HOST: '0.0.0.0', MEDIA_PORT: '5002' }, '127.0.0.1:5002'],
    [{ HOST: '10.1.2.3' }, '10.1.2.3:5001'],
    [{ HOST: '0.0.0.0', VOCA_MEDIA_HOST: 'media' }, 'media:5001'],
    [{ VOCA_MEDIA_HOST: 'fd00::5' }, 'fd00::5:5001'],
  ])('with %j: to %s', (environment, expected) => {
    const { to, signing } = passageOf(config(environment)) ?? {};
    expect(`${to?.host}:${to?.port}`).toBe(expected);
    expect(signing).toEqual({ authToken: TOKEN, publicBaseUrl: BASE });
  });

  test('nowhere, where they have an address of their own', () => {
    const own = { VOCA_MEDIA_URL: 'wss://media.example.com', VOCA_MEDIA_HOST: 'media' };
    expect(passageOf(config(own))).toBeUndefined();
  });
});
