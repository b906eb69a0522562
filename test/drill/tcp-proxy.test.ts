import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startTcpProxy } from '../../src/drill/tcp-proxy.ts';
import type { TcpProxy } from '../../src/drill/tcp-proxy.ts';

/** A server that keeps what it gets and repeats it. */
let server: Server;
let received = '';
let proxy: TcpProxy;
const sockets = new Set<Socket>();

beforeEach(async () => {
  received = '';
  server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      received += bytes.toString();
      socket.write(bytes);
    });
    socket.on('end', () => socket.end('bye'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await startTcpProxy(`127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(async () => {
  await proxy.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  server.close();
});

/** A client that keeps what it gets. */
function open(): { socket: Socket; got: () => string; has: (text: string) => Promise<number> } {
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  sockets.add(socket);
  let got = '';
  const startedAt = performance.now();
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    got += bytes.toString();
  });
  const has = async (text: string): Promise<number> => {
    while (!got.includes(text)) await once(socket, 'data', { signal: AbortSignal.timeout(5000) });
    return performance.now() - startedAt;
  };
  return { socket, got: () => got, has };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(isSo: () => boolean): Promise<void> {
  const end = Date.now() + 5000;
  while (!isSo()) {
    if (Date.now() > end) throw new Error('it never was so');
    await pause(5);
  }
}

describe('the TCP proxy', () => {
  test('passes bytes both ways, and half-closed ends', async () => {
    const { socket, has } = open();
    socket.write('hello');
    await has('hello');
    socket.end();
    await has('bye');
    expect(received).toBe('hello');
  });

  test('a server that does not listen is a connection that breaks', async () => {
    server.close();
    const { socket, got } = open();
    await until(() => socket.destroyed);
    expect(got()).toBe('');
  });

  test('delays each direction by itself, and keeps the order', async () => {
    proxy.delay(150, 'to-server');
    proxy.delay(100, 'to-client');
    const { socket, has, got } = open();
    for (const word of ['one ', 'two ', 'three']) socket.write(word);
    expect(await has('three')).toBeGreaterThanOrEqual(240);
    expect(got()).toBe('one two three');
  });

  test('throttles to so many bytes a second', async () => {
    proxy.throttle(10_000, 'to-server');
    const { socket, has } = open();
    socket.write(`${'x'.repeat(4000)}!`);
    const took = await has('!');
    expect(took).toBeGreaterThan(300);
  });

  test('stalled, nothing moves; mended, everything arrives', async () => {
    const { socket, has, got } = open();
    socket.write('before ');
    await has('before');
    proxy.stall('to-client');
    socket.write('while ');
    await until(() => received.includes('while'));
    expect(got()).toBe('before ');
    await proxy.mend();
    await has('while');
    expect(socket.destroyed).toBe(false);
  });

  test('a black hole swallows one direction and leaves the connection open', async () => {
    const { socket, has } = open();
    socket.write('before ');
    await has('before');
    proxy.blackHole('to-server');
    socket.write('lost');
    const far = [...sockets].find(
      (each) => each.localPort === (server.address() as AddressInfo).port,
    );
    far?.write('still heard');
    await has('still heard');
    expect(received).toBe('before ');
    expect(socket.destroyed).toBe(false);
    await proxy.mend(); // the stream has a hole
    await until(() => socket.destroyed);
    const next = open();
    next.socket.write('again');
    await next.has('again');
  });

  test('a connection on which nothing was lost survives a black hole', async () => {
    const { socket, has } = open();
    socket.write('before ');
    await has('before');
    proxy.blackHole();
    await proxy.mend();
    socket.write('after');
    await has('after');
    expect(received).toBe('before after');
  });

  test.each(['reset', 'refuse'] as const)(
    'cut by %s breaks old and new connections',
    async (kind) => {
      const first = open();
      first.socket.write('hello');
      await first.has('hello');
      await proxy.cut(kind);
      await until(() => first.socket.destroyed);
      const codes: string[] = [];
      const second = open();
      second.socket.on('error', (error: NodeJS.ErrnoException) => codes.push(error.code ?? ''));
      await until(() => second.socket.destroyed);
      expect(codes).toEqual([kind === 'refuse' ? 'ECONNREFUSED' : 'ECONNRESET']);
      await until(() => proxy.connections === 0);
      const { port } = proxy;
      await proxy.mend();
      expect(proxy.port).toBe(port);
      const third = open();
      third.socket.write('again');
      await third.has('again');
      expect(proxy.connections).toBe(1);
    },
  );
});
