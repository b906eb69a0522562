import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { DialOrder } from '../../activities/ports.ts';
import { CarrierError, createCarrier } from '../../src/twilio/rest.ts';
import type { CarrierOptions } from '../../src/twilio/rest.ts';
import { createUrls } from '../../src/twilio/urls.ts';

const accountSid = `AC${'a1'.repeat(16)}`;
const callSid = `CA${'c3'.repeat(16)}`;
const overrides = '#ct=2000&rt=5000&tt=15000&rc=2&rp=all';
const order: DialOrder = {
  callId: 'call_1',
  from: '+15005550006',
  to: '+15005550001',
  ringSeconds: 30,
  limitSeconds: 3_660,
};

interface Seen {
  method: string;
  path: string;
  query: URLSearchParams;
  form: URLSearchParams;
  authorization: string;
}

type Answer = { status: number; body: unknown } | 'hang' | 'reset' | 'drip';
type Script = (seen: Seen, index: number) => Answer;

const sorted = (pairs: string[][]): string[] => pairs.map((pair) => pair.join('=')).sort();

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A Twilio that answers by script and remembers what it was asked. */
async function twilio(script: Script, options: Partial<CarrierOptions> = {}) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const entry: Seen = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        form: new URLSearchParams(body),
        authorization: request.headers.authorization ?? '',
      };
      seen.push(entry);
      answer(response, script(entry, seen.length - 1));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const carrier = createCarrier({
    accountSid,
    authToken: 'auth-token',
    baseUrl: `http://127.0.0.1:${port}/twilio/`,
    urls: createUrls('https://voice.example.com'),
    timeoutMs: 2_000,
    ...options,
  });
  return { carrier, seen };
}

async function readAll(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

function answer(response: ServerResponse, with_: Answer): void {
  if (with_ === 'hang') return;
  if (with_ === 'reset') return void response.socket?.destroy();
  if (with_ === 'drip') {
    response.writeHead(201, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 20);
    return void response.on('close', () => clearInterval(timer));
  }
  response.writeHead(with_.status, { 'content-type': 'application/json' });
  response.end(typeof with_.body === 'string' ? with_.body : JSON.stringify(with_.body));
}

const call = (status: string, more: object = {}): Answer => ({
  status: 200,
  body: { sid: callSid, status, direction: 'outbound-api', duration: null, ...more },
});
const failure = (status: number, code?: number): Answer => ({
  status,
  body: { code, message: 'canary +15005550001', status, more_info: 'x' },
});

describe('placing a call', () => {
  test('is one POST with every URL carrying the id of the call', async () => {
    const { carrier, seen } = await twilio(() => call('queued'));
    await expect(carrier.placeCall(order)).resolves.toEqual({ outcome: 'accepted', callSid });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      path: `/twilio/2010-04-01/Accounts/${accountSid}/Calls.json`,
      authorization: `Basic ${Buffer.from(`${accountSid}:auth-token`).toString('base64')}`,
    });
    expect(sorted([...(seen[0]?.form ?? [])])).toEqual(
      sorted([
        ['To', '+15005550001'],
        ['From', '+15005550006'],
        ['Url', `https://voice.example.com/outbound?call=call_1${overrides}`],
        ['Method', 'POST'],
        ['FallbackUrl', `https://voice.example.com/webhook/fallback?call=call_1${overrides}`],
        ['FallbackMethod', 'POST'],
        ['StatusCallback', `https://voice.example.com/call/status?call=call_1${overrides}`],
        ['StatusCallbackMethod', 'POST'],
        ['StatusCallbackEvent', 'initiated'],
        ['StatusCallbackEvent', 'ringing'],
        ['StatusCallbackEvent', 'answered'],
        ['StatusCallbackEvent', 'completed'],
        ['Timeout', '30'],
        ['TimeLimit', '3660'],
      ]),
    );
  });

  test('signs in with an API key when there is one', async () => {
    const apiKey = { sid: `SK${'b2'.repeat(16)}`, secret: 'key-secret' };
    const { carrier, seen } = await twilio(() => call('queued'), { apiKey });
    await carrier.placeCall(order);
    const basic = Buffer.from(`${apiKey.sid}:key-secret`).toString('base64');
    expect(seen[0]?.authorization).toBe(`Basic ${basic}`);
    expect(seen[0]?.path).toContain(accountSid);
  });

  test.each<[string, Answer, string]>([
    ['a number that cannot be called', failure(400, 21211), '21211'],
    ['wrong credentials', failure(401, 20003), '20003'],
    ['too many requests at once', failure(429, 20429), '20429'],
    ['a refusal that is not JSON', { status: 403, body: '<html>no</html>' }, 'http-403'],
    [
      'the newer form of an error',
      { status: 400, body: { type: 't', title: 'x', status: 400, code: 21219 } },
      '21219',
    ],
  ])('is refused for %s, after one try', async (_what, given, code) => {
    const { carrier, seen } = await twilio(() => given);
    await expect(carrier.placeCall(order)).resolves.toEqual({ outcome: 'refused', code });
    expect(seen).toHaveLength(1);
  });

  test.each<[string, Answer]>([
    ['no answer in time', 'hang'],
    ['a connection that breaks', 'reset'],
    ['an answer that never ends', 'drip'],
    ['an error of the server', failure(500, 20500)],
    ['a gateway that lost the answer', { status: 504, body: 'x' }],
    ['a request time-out', { status: 408, body: 'x' }],
    ['a redirect', { status: 302, body: '' }],
    ['an answer that is not JSON', { status: 201, body: 'OK' }],
    ['an empty answer', { status: 201, body: '' }],
    ['an answer without a call', { status: 201, body: {} }],
    ['an answer that is null', { status: 201, body: 'null' }],
  ])('is unclear after %s, and not tried again', async (_what, given) => {
    const { carrier, seen } = await twilio(() => given, { timeoutMs: 300 });
    await expect(carrier.placeCall(order)).resolves.toEqual({ outcome: 'unclear' });
    expect(seen).toHaveLength(1);
  });

  test('is refused when nothing could be sent', async () => {
    const { carrier } = await twilio(() => 'hang', { baseUrl: 'http://127.0.0.1:1' });
    await expect(carrier.placeCall(order)).resolves.toEqual({
      outcome: 'refused',
      code: 'unreachable',
    });
    const nowhere = await twilio(() => 'hang', { baseUrl: 'http://voca.invalid' });
    await expect(nowhere.carrier.placeCall(order)).resolves.toEqual({
      outcome: 'refused',
      code: 'unreachable',
    });
  });

  test('with an id that fits no URL is refused without asking', async () => {
    const { carrier, seen } = await twilio(() => call('queued'));
    const result = await carrier.placeCall({ ...order, callId: 'a b' });
    expect(result).toEqual({ outcome: 'refused', code: 'invalid-order' });
    expect(seen).toHaveLength(0);
  });
});

describe('fetching a call', () => {
  test("gives Twilio's view of it", async () => {
    const { carrier } = await twilio(() =>
      call('completed', { duration: '12', answered_by: 'human' }),
    );
    await expect(carrier.fetchCall(callSid)).resolves.toEqual({
      callSid,
      status: 'completed',
      durationSeconds: 12,
      answeredBy: 'human',
    });
  });

  test('gives nothing for a call that Twilio does not know', async () => {
    const { carrier } = await twilio(() => failure(404, 20404));
    await expect(carrier.fetchCall(callSid)).resolves.toBeUndefined();
  });

  test.each<[Answer, { retryable: boolean; code: string }]>([
    [failure(503, 20503), { retryable: true, code: '20503' }],
    [failure(429, 20429), { retryable: true, code: '20429' }],
    [failure(401, 20003), { retryable: false, code: '20003' }],
    ['reset', { retryable: true, code: 'no-answer' }],
    [
      { status: 200, body: 'x' },
      { retryable: true, code: 'no-answer' },
    ],
  ])('throws when Twilio answers %j, without words of Twilio', async (given, expected) => {
    const { carrier } = await twilio(() => given);
    const error: unknown = await carrier.fetchCall(callSid).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CarrierError);
    expect(error).toMatchObject(expected);
    expect(`${String(error)}${JSON.stringify(error)}`).not.toContain('5005550001');
  });
});

describe('looking for a call that may have been placed', () => {
  const since = '2026-03-01T10:00:00.500Z';
  const at = (time: string, sid: string, direction = 'outbound-api') => ({
    sid,
    status: 'in-progress',
    direction,
    date_created: new Date(time).toUTCString(),
  });
  const page = (...calls: object[]): Answer => ({
    status: 200,
    body: { calls, next_page_uri: null, page: 0, page_size: 50 },
  });
  const query = { from: order.from, to: order.to, since };

  test('asks by both numbers and time', async () => {
    const { carrier, seen } = await twilio(() => page(at(since, 'CA1')));
    await expect(carrier.findCall(query)).resolves.toEqual({
      callSid: 'CA1',
      status: 'in-progress',
    });
    expect(Object.fromEntries(seen[0]?.query ?? [])).toMatchObject({
      To: order.to,
      From: order.from,
      'StartTime>': '2026-03-01T09:59:55Z',
    });
  });

  test('finds one only when there is exactly one', async () => {
    const none = await twilio(() => page());
    await expect(none.carrier.findCall(query)).resolves.toBeUndefined();
    const two = await twilio(() => page(at(since, 'CA1'), at(since, 'CA2')));
    await expect(two.carrier.findCall(query)).resolves.toBeUndefined();
  });

  test('passes over older calls and calls of others', async () => {
    const { carrier } = await twilio(() =>
      page(
        at('2026-03-01T09:00:00Z', 'CA1'),
        at(since, 'CA2', 'inbound'),
        at('2026-03-01T10:00:01Z', 'CA3'),
      ),
    );
    await expect(carrier.findCall(query)).resolves.toMatchObject({ callSid: 'CA3' });
  });

  test('throws when Twilio cannot be asked', async () => {
    const { carrier } = await twilio(() => 'reset');
    await expect(carrier.findCall(query)).rejects.toBeInstanceOf(CarrierError);
  });
});

describe('ending a call', () => {
  const updates = (seen: Seen[]) =>
    seen.filter((each) => each.method === 'POST').map((each) => Object.fromEntries(each.form));

  test('in progress completes it', async () => {
    const { carrier, seen } = await twilio(() => call('in-progress'));
    await carrier.hangUp(callSid);
    expect(updates(seen)).toEqual([{ Status: 'completed' }]);
  });

  test('in progress with last words says them and hangs up', async () => {
    const { carrier, seen } = await twilio(() => call('in-progress'));
    await carrier.hangUp(callSid, { text: 'Bye & thanks.', language: 'en-GB', voice: 'Polly.Amy' });
    expect(updates(seen)).toEqual([
      {
        Twiml:
          '<?xml version="1.0" encoding="UTF-8"?><Response><Say voice="Polly.Amy" language="en-GB">' +
          'Bye &amp; thanks.</Say><Hangup/></Response>',
      },
    ]);
  });

  test('keeps last words to what Twilio takes', async () => {
    const { carrier, seen } = await twilio(() => call('in-progress'));
    await carrier.hangUp(callSid, { text: 'Goodbye now. '.repeat(900), language: 'en-US' });
    const twiml = updates(seen)[0]?.['Twiml'] ?? '';
    expect(twiml.length).toBeLessThanOrEqual(4_000);
    expect(twiml).toMatch(/<Hangup\/><\/Response>$/);
  });

  test.each(['queued', 'ringing'])('that is %s cancels it', async (status) => {
    const { carrier, seen } = await twilio((request) =>
      request.method === 'GET' ? call(status) : call('canceled'),
    );
    await carrier.hangUp(callSid, { text: 'Bye.', language: 'en-US' });
    expect(updates(seen)).toEqual([{ Status: 'canceled' }]);
  });

  test.each(['completed', 'busy', 'failed', 'no-answer', 'canceled'])(
    'that is over (%s) asks for nothing more',
    async (status) => {
      const { carrier, seen } = await twilio(() => call(status));
      await carrier.hangUp(callSid);
      expect(updates(seen)).toEqual([]);
    },
  );

  test('that Twilio does not know, or that ends meanwhile, is a success', async () => {
    const unknown = await twilio(() => failure(404, 20404));
    await expect(unknown.carrier.hangUp(callSid)).resolves.toBeUndefined();
    const ended = await twilio((request) =>
      request.method === 'GET' ? call('in-progress') : failure(400, 21220),
    );
    await expect(ended.carrier.hangUp(callSid)).resolves.toBeUndefined();
    expect(updates(ended.seen)).toHaveLength(1);
  });

  test.each<[string, Answer]>([
    ['is refused', failure(400, 21220)],
    ['does nothing', call('in-progress')],
  ])(
    'that is answered while it is cancelled completes it, when cancelling %s',
    async (_how, given) => {
      const { carrier, seen } = await twilio((request, index) => {
        if (request.method === 'GET') return call(index === 0 ? 'ringing' : 'in-progress');
        return request.form.get('Status') === 'canceled' ? given : call('completed');
      });
      await carrier.hangUp(callSid);
      expect(updates(seen)).toEqual([{ Status: 'canceled' }, { Status: 'completed' }]);
    },
  );

  test('that seems to ring for ever is completed', async () => {
    const { carrier, seen } = await twilio((request) => {
      if (request.method === 'GET') return call('ringing');
      return request.form.get('Status') === 'completed' ? call('completed') : failure(400, 21220);
    });
    await carrier.hangUp(callSid);
    expect(updates(seen).at(-1)).toEqual({ Status: 'completed' });
  });

  test('goes without last words that Twilio refuses', async () => {
    const { carrier, seen } = await twilio((request) =>
      request.form.has('Twiml') ? failure(400, 32018) : call('in-progress'),
    );
    await carrier.hangUp(callSid, { text: 'Bye.', language: 'en-US' });
    expect(updates(seen).at(-1)).toEqual({ Status: 'completed' });
  });

  test('throws when Twilio cannot be asked', async () => {
    const { carrier } = await twilio((request) =>
      request.method === 'GET' ? call('in-progress') : failure(500),
    );
    await expect(carrier.hangUp(callSid)).rejects.toMatchObject({ retryable: true });
  });
});

describe('sending a call on after a stream', () => {
  const lost = { callId: 'call_1', stream: 2 };

  test('is one request that names where it is to ask', async () => {
    const { carrier, seen } = await twilio(() => call('in-progress'));
    await expect(carrier.redirect(callSid, lost)).resolves.toBe(true);
    expect(seen).toHaveLength(1);
    expect(seen[0]?.path).toBe(`/twilio/2010-04-01/Accounts/${accountSid}/Calls/${callSid}.json`);
    expect(Object.fromEntries(seen[0]?.form ?? [])).toEqual({
      Method: 'POST',
      Url: `https://voice.example.com/call/connect?call=call_1&stream=2${overrides}`,
    });
  });

  test.each([
    ['unknown', failure(404, 20404)],
    ['over', failure(400, 21220)],
  ] as [string, Answer][])('says that a call is not up that is %s', async (_, answered) => {
    const { carrier } = await twilio(() => answered);
    await expect(carrier.redirect(callSid, lost)).resolves.toBe(false);
  });

  test.each([
    ['fails', failure(500), true],
    ['refuses it', failure(401, 20003), false],
    ['breaks off', 'reset', true],
  ] as [string, Answer, boolean][])('fails when Twilio %s', async (_, answered, retryable) => {
    const { carrier } = await twilio(() => answered);
    const error = await carrier.redirect(callSid, lost).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CarrierError);
    expect(error).toMatchObject({ retryable });
  });
});
