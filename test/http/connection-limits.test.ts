/** What becomes of connections on which nobody has proven who they are. */
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConnectionLimits, isNearby, vouchFor } from '../../src/connection-limits.ts';
import { BASE, FIELDS, signatureOf, startApp } from './harness.ts';
import type { Server } from './harness.ts';

const answer = () => new EventEmitter() as ServerResponse;

describe('the count of strangers', () => {
  let limits: ConnectionLimits;
  const open = (network: string) => {
    const socket = new Socket();
    limits.opened(socket, network);
    return socket;
  };
  const closed = (sockets: Socket[]) => sockets.map(({ destroyed }) => destroyed);
  beforeEach(() => {
    limits = new ConnectionLimits({ perNetwork: 2, inAll: 3 });
  });

  test('one too many of a network takes the place of its oldest', () => {
    const other = open('b');
    const [first, second, third] = [open('a'), open('a'), open('a')];
    expect(closed([other, first, second, third])).toEqual([false, true, false, false]);
    expect(limits.size).toBe(3);
  });

  test('one too many in all takes the place of the oldest of all', () => {
    const sockets = ['a', 'b', 'c', 'd'].map(open);
    expect(closed(sockets)).toEqual([true, false, false, false]);
  });

  test('one on which a request is under way keeps its place', () => {
    const [first, second] = [open('a'), open('a')];
    const response = answer();
    limits.asked(first, response);
    const third = open('a');
    expect(closed([first, second, third])).toEqual([false, true, false]);
    response.emit('close');
    const fourth = open('a');
    expect(closed([first, third, fourth])).toEqual([true, false, false]);
  });

  test('where something is under way on all of them, a new one is refused', () => {
    const sockets = [open('a'), open('a')];
    for (const socket of sockets) limits.asked(socket, answer());
    expect(closed([...sockets, open('a')])).toEqual([false, false, true]);
    expect(limits.size).toBe(2);
  });

  test('whoever has proven to be somebody is not counted', () => {
    const known = Array.from({ length: 5 }, () => {
      const socket = open('a');
      vouchFor(socket);
      return socket;
    });
    const strangers = [open('a'), open('a'), open('a')];
    expect(known.some(({ destroyed }) => destroyed)).toBe(false);
    expect(closed(strangers)).toEqual([true, false, false]);
  });

  test('one that is closed leaves its place to others, and a limit of one holds too', async () => {
    limits = new ConnectionLimits({ perNetwork: 1 });
    const [first, second] = [open('a'), open('a')];
    expect(closed([first, second])).toEqual([true, false]);
    const gone = new Promise((resolve) => second.once('close', resolve));
    second.destroy();
    await gone;
    expect(limits.size).toBe(0);
  });

  test('those that send nothing for 3 s are closed, some at a time, the oldest first', () => {
    let nowMs = 0;
    limits = new ConnectionLimits({ now: () => nowMs });
    const early = Array.from({ length: 50 }, () => open('a'));
    nowMs = 2_000;
    const late = open('a');
    const [spoke, known] = [early[0], early[1]];
    Object.defineProperty(spoke, 'bytesRead', { value: 1 });
    vouchFor(known ?? late);
    limits.closeSilent();
    expect(closed(early)).not.toContain(true);
    nowMs = 3_000;
    limits.closeSilent();
    expect(closed(early).filter((each) => each)).toHaveLength(40);
    limits.closeSilent();
    expect(closed(early).filter((each) => !each)).toHaveLength(2);
    expect(closed([spoke, known, late].flatMap((each) => each ?? []))).toEqual([
      false,
      false,
      false,
    ]);
    nowMs = 5_000;
    limits.closeSilent();
    expect(late.destroyed).toBe(true);
    expect(limits.size).toBe(1);
  });

  test('vouching for a connection that nobody counts changes nothing', () => {
    expect(() => vouchFor(new Socket())).not.toThrow();
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.0.0.2', false],
  ['10.1.2.3', true],
  ['172.20.0.1', true],
  ['172.32.0.1', false],
  ['192.168.1.1', true],
  ['::1', true],
  ['fd00::1', true],
  ['2001:db8::1', false],
  ['54.172.60.0', false],
  ['', false],
])('a proxy of the operator may come from %s: %s', (address, expected) => {
  expect(isNearby(address)).toBe(expected);
});

describe('a server that everybody is a stranger to', () => {
  let server: Server;
  let clients: Client[];
  beforeEach(async () => {
    clients = [];
    server = await startApp({ connections: { perNetwork: 3, isExempt: () => false } });
  });
  afterEach(async () => {
    for (const { socket } of clients) socket.destroy();
    await server.close();
  });

  interface Client {
    socket: Socket;
    text: () => string;
    closed: Promise<number>;
    isClosed: () => boolean;
  }

  async function open(): Promise<Client> {
    const socket = connect(server.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    const startedMs = Date.now();
    let isClosed = false;
    const closed = new Promise<number>((resolve) =>
      socket.once('close', () => {
        isClosed = true;
        resolve(Date.now() - startedMs);
      }),
    );
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined); // it is reset
    await new Promise((resolve) => socket.once('connect', resolve));
    const text = () => Buffer.concat(chunks).toString();
    const client = { socket, text, closed, isClosed: () => isClosed };
    clients.push(client);
    return client;
  }

  const form = new URLSearchParams(FIELDS).toString();
  const headers = (signature: string | undefined, length: number) =>
    `POST /webhook/voice HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
    `X-Twilio-Signature: ${signature ?? 'none'}\r\nContent-Length: ${length}\r\n\r\n`;
  const signed = () =>
    headers(signatureOf(`${BASE}/webhook/voice`, FIELDS)['X-Twilio-Signature'], form.length) + form;

  async function answered(client: Client, times = 1): Promise<void> {
    const deadlineMs = Date.now() + 5_000;
    while (client.text().split('HTTP/1.1 ').length <= times) {
      if (Date.now() > deadlineMs) throw new Error('no answer in time');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  test('a fourth stranger takes the place of the first, and a signed one keeps its own', async () => {
    const twilio = await open();
    twilio.socket.write(signed());
    await answered(twilio);
    const strangers = [await open(), await open(), await open(), await open()];
    await strangers[0]?.closed;
    expect(strangers.slice(1).some((each) => each.isClosed())).toBe(false);
    twilio.socket.write(signed());
    await answered(twilio, 2);
    expect(twilio.text()).not.toContain('connection: close');
  });

  test('a stranger who says nothing is closed without a word', async () => {
    const client = await open();
    expect(await client.closed).toBeLessThan(5_000);
    expect(client.text()).toBe('');
  });

  test('a refused stranger hears why and is not kept', async () => {
    const client = await open();
    client.socket.write(headers(undefined, form.length) + form);
    await client.closed;
    expect(client.text()).toContain('403 Forbidden');
    expect(client.text().toLowerCase()).toContain('connection: close');
  });

  test('a stranger without a fault is kept for the next request', async () => {
    const client = await open();
    for (const time of [1, 2]) {
      client.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
      await answered(client, time);
    }
    expect(client.isClosed()).toBe(false);
  });

  test('what a refused stranger still has to send is not waited for', async () => {
    const client = await open();
    // The route is not there, so the answer comes before the body.
    client.socket.write(
      'POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n' +
        'Content-Type: application/x-www-form-urlencoded\r\n\r\n1\r\na\r\n',
    );
    await answered(client);
    expect(client.text()).toContain('HTTP/1.1 404');
    expect(await client.closed).toBeLessThan(4_000);
  });
});
