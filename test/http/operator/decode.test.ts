import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import { createKeyRing, createOperatorTokens, SealingCodec } from '../../../src/sealing/index.ts';
import type { Reply, Server } from '../harness.ts';
import { startApp } from '../harness.ts';
import { NAMESPACE, NEW, OLD, operator, tokens, UI } from './operators.ts';

interface JsonPayload {
  metadata: Record<string, string>;
  data: string;
}

const base64 = (bytes: Uint8Array | null | undefined) =>
  Buffer.from(bytes ?? []).toString('base64');

async function sealed(value: unknown, secret = NEW): Promise<JsonPayload> {
  const codec = new SealingCodec(createKeyRing([secret]));
  const [payload] = await codec.encode([defaultPayloadConverter.toPayload(value)]);
  const metadata = Object.entries(payload?.metadata ?? {}).map(([name, bytes]) => [
    name,
    base64(bytes),
  ]);
  return {
    metadata: Object.fromEntries(metadata) as Record<string, string>,
    data: base64(payload?.data),
  };
}

const bearer = () => ({ authorization: `Bearer ${tokens.mint('bearer')}` });
const cookie = () => ({ cookie: `other=1; voca_operator=${tokens.mint('session')}` });
const fromUi = { origin: UI };

let server: Server;
beforeAll(async () => {
  server = await startApp({ ...(operator && { operator }) });
});
afterAll(() => server.close());

function ask(
  body: unknown,
  headers: Record<string, string | undefined>,
  target = '/codec/decode',
): Promise<Reply> {
  const all = { 'content-type': 'application/json', 'x-namespace': NAMESPACE, ...headers };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  const form = typeof body === 'string' ? body : JSON.stringify(body);
  return server.send({ target, form, headers: Object.fromEntries(given) });
}

function valuesOf(reply: Reply): unknown[] {
  const { payloads } = JSON.parse(reply.body) as { payloads: JsonPayload[] };
  return payloads.map(({ metadata, data }) => {
    const encoding = Buffer.from(metadata['encoding'] ?? '', 'base64').toString();
    if (encoding !== 'json/plain') return encoding;
    return JSON.parse(Buffer.from(data, 'base64').toString()) as unknown;
  });
}

describe('POST /codec/decode', () => {
  test('opens what any of the keys has sealed, and passes on what nobody has', async () => {
    const plain = { metadata: { encoding: base64(Buffer.from('json/plain')) }, data: 'Mw==' };
    const payloads = [await sealed('one'), await sealed({ two: 2 }, OLD), plain];
    for (const access of [bearer(), { ...cookie(), ...fromUi }]) {
      const reply = await ask({ payloads }, access);
      expect(reply.status).toBe(200);
      expect(valuesOf(reply)).toEqual(['one', { two: 2 }, 3]);
      expect(reply.headers['cache-control']).toBe('no-store');
    }
  });

  test('leaves what it cannot open as it is, and shows the rest', async () => {
    const foreign = await sealed('x', 'somebody-elses-secret-of-40-characters!!');
    const good = await sealed('good');
    const broken = { ...good, data: `AAAA${good.data.slice(4)}` };
    const reply = await ask({ payloads: [foreign, broken, good, {}] }, bearer());
    expect(valuesOf(reply)).toEqual(['binary/encrypted', 'binary/encrypted', 'good', '']);
    expect((JSON.parse(reply.body) as { payloads: unknown[] }).payloads[0]).toEqual(foreign);
  });

  test('writes who asked into no log, only how much was opened', async () => {
    const before = server.logged().length;
    const access = bearer();
    await ask({ payloads: [await sealed('a canary'), await sealed('sings')] }, access);
    const logged = server.logged().slice(before);
    expect(logged).toMatch(/"count":2,.*payloads were opened for an operator/);
    expect(logged).not.toMatch(/canary|sings|voca_bearer/);
  });

  test.each<[string, Record<string, string | undefined>]>([
    ['nothing', {}],
    ['an empty token', { authorization: 'Bearer ' }],
    ['a wrong token', { authorization: `Bearer ${tokens.mint('bearer').slice(0, -1)}` }],
    ['a token for a link', { authorization: `Bearer ${tokens.mint('link')}` }],
    [
      'a token that an older key has signed',
      { authorization: `Bearer ${createOperatorTokens([OLD]).mint('bearer')}` },
    ],
    [
      'a session that an older key has signed',
      { ...fromUi, cookie: `voca_operator=${createOperatorTokens([OLD]).mint('session')}` },
    ],
    ['a session in place of a token', { authorization: `Bearer ${tokens.mint('session')}` }],
    ['an old token', { authorization: `Bearer ${tokens.mint('bearer', Date.now() - 9e7)}` }],
    [
      'a token signed with a key that is gone',
      {
        authorization: `Bearer ${createOperatorTokens(['gone-gone-gone-gone-gone-gone-gone-gone']).mint('bearer')}`,
      },
    ],
    ['a cookie without an origin', cookie()],
    [
      'a bearer token in the cookie',
      { cookie: `voca_operator=${tokens.mint('bearer')}`, ...fromUi },
    ],
    ['an old cookie', { cookie: `voca_operator=${tokens.mint('session', 0)}`, ...fromUi }],
  ])('is closed to %s', async (_what, headers) => {
    const reply = await ask({ payloads: [await sealed('a canary')] }, headers);
    expect([401, 429]).toContain(reply.status);
    expect(reply.body).not.toContain('payloads');
  });

  test.each([
    ['another page', { origin: 'https://evil.example', 'x-namespace': NAMESPACE }, 403],
    [
      'another port of the machine',
      { origin: 'http://127.0.0.1:8234', 'x-namespace': NAMESPACE },
      403,
    ],
    ['a sandboxed page', { origin: 'null', 'x-namespace': NAMESPACE }, 403],
    ['another namespace', { ...fromUi, 'x-namespace': 'somebody-elses' }, 403],
    ['no namespace', { ...fromUi, 'x-namespace': undefined }, 403],
  ])('is closed to %s, also for an operator', async (_what, headers, status) => {
    const reply = await ask(
      { payloads: [await sealed('a canary')] },
      { ...cookie(), ...bearer(), ...headers },
    );
    expect(reply.status).toBe(status);
    const allowed = reply.headers['access-control-allow-origin'];
    expect(allowed).toBe(headers['origin'] === UI ? UI : undefined);
  });

  test.each<[string, unknown, Record<string, string>, number]>([
    ['no JSON', '{', {}, 400],
    ['no object', '"x"', {}, 400],
    ['no payloads', {}, {}, 400],
    ['no base64', { payloads: [{ data: '§' }] }, {}, 400],
    ['too many payloads', { payloads: Array.from({ length: 201 }, () => ({})) }, {}, 400],
    ['a prototype', '{"payloads":[],"__proto__":{"x":1}}', {}, 400],
    ['a form', 'payloads=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    [
      'plain text, which any page can send',
      '{"payloads":[]}',
      { 'content-type': 'text/plain' },
      415,
    ],
  ])('refuses %s', async (_what, body, headers, status) => {
    const reply = await ask(body, { ...bearer(), ...headers });
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.body)).toEqual({ error: expect.any(String) });
  });

  test('refuses more than a payload can be', async () => {
    // Over a socket the answer comes while the client still writes, and may be lost.
    const reply = await server.app.inject({
      method: 'POST',
      url: '/codec/decode',
      headers: { ...bearer(), 'content-type': 'application/json', 'x-namespace': NAMESPACE },
      payload: 'x'.repeat(3_200_000),
    });
    expect([reply.statusCode, reply.json()]).toEqual([413, { error: 'too large' }]);
  });

  test('reads the metadata names of anybody as names', async () => {
    const payloads = '[{"metadata":{"toString":"eA=="},"data":""}]';
    const reply = await ask(`{"payloads":${payloads}}`, bearer());
    expect([reply.status, reply.body]).toEqual([200, `{"payloads":${payloads}}`]);
  });

  test('has no counterpart that seals', async () => {
    expect((await ask({ payloads: [] }, bearer(), '/codec/encode')).status).toBe(404);
  });
});

describe('a preflight', () => {
  const preflight = (origin?: string) =>
    server.send({
      method: 'OPTIONS',
      target: '/codec/decode',
      headers: {
        ...(origin !== undefined && { origin }),
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-namespace',
      },
    });

  test('of the Temporal UI is allowed, with its cookie', async () => {
    const { status, headers } = await preflight(UI);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': UI,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': expect.stringMatching(/content-type, x-namespace/),
      vary: 'Origin',
    });
  });

  test.each(['https://evil.example', `${UI}.evil.example`, 'null', undefined])(
    'of %s is not',
    async (origin) => {
      const { status, headers } = await preflight(origin);
      expect(status).toBe(403);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    },
  );
});

describe('somebody who guesses', () => {
  test('is held back after some tries, and operators are not', async () => {
    const own = await startApp({ ...(operator && { operator }) });
    const headers = { 'content-type': 'application/json', 'x-namespace': NAMESPACE };
    const guess = () =>
      own.send({
        target: '/codec/decode',
        form: '{"payloads":[]}',
        headers: { ...headers, authorization: 'Bearer guess' },
      });
    const statuses: number[] = [];
    for (let i = 0; i < 60; i += 1) statuses.push((await guess()).status);
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(30);
    expect(Number((await guess()).headers['retry-after'])).toBeGreaterThan(0);
    const good = await own.send({
      target: '/codec/decode',
      form: '{"payloads":[]}',
      headers: { ...headers, ...bearer() },
    });
    expect(good.status).toBe(200);
    await own.close();
  });
});

describe('where nothing is sealed', () => {
  test('there is nothing to sign in to', async () => {
    const bare = await startApp();
    for (const target of ['/operator/sign-in', '/codec/decode']) {
      expect((await bare.send({ method: 'GET', target })).status).toBe(404);
      expect((await bare.send({ target, form: '' })).status).toBe(404);
    }
    await bare.close();
  });
});
