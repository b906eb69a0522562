import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Server } from '../harness.ts';
import { startApp } from '../harness.ts';
import { operator, tokens, UI } from './operators.ts';

let server: Server;
beforeAll(async () => {
  server = await startApp({ ...(operator && { operator }) });
});
afterAll(() => server.close());

const target = '/operator/sign-in';
const open = (headers = {}) => server.send({ method: 'GET', target, headers });
const submit = (token: string, headers = {}) =>
  server.send({ target, form: { token }, headers: { host: '127.0.0.1:5000', ...headers } });

describe('the sign-in page', () => {
  test('runs its own script alone, and cannot be framed or sent elsewhere', async () => {
    const { status, headers, body } = await open();
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("form-action 'self'");
    expect(policy).not.toContain('unsafe');
    for (const element of ['script', 'style']) {
      const text = new RegExp(`<${element}>([^]*?)</${element}>`).exec(body)?.[1] ?? '';
      const hash = createHash('sha256').update(text).digest('base64');
      expect(policy).toContain(`${element}-src 'sha256-${hash}'`);
    }
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
    });
    expect(body).not.toMatch(/ (on\w+|style|src|href)=/);
  });

  test('tells a signed-in browser until when, and where the UI is', async () => {
    const session = tokens.mint('session');
    const ends = new Date(tokens.check('session', session) ?? 0).toISOString().slice(0, 16);
    const { body } = await open({ cookie: `__Host-voca_operator=${session}` });
    expect(body).toContain(`signed in until ${ends} UTC`);
    expect(body).toContain(`href="${UI}/"`);
    expect(body).not.toContain(session);
  });
});

describe('signing in', () => {
  test('exchanges a link for a cookie that no script can read and no other site can send', async () => {
    const { status, headers } = await submit(tokens.mint('link'), {
      origin: 'http://127.0.0.1:5000',
      'sec-fetch-site': 'same-origin',
    });
    expect([status, headers.location]).toEqual([303, 'sign-in']);
    const cookies = headers['set-cookie'] ?? [];
    expect(cookies.map((cookie) => cookie.split('; ').slice(1))).toEqual(
      ['/operator', '/codec'].map((path) => [
        `Path=${path}`,
        'HttpOnly',
        'SameSite=Strict',
        'Max-Age=3600',
      ]),
    );
    const [pair = ''] = cookies[0]?.split('; ') ?? [];
    expect((await open({ cookie: pair })).body).toContain('You are signed in until');
  });

  test('over plain http is good for an hour, whatever the browser does with the cookie', async () => {
    const { headers } = await submit(tokens.mint('link'), { origin: 'http://127.0.0.1:5000' });
    const [, token = ''] = /^voca_operator=([^;]+)/.exec(headers['set-cookie']?.[0] ?? '') ?? [];
    const ends = tokens.check('session', token) ?? 0;
    expect(ends).toBeGreaterThan(Date.now() + 3_500_000);
    expect(ends).toBeLessThanOrEqual(Date.now() + 3_600_000);
  });

  test.each([
    ['http://127.0.0.1:5000/voca/operator/sign-in', '/voca'],
    ['http://127.0.0.1:5000/a/b/operator/sign-in/', '/a/b'],
    ['http://127.0.0.1:5000/a;Path=x/operator/sign-in', ''],
    ['no address', ''],
  ])('from %s sets the cookies below "%s"', async (referer, base) => {
    const origin = 'http://127.0.0.1:5000';
    const { headers } = await submit(tokens.mint('link'), { origin, referer });
    expect(headers['set-cookie']?.map((cookie) => cookie.split('; ')[1])).toEqual([
      `Path=${base}/operator`,
      `Path=${base}/codec`,
    ]);
  });

  test.each([
    ['over https', { origin: 'https://voice.example.com' }],
    ['by what is no browser, at a public https address', {}],
  ])('%s sets a cookie that never travels in the clear', async (_what, headers) => {
    const reply = await submit(tokens.mint('link'), headers);
    const [cookie = '', ...others] = reply.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Host-voca_operator=.*; Path=\/; .*; Max-Age=28800; Secure$/);
    expect(others).toEqual([]);
  });

  test.each<[string, string, Record<string, string>]>([
    ['junk', 'junk-that-somebody-made-up', {}],
    ['an old link', tokens.mint('link', Date.now() - 3_600_000), {}],
    ['a session', tokens.mint('session'), {}],
    ['a program’s token', tokens.mint('bearer'), {}],
    ['a page of another site', tokens.mint('link'), { origin: 'https://evil.example' }],
    ['a sandboxed page', tokens.mint('link'), { origin: 'null' }],
    ['the Temporal UI', tokens.mint('link'), { origin: UI }],
    ['a cross-site form', tokens.mint('link'), { 'sec-fetch-site': 'cross-site' }],
  ])('is refused to %s', async (_what, token, headers) => {
    const before = server.logged().length;
    const { status, headers: answered, body } = await submit(token, headers);
    expect(status).toBe(403);
    expect(answered['set-cookie']).toBeUndefined();
    expect(body).toContain('This link is wrong or was made too long ago.');
    const logged = server.logged().slice(before);
    expect(logged).toContain('an operator was not signed in');
    expect(body + logged).not.toContain(token);
  });

  test('is not tried by a link scanner: opening the page changes nothing', async () => {
    const { headers } = await server.send({
      method: 'GET',
      target: `${target}?token=${tokens.mint('link')}`,
    });
    expect(headers['set-cookie']).toBeUndefined();
  });

  test('takes no long body and no other form', async () => {
    expect((await submit('x'.repeat(5000))).status).toBe(413);
    const json = { 'content-type': 'application/json' };
    expect((await server.send({ target, form: '{}', headers: json })).status).toBe(415);
  });
});

describe('signing out', () => {
  const signOut = (headers = {}) =>
    server.send({ target: '/operator/sign-out', form: '', headers });

  test('takes the cookie away', async () => {
    const { status, headers } = await signOut();
    expect([status, headers.location]).toEqual([303, 'sign-in']);
    expect(headers['set-cookie']).toHaveLength(3);
    for (const cookie of headers['set-cookie'] ?? []) expect(cookie).toContain('Max-Age=0');
  });

  test('is not done to an operator by another site', async () => {
    const { status, headers } = await signOut({ origin: 'https://evil.example' });
    expect([status, headers['set-cookie']]).toEqual([403, undefined]);
  });
});

describe('below the path of the public address', () => {
  test('the page is there with and without it, for proxies that cut it off', async () => {
    const own = await startApp({ base: 'https://example.com/voca', ...(operator && { operator }) });
    for (const path of ['/voca/operator/sign-in', '/operator/sign-in']) {
      expect((await own.send({ method: 'GET', target: path })).status).toBe(200);
      const slashed = await own.send({ method: 'GET', target: `${path}/` });
      expect([slashed.status, slashed.headers.location]).toEqual([302, '../sign-in']);
    }
    await own.close();
  });
});
