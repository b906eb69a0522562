import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  BASE,
  CALL_SID,
  FIELDS,
  INBOUND_ID,
  METHODS,
  OUTBOUND_FIELDS,
  OUTBOUND_ID,
  ROUTES,
  signatureOf,
  signed,
  startApp,
  verbsOf,
} from './harness.ts';
import type { Sent, Server } from './harness.ts';

type Signed = ReturnType<typeof signed>;
const OVERRIDES = '#ct=2000&rt=5000&tt=15000&rc=2&rp=all';
const HEADER = 'X-Twilio-Signature';

let server: Server;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());
beforeEach(() => {
  server.gateway.asked.length = 0;
});

/** What came of a request: the answer, and what the gateway was asked. */
async function outcomeOf(sent: Sent, to: Server = server) {
  const reply = await to.send(sent);
  return { status: reply.status, verbs: verbsOf(reply), asked: to.gateway.asked };
}

/** TwiML without a verb, and nothing behind the check has seen the request. */
const FORGED = { status: 403, verbs: [], asked: [] };

const withHeader = (sent: Signed, value: string | string[]): Sent => {
  return { ...sent, headers: { ...sent.headers, [HEADER]: value } };
};
const signatureIn = (sent: Signed) => String(sent.headers[HEADER]);
const bodyOf = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

describe.each(METHODS)('by %s', (method) => {
  describe.each(ROUTES)('%s', (path, fields) => {
    const good = signed(method, path, fields);
    const target = good.target;

    test('is answered with a good signature', async () => {
      expect((await server.send(good)).status).toBeLessThan(300);
    });

    test.each<[string, Sent]>([
      ['no signature', { ...good, headers: {} }],
      ['an empty one', withHeader(good, '')],
      ['a doubled header', withHeader(good, [signatureIn(good), signatureIn(good)])],
      ['a bad header before the good one', withHeader(good, ['x', signatureIn(good)])],
      ['a good header before a bad one', withHeader(good, [signatureIn(good), 'x'])],
      ['a joined header', withHeader(good, `${signatureIn(good)}, ${signatureIn(good)}`)],
      ['an over-long header', withHeader(good, signatureIn(good).repeat(100))],
      ['no padding', withHeader(good, signatureIn(good).replace(/=$/, ''))],
      ['another case', withHeader(good, signatureIn(good).toLowerCase())],
      ['a percent sign for it', withHeader(good, encodeURIComponent(signatureIn(good)))],
      [
        'the token of another account',
        { ...good, headers: signatureOf(BASE + target, bodyFor(method, fields), 'f'.repeat(32)) },
      ],
      [
        'an empty token',
        { ...good, headers: signatureOf(BASE + target, bodyFor(method, fields), '') },
      ],
      [
        'another host signed',
        { ...good, headers: signatureOf(`https://evil.example${target}`, bodyFor(method, fields)) },
      ],
      [
        'another scheme signed',
        {
          ...good,
          headers: signatureOf((BASE + target).replace('https', 'http'), bodyFor(method, fields)),
        },
      ],
      [
        'another path signed',
        { ...good, headers: signatureOf(`${BASE}/webhook/other`, bodyFor(method, fields)) },
      ],
      [
        'the URL of the socket signed',
        {
          ...good,
          headers: {
            Host: 'evil.example',
            'X-Forwarded-Host': 'evil.example',
            'X-Forwarded-Proto': 'https',
            ...signatureOf(`https://evil.example${target}`, bodyFor(method, fields)),
          },
        },
      ],
      ['a parameter more', { ...good, target: `${target}${target.includes('?') ? '&' : '?'}x=` }],
      ['another path', { ...good, target: target.replace(/^\/\w+/, '/call/../$&') }],
    ])('is refused with %s', async (_what, sent) => {
      const reply = await server.send(sent);
      expect([403, 404]).toContain(reply.status);
      expect(verbsOf(reply)).toEqual([]);
      expect(server.gateway.asked).toEqual([]);
    });

    test('is answered with the same words whatever Host and forwarded headers say', async () => {
      const honest = await server.send(good);
      const spoofed = await server.send({
        ...good,
        headers: {
          ...good.headers,
          Host: 'evil.example:99',
          Forwarded: 'host=evil.example;proto=http',
          'X-Forwarded-Host': 'evil.example',
          'X-Forwarded-Proto': 'http',
          'X-Forwarded-Prefix': '/evil',
          'X-Original-URL': '/healthz',
          'X-HTTP-Method-Override': 'DELETE',
        },
      });
      expect([spoofed.status, spoofed.body]).toEqual([honest.status, honest.body]);
      expect(spoofed.body).not.toContain('evil');
    });

    test.each<[string, string]>([
      ['the port', `${BASE}:443${target}`],
      ['a final slash', `${BASE}${target.replace(/(?=\?|$)/, '/')}`],
      ['the fragment', `${BASE}${target}${OVERRIDES}`],
      ['the port and the fragment', `${BASE}:443${target}${OVERRIDES}`],
    ])('is answered when the URL was signed with %s', async (_what, url) => {
      const reply = await server.send({
        ...good,
        headers: signatureOf(url, bodyFor(method, fields)),
      });
      expect(reply.status).toBeLessThan(300);
    });
  });
});

function bodyFor(method: string, fields: Record<string, string>): Record<string, string> {
  return method === 'POST' ? fields : {};
}

describe('a signed request that was changed is refused', () => {
  const path = `/process_speech/${CALL_SID}?call=${OUTBOUND_ID}&turn=3&wait=1`;
  const good = signed('POST', path, OUTBOUND_FIELDS);
  const body = bodyOf(OUTBOUND_FIELDS);

  test.each<[string, Partial<Sent>]>([
    ['another call', { target: path.replace('0V', '0W') }],
    ['another turn', { target: path.replace('turn=3', 'turn=4') }],
    ['another wait', { target: path.replace('wait=1', 'wait=2') }],
    ['no wait', { target: path.replace('&wait=1', '') }],
    ['no turn', { target: path.replace('&turn=3', '') }],
    ['another order', { target: path.replace('turn=3&wait=1', 'wait=1&turn=3') }],
    ['a turn twice', { target: path.replace('turn=3', 'turn=4&turn=3') }],
    ['an escaped name', { target: path.replace('turn', '%74urn%20') }],
    ['an empty part', { target: path.replace('&turn', '&&turn') }],
    ['a semicolon', { target: path.replace('?', ';?') }],
    ['a field more', { form: `${body}&Digits=1` }],
    ['an empty field more', { form: `${body}&Digits=` }],
    ['a field less', { form: body.replace(/&FromCity=/, '') }],
    ['a value changed', { form: body.replace('5550006', '5550007') }],
    ['a field repeated with another value', { form: `CallSid=CAx&${body}` }],
    ['no body', { form: '' }],
    ['its fields moved into the query', { target: `${path}&${body}`, form: '' }],
    ['another method', { method: 'GET', form: undefined }],
    ['its body as a GET', { method: 'GET' }],
  ])('%s', async (_what, change) => {
    expect(await outcomeOf({ ...good, ...change } as Sent)).toEqual(FORGED);
  });

  test.each([
    ['/webhook/voice', '#?wait=100'],
    ['/webhook/voice', `#?call=${INBOUND_ID}`],
    [`/process_speech/${CALL_SID}?call=${INBOUND_ID}`, '#&turn=3'],
    [`/process_speech/${CALL_SID}?call=${INBOUND_ID}`, '#&wait=100'],
  ])('%s with something behind a fragment: what was not signed means nothing', async (at, more) => {
    for (const method of METHODS) {
      server.gateway.asked.length = 0;
      const honest = signed(method, at);
      const reply = await server.send({ ...honest, target: honest.target + more });
      const plain = await server.send(honest);
      expect(reply.body).toBe(plain.body);
      expect(server.gateway.asked[0]).toEqual(server.gateway.asked[1]);
    }
  });

  test('a body of 200 and more fields', async () => {
    const many = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`f${i}`, '']));
    expect(await outcomeOf(signed('POST', '/webhook/voice', { ...FIELDS, ...many }))).toEqual(
      FORGED,
    );
  });

  test('a repeated field that was signed once with both values is taken with the first', async () => {
    const form = `${bodyOf(FIELDS)}&Digits=1&Digits=2&Digits=1`;
    const target = `/process_speech/${CALL_SID}?call=${INBOUND_ID}&turn=1`;
    const headers = signatureOf(BASE + target, { ...FIELDS, Digits: ['1', '2', '1'] });
    expect((await server.send({ target, form, headers })).status).toBe(200);
    expect(server.gateway.asked).toMatchObject([{ heard: { kind: 'keys', digits: '1' } }]);
  });
});

test('of a thousand fuzzed requests none is accepted', async () => {
  const route = fc.constantFrom(...ROUTES);
  const base64 = fc.uint8Array({ minLength: 0, maxLength: 40 }).map((bytes) => {
    return Buffer.from(bytes).toString('base64');
  });
  const visible = fc.stringMatching(/^[\x21-\x7e]{0,60}$/);
  await fc.assert(
    fc.asyncProperty(
      route,
      fc.constantFrom(...METHODS),
      fc.oneof(base64, visible),
      fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 20 }), { maxKeys: 5 }),
      async ([path, fields], method, signature, extra) => {
        const { headers: _, ...sent } = signed(method, path, { ...fields, ...extra });
        expect(await outcomeOf({ ...sent, headers: { [HEADER]: signature } })).toEqual(FORGED);
      },
    ),
    { numRuns: 1000 },
  );
}, 30_000);

/** What is signed of a form: its order does not count. */
function sorted(form: string): string {
  const params = new URLSearchParams(form);
  params.sort();
  return params.toString();
}

test('of changes of one byte in a signed request none is accepted', async () => {
  const target = `/process_speech/${CALL_SID}?call=${INBOUND_ID}&turn=3`;
  const good = signed('POST', target);
  const form = bodyOf(FIELDS);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(form.length - 1),
      fc.constantFrom('a', 'Z', '0', '+', '&', '=', '%', ';', '.', '-'),
      async (at, letter) => {
        const changed = form.slice(0, at) + letter + form.slice(at + 1);
        fc.pre(sorted(changed) !== sorted(form));
        expect(await outcomeOf({ ...good, form: changed })).toEqual(FORGED);
      },
    ),
    { numRuns: 300 },
  );
}, 20_000);

describe('a public base URL with a path', () => {
  const base = 'https://voice.example.com/phone/voca';
  let prefixed: Server;
  beforeAll(async () => {
    prefixed = await startApp({ base });
  });
  afterAll(() => prefixed.close());
  beforeEach(() => {
    prefixed.gateway.asked.length = 0;
  });

  test.each(ROUTES)('that a proxy cuts off is signed for: %s', async (path, fields) => {
    for (const method of METHODS) {
      expect((await prefixed.twilio(method, path, fields)).status).toBeLessThan(300);
    }
  });

  test.each(ROUTES)('that a proxy leaves on is answered too: %s', async (path, fields) => {
    for (const method of METHODS) {
      const sent = signed(method, path, fields, base);
      const reply = await prefixed.send({ ...sent, target: `/phone/voca${sent.target}` });
      expect(reply.status).toBeLessThan(300);
    }
  });

  test.each(ROUTES)('that was not signed is refused: %s', async (path, fields) => {
    for (const method of METHODS) {
      const sent = signed(method, path, fields, 'https://voice.example.com');
      expect(await outcomeOf(sent, prefixed)).toEqual(FORGED);
      expect(await outcomeOf({ ...sent, target: `/phone/voca${sent.target}` }, prefixed)).toEqual(
        FORGED,
      );
    }
  });
});

test.each(['test', 'development', 'production'])(
  'no environment turns the check off: NODE_ENV=%s',
  async (environment) => {
    const before = { ...process.env };
    Object.assign(process.env, { NODE_ENV: environment, SKIP_SIGNATURE: '1', VOCA_INSECURE: '1' });
    try {
      const other = await startApp();
      try {
        expect(
          await outcomeOf({ ...signed('POST', '/webhook/voice'), headers: {} }, other),
        ).toEqual(FORGED);
      } finally {
        await other.close();
      }
    } finally {
      for (const name of Object.keys(process.env)) delete process.env[name];
      Object.assign(process.env, before);
    }
  },
);

test('an empty auth token accepts nothing', async () => {
  const open = await startApp({ account: { authToken: '', webhookUrl: BASE } });
  try {
    const sent = signed('POST', '/webhook/voice');
    expect(
      await outcomeOf({ ...sent, headers: signatureOf(BASE + sent.target, FIELDS, '') }, open),
    ).toEqual(FORGED);
  } finally {
    await open.close();
  }
});
