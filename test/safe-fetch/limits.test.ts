/** Receivers that are slow, huge or strange; and connections to a name, over TLS. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createSafeFetch } from '../../src/safe-fetch/index.ts';
import type { SafeFetchOptions } from '../../src/safe-fetch/index.ts';
import { startHostileServer } from '../fakes/hostile-server.ts';

const GET = { method: 'GET', headers: {} } as const;
const POST = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'Grüße' } as const;
const failsWith = (code: string) => expect.objectContaining({ code, messageIsSafe: true });

const closing: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

function client(options: Partial<SafeFetchOptions> = {}) {
  const made = createSafeFetch({ allowLocal: true, ...options });
  closing.push(() => made.close());
  return made;
}

async function hostile(attack: Parameters<typeof startHostileServer>[0]) {
  const server = await startHostileServer(attack);
  closing.push(() => server.close());
  return server;
}

/** Does what it is told with each connection, beneath HTTP. */
async function tcpServer(serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    // Who does not read is not told that the other one has gone.
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.resume();
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    return server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, sockets };
}

describe('an answer', () => {
  test('comes with its status, headers and body', async () => {
    const headers = { 'X-Name': 'a', 'Set-Cookie': ['b=1', 'c=2'] };
    const server = await hostile({ status: 418, headers, body: ['Gr', 'üße'] });
    expect(await client().fetch(`${server.origin}/path?a=b#c`, POST)).toMatchObject({
      status: 418,
      headers: { 'x-name': 'a', 'set-cookie': 'b=1, c=2' },
      body: 'Grüße',
    });
    expect(server.requests[0]?.headers).toMatchObject({
      'content-type': 'text/plain',
      'content-length': '7',
      'accept-encoding': 'identity',
    });
  });

  test('is as large as allowed, and not a byte more', async () => {
    const server = await hostile({ body: ['x'.repeat(999), 'y'] });
    const answer = await client().fetch(server.origin, { ...GET, maxBytes: 1000 });
    expect(answer.body).toHaveLength(1000);
    const more = client().fetch(server.origin, { ...GET, maxBytes: 999 });
    await expect(more).rejects.toEqual(failsWith('too-large'));
  });

  test('without end is cut off at 1 MB, and its connection is closed', async () => {
    let sent = 0;
    function* endless() {
      for (;;) {
        sent += 65_536;
        yield 'x'.repeat(65_536);
      }
    }
    const server = await hostile({ body: endless() });
    await expect(client().fetch(server.origin, GET)).rejects.toEqual(failsWith('too-large'));
    while (server.open() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(sent).toBeLessThan(20_000_000);
  });

  test('is kept only in its beginning when no more is wanted, and counted all the same', async () => {
    const server = await hostile({ body: ['ab', 'cd', 'x'.repeat(99_996)] });
    const { origin } = server;
    const answer = await client().fetch(origin, { ...GET, keepBytes: 3 });
    expect(answer.body).toBe('abc');
    const more = client().fetch(origin, { ...GET, keepBytes: 3, maxBytes: 99_999 });
    await expect(more).rejects.toEqual(failsWith('too-large'));
  });

  test('that comes packed is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const server = await hostile({ headers: { 'content-encoding': 'gzip' }, body: [bomb] });
    const answer = await client().fetch(server.origin, GET);
    expect(answer.body.length).toBeLessThanOrEqual(bomb.length);
  });

  test('with headers without end is no answer', async () => {
    const { origin } = await tcpServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      for (let n = 0; n < 2000; n += 1) socket.write(`x-${n}: ${'y'.repeat(100)}\r\n`);
    });
    await expect(client().fetch(origin, GET)).rejects.toEqual(failsWith('connection'));
  });

  test('behind early answers without end is not waited for', async () => {
    const flood = 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(2_000);
    const { origin, sockets } = await tcpServer((socket) => {
      const more = () => void socket.write(flood);
      socket.on('drain', more);
      more();
    });
    await expect(client().fetch(origin, GET)).rejects.toEqual(failsWith('connection'));
    while (sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  test.each([
    ['is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['has two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['breaks off', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nab'],
    ['is nothing', ''],
  ])('that %s is none', async (_what, bytes) => {
    const { origin } = await tcpServer((socket) => socket.end(bytes));
    await expect(client().fetch(origin, POST)).rejects.toEqual(failsWith('connection'));
  });
});

describe('time', () => {
  const LIMIT = { timeoutMs: 300 };
  const late = failsWith('timeout');

  test.each([
    ['never answers', () => {}],
    ['sends an endless line of early answers', early],
    ['sends its headers slowly', slowly('HTTP/1.1 200 OK\r\nx-a: ', 'y')],
    ['sends its body slowly', slowly('HTTP/1.1 200 OK\r\n\r\n', 'y')],
  ])('is up when the receiver %s', async (_what, serve) => {
    const { origin, sockets } = await tcpServer(serve);
    const asked = client().fetch(origin, { ...POST, ...LIMIT });
    await expect(asked).rejects.toEqual(late);
    while (sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  test('is up when the receiver does not read', async () => {
    const { origin } = await tcpServer((socket) => void socket.pause());
    const body = 'z'.repeat(50_000_000);
    await expect(client().fetch(origin, { ...POST, body, ...LIMIT })).rejects.toEqual(late);
  });

  test('is up when the name servers do not answer', async () => {
    const resolve = () => new Promise<never>(() => {});
    const asked = client({ resolve }).fetch('https://receiver.test/', { ...GET, ...LIMIT });
    await expect(asked).rejects.toEqual(late);
  });

  test('goes by also while others hold all connections to the receiver', async () => {
    const { origin, sockets } = await tcpServer(() => {});
    const shared = client();
    const others = Array.from({ length: 70 }, () =>
      shared.fetch(origin, { ...GET, timeoutMs: 2_000 }).catch(() => {}),
    );
    while (sockets.size < 64) await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(shared.fetch(origin, { ...GET, ...LIMIT })).rejects.toEqual(late);
    expect(sockets.size).toBe(64);
    await Promise.all(others);
  });

  test('is not waited for when the one who asks gives up, or the client is closed', async () => {
    const { origin } = await tcpServer(() => {});
    const abort = new AbortController();
    const asked = client().fetch(origin, { ...GET, signal: abort.signal });
    abort.abort(new Error('not wanted any more'));
    await expect(asked).rejects.toThrow('not wanted any more');
    const given = client().fetch(origin, { ...GET, signal: abort.signal });
    await expect(given).rejects.toThrow('not wanted any more');
    const closed = createSafeFetch({ allowLocal: true });
    const broken = closed.fetch(origin, GET);
    await closed.close();
    await expect(broken).rejects.toEqual(failsWith('connection'));
  });
});

function early(socket: Socket): void {
  const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 20);
  socket.on('close', () => clearInterval(timer));
}

function slowly(start: string, piece: string) {
  return (socket: Socket) => {
    socket.write(start);
    const timer = setInterval(() => socket.write(piece), 20);
    socket.on('close', () => clearInterval(timer));
  };
}

describe('a connection', () => {
  const fixture = (name: string) =>
    readFileSync(new URL(`./fixtures/receiver-${name}.pem`, `file://${__filename}`), 'utf8');
  const ca = fixture('cert');

  async function tlsServer() {
    const sockets: TLSSocket[] = [];
    const server = createServer({ key: fixture('key'), cert: ca }, (_request, response) =>
      response.end('secure'),
    );
    server.on('secureConnection', (socket) => sockets.push(socket)).listen(0, '0.0.0.0');
    await once(server, 'listening');
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return { port: (server.address() as AddressInfo).port, sockets };
  }

  test('goes to the address that was checked, while TLS is asked for the name', async () => {
    const { port, sockets } = await tlsServer();
    const answers = [['127.0.0.3'], ['127.0.0.4']];
    let lookups = 0;
    const secure = client({ ca, resolve: async () => answers[lookups++] ?? [] });
    const url = `https://receiver.test:${port}/`;
    expect(await secure.fetch(url, GET)).toMatchObject({ body: 'secure' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await secure.fetch(url, GET)).toMatchObject({ body: 'secure' });
    // The second request went over the same connection.
    expect([lookups, sockets.length]).toEqual([1, 1]);
    expect(sockets[0]).toMatchObject({ localAddress: '127.0.0.3', servername: 'receiver.test' });
  });

  test('is tried at each address until one answers', async () => {
    const { port } = await tlsServer();
    const secure = client({ ca, resolve: async () => ['::1', '127.0.0.1'] });
    expect(await secure.fetch(`https://receiver.test:${port}/`, GET)).toMatchObject({
      body: 'secure',
    });
  });

  test.each([
    ['a name that its certificate does not have', { ca }, 'other.test'],
    ['a certificate of nobody that Node trusts', {}, 'receiver.test'],
    ['an address that its certificate does not have', { ca }, '127.0.0.1'],
  ])('to %s is none', async (_what, trusted, host) => {
    const { port } = await tlsServer();
    const secure = client({ ...trusted, resolve: async () => ['127.0.0.1'] });
    const asked = secure.fetch(`https://${host}:${port}/`, GET);
    await expect(asked).rejects.toEqual(failsWith('connection'));
    await expect(asked).rejects.toThrow(/\((ERR_TLS_CERT_ALTNAME_INVALID|DEPTH_ZERO_\w+)\)/);
  });

  test('that is refused says why, and not where', async () => {
    const { origin, sockets } = await tcpServer(() => {});
    await Promise.all(closing.splice(0).map((close) => close()));
    expect(sockets.size).toBe(0);
    const asked = client().fetch(origin, GET);
    await expect(asked).rejects.toThrow(
      /^There was no connection, or it broke \(ECONNREFUSED\)\.$/,
    );
  });
});
