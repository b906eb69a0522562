import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  ACCOUNT_SID,
  ANSWERING,
  CALL_SID,
  FIELDS,
  INBOUND_ID,
  listenStep,
  METHODS,
  OUTBOUND_FIELDS,
  OUTBOUND_ID,
  ROUTES,
  saidIn,
  startApp,
  verbNames,
  verbsOf,
} from './harness.ts';
import type { Server } from './harness.ts';

const SPEECH = `/process_speech/${CALL_SID}?call=${INBOUND_ID}`;
const CONNECT = `/call/connect?call=${INBOUND_ID}`;
const INBOUND = {
  callId: INBOUND_ID,
  callSid: CALL_SID,
  accountSid: ACCOUNT_SID,
  direction: 'inbound',
  from: '+15005550006',
  to: '+15005550001',
};
const OUTBOUND = { ...INBOUND, callId: OUTBOUND_ID, direction: 'outbound' };

let server: Server;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());
beforeEach(() => {
  server.gateway.asked.length = 0;
  server.gateway.script = () => ({ kind: 'step', step: listenStep('Hello.', '4') });
});

describe.each(METHODS)('by %s', (method) => {
  test.each(ANSWERING)('%s answers TwiML', async (path, fields) => {
    const reply = await server.twilio(method, path, fields);
    expect(reply.status).toBe(200);
    expect(reply.body).toMatch(/^</);
    const names = path.startsWith('/webhook/fallback') ? ['Say', 'Redirect'] : ['Gather', 'Say'];
    expect(verbNames(verbsOf(reply))).toEqual(names);
  });

  test.each([
    ['/webhook/voice', FIELDS, { ask: 'begin', call: INBOUND }],
    ['/webhook/voice/', FIELDS, { ask: 'begin', call: INBOUND }],
    ['/webhook/voice?wait=3', FIELDS, { ask: 'begin', call: INBOUND }],
    [`/outbound?call=${OUTBOUND_ID}`, OUTBOUND_FIELDS, { ask: 'begin', call: OUTBOUND }],
    [`${SPEECH}&turn=3&wait=2`, FIELDS, { ask: 'waitFor', call: INBOUND, key: '3', round: 2 }],
    [`${SPEECH}&wait=2`, FIELDS, { ask: 'resume', call: INBOUND }],
    [SPEECH, FIELDS, { ask: 'resume', call: INBOUND }],
    [`${CONNECT}&stream=2`, FIELDS, { ask: 'reconnect', call: INBOUND, stream: 2 }],
    [`${CONNECT}&stream=2&wait=3`, FIELDS, { ask: 'reconnect', call: INBOUND, stream: 2 }],
    [CONNECT, FIELDS, { ask: 'resume', call: INBOUND }],
  ])('%s asks the gateway once, for what it means', async (path, fields, asked) => {
    await server.twilio(method, path, fields);
    expect(server.gateway.asked).toEqual([asked]);
  });

  test.each([
    [
      { SpeechResult: 'A table, "please"', Confidence: '0.9' },
      { kind: 'speech', text: 'A table, "please"', confidence: 0.9 },
    ],
    [{ Digits: '12#' }, { kind: 'keys', digits: '12#' }],
    [{ Digits: '#' }, { kind: 'silence' }],
    [{}, { kind: 'silence' }],
    [{ SpeechResult: '', Confidence: 'NaN', Digits: '' }, { kind: 'silence' }],
    [{ SpeechResult: ' \u0000\u0007 ', Digits: 'x' }, { kind: 'silence' }],
  ])('words reach the gateway with their key: %j', async (said, heard) => {
    await server.twilio(method, `${SPEECH}&turn=3-2`, { ...FIELDS, ...said });
    expect(server.gateway.asked).toEqual([{ ask: 'hear', call: INBOUND, key: '3-2', heard }]);
  });

  test('words that come back with a wait are no new turn', async () => {
    await server.twilio(method, `${SPEECH}&turn=3&wait=1`, { ...FIELDS, SpeechResult: 'again' });
    expect(server.gateway.asked).toEqual([{ ask: 'waitFor', call: INBOUND, key: '3', round: 1 }]);
  });

  test.each(['', `?call=${INBOUND_ID}`])(
    'a status callback is taken with 204: %s',
    async (query) => {
      const fields = {
        ...FIELDS,
        CallStatus: 'completed',
        SequenceNumber: '3',
        CallDuration: '17',
      };
      const reply = await server.twilio(method, `/call/status${query}`, fields);
      expect([reply.status, reply.body]).toEqual([204, '']);
      const status = {
        callSid: CALL_SID,
        callStatus: 'completed',
        sequence: 3,
        durationSeconds: 17,
      };
      expect(server.gateway.asked).toEqual([{ ask: 'status', callId: INBOUND_ID, status }]);
    },
  );

  test.each<[string, () => boolean]>([
    ['is not taken', () => false],
    [
      'throws',
      () => {
        throw new Error('away');
      },
    ],
  ])(
    'a status callback that %s is answered with 503, so that it is sent again',
    async (_, script) => {
      server.gateway.script = script;
      const reply = await server.twilio(method, `/call/status?call=${INBOUND_ID}`);
      expect(reply.status).toBe(503);
      expect(verbsOf(reply)).toEqual([]);
    },
  );
});

describe('a stream that is over', () => {
  test.each(['0', '-1', '01', '1.5', 'x', '', '1234567'])(
    'of the number %j is none',
    async (stream) => {
      const reply = await server.twilio('POST', `${CONNECT}&stream=${stream}`);
      expect(reply.status).toBe(400);
      expect(server.gateway.asked).toEqual([]);
    },
  );

  test('is asked about again after a filler, with its number', async () => {
    server.gateway.script = () => ({ kind: 'wait' });
    const reply = await server.twilio('POST', `${CONNECT}&stream=2&wait=1`);
    expect(verbNames(verbsOf(reply))).toEqual(['Say', 'Redirect']);
    expect(reply.body).toContain(`/call/connect?call=${INBOUND_ID}&amp;stream=2&amp;wait=2#`);
  });

  test('is followed by the next one', async () => {
    const next = { kind: 'stream', stream: 3, until: 1_000 } as const;
    const step = { say: '', voice: { language: 'en-US' }, next };
    server.gateway.script = () => ({ kind: 'step', step });
    const reply = await server.twilio('POST', `${CONNECT}&stream=2`);
    expect(reply.body).toContain('<Parameter name="token" value="token-3-1000"/>');
  });
});

describe('the id of a call', () => {
  test('of an inbound call may be named in the URL, when it is its own', async () => {
    await server.twilio('POST', `/webhook/voice?call=${INBOUND_ID}`);
    expect(server.gateway.asked).toEqual([{ ask: 'begin', call: INBOUND }]);
  });

  test.each(['inbound', 'outbound-api', 'outbound-dial', 'trunking-terminating', '', 'INBOUND'])(
    'follows from the direction: %j',
    async (direction) => {
      const isOutbound = direction.startsWith('outbound');
      const query = isOutbound ? `?call=${OUTBOUND_ID}` : '';
      const fields = { ...FIELDS, Direction: direction };
      const reply = await server.twilio('POST', `/webhook/voice${query}`, fields);
      expect(reply.status).toBe(200);
      expect(server.gateway.asked).toEqual([
        { ask: 'begin', call: isOutbound ? OUTBOUND : INBOUND },
      ]);
    },
  );

  test('is found for a callback that lacks parties and direction', async () => {
    const fields = { CallSid: CALL_SID, AccountSid: ACCOUNT_SID, CallStatus: 'completed' };
    expect((await server.twilio('POST', '/call/status', fields)).status).toBe(204);
  });
});

describe('a signed request that makes no sense is refused with TwiML, and nothing is done', () => {
  const tooLong = '1'.repeat(10_000);
  const without = (name: string) =>
    Object.fromEntries(Object.entries(FIELDS).filter(([field]) => field !== name));

  test.each<[string, number, string, Record<string, string>]>([
    ['the CallSid of another call in the path', 403, SPEECH.replace(/CA2/, 'CA3'), FIELDS],
    ['a CallSid in capital letters', 403, SPEECH.replace('/CA2', '/ca2'), FIELDS],
    ["another call's id on an inbound call", 400, `/webhook/voice?call=${OUTBOUND_ID}`, FIELDS],
    ['an empty id on an inbound call', 400, '/webhook/voice?call=', FIELDS],
    ['no id on an outbound call', 400, '/outbound', OUTBOUND_FIELDS],
    ['an id that is none', 400, '/outbound?call=call_short', OUTBOUND_FIELDS],
    ['an id of another kind', 400, `/outbound?call=asst_${'0V'.repeat(13)}`, OUTBOUND_FIELDS],
    ['an id with a path in it', 400, '/outbound?call=call_../../etc/passwd', OUTBOUND_FIELDS],
    ['no CallSid', 400, '/webhook/voice', without('CallSid')],
    ['no AccountSid', 400, '/webhook/voice', without('AccountSid')],
    ['an empty CallSid', 400, '/webhook/voice', { ...FIELDS, CallSid: '' }],
    ['a CallSid that is none', 400, '/webhook/voice', { ...FIELDS, CallSid: 'CA../x' }],
    ['no fields at all', 400, '/webhook/voice', {}],
    ...[
      ...['', 'abc', '03', '3-1', '3-02', '-1', '1.5', '3-2-2', '3%00', '%33%20', '３', tooLong],
      ...['9999999', '3#', '__proto__'],
    ].map((turn): [string, number, string, Record<string, string>] => [
      `the turn ${turn.slice(0, 20)}`,
      400,
      `${SPEECH}&turn=${encodeURI(turn)}`.replace('#', '%23'),
      FIELDS,
    ]),
    ...['', 'x', '-1', '1.5', '1e3', '0x1', '10000', '1%20', tooLong].map(
      (wait): [string, number, string, Record<string, string>] => [
        `the wait ${wait.slice(0, 20)}`,
        400,
        `${SPEECH}&turn=3&wait=${wait}`,
        FIELDS,
      ],
    ),
  ])('%s', async (_what, status, path, fields) => {
    for (const method of METHODS) {
      const reply = await server.twilio(method, path, fields);
      expect(reply.status).toBe(status);
      expect(verbsOf(reply)).toEqual([]);
    }
    expect(server.gateway.asked).toEqual([]);
  });

  test.each(['', 'In Progress', '<b>', 'x'.repeat(41)])(
    'a status callback with the status %j',
    async (word) => {
      const reply = await server.twilio('POST', '/call/status', { ...FIELDS, CallStatus: word });
      expect(reply.status).toBe(400);
      expect(server.gateway.asked).toEqual([]);
    },
  );

  test('but an odd CallStatus does not lose a call', async () => {
    const fields = { ...FIELDS, CallStatus: '<new status>' };
    expect((await server.twilio('POST', '/webhook/voice', fields)).status).toBe(200);
  });
});

test('two tries of a webhook are two questions to the gateway with the same content', async () => {
  for (const [path, fields] of ROUTES) {
    server.gateway.asked.length = 0;
    await Promise.all([server.twilio('POST', path, fields), server.twilio('POST', path, fields)]);
    const [first, second] = server.gateway.asked;
    expect(first).toEqual(second);
  }
});

test('what was said, keyed and dialled is not logged', async () => {
  server.gateway.script = () => {
    throw new Error('the secret word is swordfish');
  };
  const fields = { ...FIELDS, SpeechResult: 'swordfish', Digits: '4111111111111111' };
  for (const [path] of ANSWERING.slice(2, 3)) {
    expect(saidIn(verbsOf(await server.twilio('POST', path, fields)))).toHaveLength(1);
  }
  expect(server.logged()).toContain('a webhook could not be answered');
  expect(server.logged()).not.toMatch(/swordfish|4111|5005550|0123456789abcdef/);
});
