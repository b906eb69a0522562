/** What must never be reached: real listeners on this machine, and an unguarded client that reaches them. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { guardedConnector } from '../../src/safe-fetch/connector.ts';
import { createSafeFetch } from '../../src/safe-fetch/index.ts';
import type { SafeFetch } from '../../src/safe-fetch/index.ts';
import { hostOf } from '../../src/safe-fetch/url-rules.ts';
import { startHostileServer } from '../fakes/hostile-server.ts';
import { startCanary } from './canary.ts';
import type { Canary } from './canary.ts';
import { OTHER_PLACES, OWN_MACHINE } from './spellings.ts';

const GET = { method: 'GET', headers: {}, timeoutMs: 5_000 } as const;
const REFUSED = expect.objectContaining({ code: expect.stringMatching(/^refused-/) });
/** Public, and given to nobody: what connects to it reaches nothing. */
const NOBODY = '2a00:ffff::1';

let canary: Canary;
/** The canary's port is one of its own, so the port alone refuses nothing here. */
let guarded: SafeFetch;

const open: SafeFetch[] = [];
function guard(options: Partial<Parameters<typeof createSafeFetch>[0]> = {}): SafeFetch {
  const client = createSafeFetch({ allowLocal: false, ports: [canary.port], ...options });
  open.push(client);
  return client;
}

beforeAll(async () => {
  canary = await startCanary();
  guarded = guard({ resolve: async () => ['127.0.0.1'] });
});
afterAll(async () => {
  await Promise.all(open.map((client) => client.close()));
  await canary.close();
});
const untouched = () => expect(canary.touched()).toBe(0);

test('there are more than forty spellings of this machine and of other places', () => {
  expect(new Set(OWN_MACHINE).size).toBeGreaterThanOrEqual(40);
  expect(new Set(OTHER_PLACES).size).toBeGreaterThanOrEqual(40);
});

describe.each(OWN_MACHINE)('%s, this machine', (host) => {
  test('is reached by a client without a guard', async () => {
    const reached = once(canary.events, 'reached');
    const socket = connect({ host: hostOf(new URL(`https://${host}/`)), port: canary.port });
    await reached;
    socket.destroy();
    expect(canary.touched()).toBe(1);
  });

  test('is refused', async () => {
    await expect(guarded.fetch(`https://${host}:${canary.port}/`, GET)).rejects.toEqual(REFUSED);
    untouched();
  });

  test('is refused by whoever connects, too, had nobody looked at the URL', async () => {
    await expect(connected(hostOf(new URL(`https://${host}/`)))).rejects.toEqual(REFUSED);
    untouched();
  });

  test('is refused when a name leads there', async () => {
    const { hostname } = new URL(`https://${host}/`);
    const address = hostname === 'localhost' ? '127.0.0.1' : hostOf(new URL(`https://${host}/`));
    const byName = guard({ resolve: async () => [address] });
    const asked = byName.fetch(`https://receiver.test:${canary.port}/`, GET);
    await expect(asked).rejects.toEqual(expect.objectContaining({ code: 'refused-address' }));
    untouched();
  });
});

describe.each(OTHER_PLACES)('%s, no public place', (host) => {
  test('is refused', async () => {
    await expect(guarded.fetch(`https://${host}:${canary.port}/`, GET)).rejects.toEqual(REFUSED);
    untouched();
  });

  const text = URL.canParse(`https://${host}/`) ? hostOf(new URL(`https://${host}/`)) : host;
  test('is refused by whoever connects', async () => {
    await expect(connected(text)).rejects.toEqual(REFUSED);
    untouched();
  });
});

/** As undici asks for a connection; a name leads to the canary. */
function connected(hostname: string): Promise<unknown> {
  const ports = [canary.port];
  const resolve = async () => ['127.0.0.1'];
  const connector = guardedConnector({ allowLocal: false, ports, resolve });
  return new Promise((settle, reject) => {
    connector({ hostname, protocol: 'https:', port: `${canary.port}` }, (error, socket) =>
      error ? reject(error) : settle(socket?.destroy()),
    );
  });
}

describe('a name', () => {
  test.each([
    ['a public address and this machine', [NOBODY, '127.0.0.1']],
    ['this machine behind many public addresses', [...Array(9).fill(NOBODY), '::1']],
    ['a public address and a mapped one', [NOBODY, '::ffff:127.0.0.1']],
    ['an address with a zone', [NOBODY, '::1%lo']],
    ['what is no address', [NOBODY, '0177.0.0.1']],
    ['another name', ['localhost']],
  ])('that has %s is refused as a whole', async (_what, addresses) => {
    const client = guard({ resolve: async () => addresses });
    const asked = client.fetch(`https://receiver.test:${canary.port}/`, GET);
    await expect(asked).rejects.toEqual(expect.objectContaining({ code: 'refused-address' }));
    untouched();
  });

  test('that is public at first and then this machine is never connected to as this machine', async () => {
    const answers = [[NOBODY], ['127.0.0.1'], ['127.0.0.1']];
    let lookups = 0;
    const client = guard({ resolve: async () => answers[lookups++] ?? [] });
    const url = `https://rebinding.test:${canary.port}/`;
    await expect(client.fetch(url, GET)).rejects.toEqual(
      expect.objectContaining({ code: expect.stringMatching(/^(connection|timeout)$/) }),
    );
    expect(lookups).toBe(1);
    await expect(client.fetch(url, GET)).rejects.toEqual(
      expect.objectContaining({ code: 'refused-address' }),
    );
    untouched();
  });

  test('that has no address is an error like that of a connection', async () => {
    const client = guard({ resolve: async () => [] });
    await expect(client.fetch(`https://receiver.test:${canary.port}/`, GET)).rejects.toEqual(
      expect.objectContaining({ code: 'connection' }),
    );
  });
});

describe('a redirect', () => {
  const statuses = [301, 302, 303, 307, 308];
  const targets = ['127.0.0.1', 'localhost', '[::1]', '169.254.169.254'];
  const cases = statuses.flatMap((status) => targets.map((target) => ({ status, target })));

  test.each(cases)('$status to $target is an answer, and nobody goes there', async (each) => {
    const location = `http://${each.target}:${canary.port}/latest/meta-data/`;
    const server = await startHostileServer({
      status: each.status,
      headers: { location },
      body: [''],
    });
    try {
      const client = guard({ allowLocal: true });
      const answer = await client.fetch(server.origin, GET);
      expect(answer).toMatchObject({ status: each.status, headers: { location } });
    } finally {
      await server.close();
    }
    untouched();
  });
});

test('nobody has reached the listener a moment later, either', async () => {
  const reached = once(canary.events, 'reached');
  const socket = connect({ host: '127.0.0.1', port: canary.port });
  await reached;
  socket.destroy();
  // Who came before is counted before.
  expect(canary.touched()).toBe(1);
});

describe('for development', () => {
  const local = () => guard({ allowLocal: true, resolve: async () => [NOBODY] });

  test('this machine may be reached over plain http and any port', async () => {
    const answer = await local().fetch(`http://localhost:${canary.port}/`, GET);
    expect(answer).toMatchObject({ status: 200, body: 'reached' });
    expect(canary.touched()).toBe(1);
  });

  test.each([
    ['another place over plain http', 'http://receiver.test/'],
    ['another place over another port', 'https://receiver.test:9443/'],
    ['a private network', 'https://10.0.0.1/'],
    ['the metadata service', 'http://169.254.169.254/'],
    ['this machine in disguise', 'http://[::ffff:127.0.0.1]/'],
    ['every address of this machine', 'http://0.0.0.0/'],
  ])('%s is refused all the same', async (_what, url) => {
    await expect(local().fetch(url, GET)).rejects.toEqual(REFUSED);
  });
});
