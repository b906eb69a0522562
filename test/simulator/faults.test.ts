import { afterEach, describe, expect, test } from '@jest/globals';
import {
  FAULT_KINDS,
  FaultScriptError,
  formatFaultScript,
  makeFaultScript,
  MOMENTS,
  parseFaultScript,
  playCaller,
  seededRandom,
} from '../../src/simulator/index.ts';
import type { Fault, FaultScript } from '../../src/simulator/index.ts';
import type { Answer } from './customer-app.ts';
import { startBench } from './bench.ts';
import type { Bench } from './bench.ts';

const FAST = '#ct=500&rt=500&tt=3000&rc=2&rp=all';
let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

const asking = (turn: number): string =>
  `<Gather input="speech" action="/said?turn=${turn}${FAST.replaceAll('&', '&amp;')}" actionOnEmptyResult="true"><Say>Question ${turn}?</Say></Gather>`;
const said: Answer = ({ query }) => asking(Number(query.get('turn')) + 1);

/** An application that asks for ever, and a Twilio that does this wrong. */
async function start(faults: Fault[], answers: Record<string, Answer> = {}): Promise<Bench> {
  bench = await startBench(
    { '/voice': asking(1), '/said': said, '/status': '', '/fallback': asking(9), ...answers },
    {
      faults: { seed: 'test', faults },
      number: {
        voiceUrl: `/voice${FAST}`,
        voiceFallbackUrl: '/fallback',
        statusCallback: `/status${FAST}`,
      },
    },
  );
  return bench;
}

/** A call with so many answers to the end, with all that was injected. */
async function talk(it: Bench, lines = ['one', 'two', 'three']): Promise<string> {
  const { sim } = it;
  const phone = it.call();
  await playCaller(phone, lines, { faults: sim.faults, timeoutMs: 5000 });
  await phone.ended;
  await sim.faults?.settle();
  return phone.callSid;
}

function spokenWords({ app }: Bench): (string | null)[] {
  return app.at('/said').map(({ form }) => form.get('SpeechResult'));
}

describe('a fault script', () => {
  test('is the same for the same seed, and another one for another', () => {
    const options = { calls: 5, faults: 4 };
    expect(makeFaultScript('a', options)).toEqual(makeFaultScript('a', options));
    expect(makeFaultScript('a', options)).not.toEqual(makeFaultScript('b', options));
  });

  test('comes back from its text as it was', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const script = makeFaultScript(String(seed), {
        kinds: FAULT_KINDS,
      });
      expect(parseFaultScript(formatFaultScript(script))).toEqual(script);
    }
  });

  test.each([
    'nonsense',
    '{}',
    '{"seed":"1","faults":[{"do":"explode"}]}',
    '{"seed":"1","faults":[{"do":"duplicate","copies":6,"how":"together"}]}',
  ])('that is %s is refused', (text) => {
    expect(() => parseFaultScript(text)).toThrow(FaultScriptError);
  });

  test('random numbers of one place do not depend on those of another', () => {
    const first = seededRandom('s', 1);
    const alone = [first.next(), first.next()];
    const [again, other] = [seededRandom('s', 1), seededRandom('s', 2)];
    const mixed = [again.next(), other.next(), again.next()];
    expect([mixed[0], mixed[2]]).toEqual(alone);
    expect(mixed[1]).not.toBe(alone[0]);
  });

  test('random numbers spread evenly enough', () => {
    const random = seededRandom('even');
    const counts = [0, 0, 0, 0];
    for (let n = 0; n < 4000; n += 1) counts[random.integer(0, 3)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('webhooks', () => {
  test('are duplicated at the same time, and the call goes on with one answer', async () => {
    const it = await start([
      { do: 'duplicate', webhook: 'action', nth: 2, copies: 3, how: 'together' },
    ]);
    await talk(it);
    expect(spokenWords(it)).toEqual(['one', 'two', 'two', 'two', 'two', 'three']);
    const tokens = it.app.at('/said').map(({ headers }) => headers['i-twilio-idempotency-token']);
    expect(new Set(tokens.slice(1, 5)).size).toBe(1);
  });

  test('are duplicated one after another', async () => {
    const it = await start([
      { do: 'duplicate', webhook: 'action', nth: 1, copies: 2, how: 'one-after-another' },
    ]);
    await talk(it);
    expect(spokenWords(it)).toEqual(['one', 'one', 'one', 'two', 'three']);
  });

  test('are delayed', async () => {
    const it = await start([{ do: 'delay', webhook: 'action', nth: 1, ms: 150 }]);
    const callSid = await talk(it);
    const { log } = it.sim;
    const fault = log.of('fault', callSid)[0];
    const sent = log.of('request', callSid).find((entry) => entry.requestId === fault?.requestId);
    expect((sent?.atMs ?? 0) - (fault?.atMs ?? 0)).toBeGreaterThanOrEqual(140);
  });

  test('whose request is dropped are tried again by Twilio’s rules', async () => {
    const it = await start([
      { do: 'drop', what: 'request', attempts: 2, webhook: 'action', nth: 1 },
    ]);
    const callSid = await talk(it);
    expect(spokenWords(it)).toEqual(['one', 'two', 'three']);
    expect(it.sim.log.of('fault', callSid)).toHaveLength(2);
  });

  test('whose answer is dropped arrive once more', async () => {
    const it = await start([
      { do: 'drop', what: 'answer', attempts: 2, webhook: 'action', nth: 1 },
    ]);
    await talk(it);
    expect(spokenWords(it)).toEqual(['one', 'one', 'one', 'two', 'three']);
  });

  test('that are dropped too often make Twilio fall back', async () => {
    const it = await start([
      { do: 'drop', what: 'request', attempts: 3, webhook: 'action', nth: 1 },
    ]);
    await talk(it);
    expect(it.app.at('/fallback')).toHaveLength(1);
    expect(spokenWords(it)).toEqual(['two', 'three']);
  });

  test('are answered slowly, and tried again beyond the read timeout', async () => {
    const it = await start([
      { do: 'slow-answer', ms: 200, webhook: 'action', nth: 1 },
      { do: 'slow-answer', ms: 5000, webhook: 'action', nth: 2 },
    ]);
    await talk(it, ['one', 'two']);
    // Every attempt at the second one is slow, then Twilio falls back.
    expect(spokenWords(it)).toEqual(['one', 'two', 'two', 'two']);
    expect(it.app.at('/fallback')).toHaveLength(1);
  });

  test('whose first answer alone is too slow are tried again, and go on', async () => {
    const it = await start([
      { do: 'slow-answer', ms: 5000, attempts: 1, webhook: 'action', nth: 1 },
    ]);
    await talk(it, ['one', 'two']);
    expect(spokenWords(it)).toEqual(['one', 'one', 'two']);
    expect(it.app.at('/fallback')).toHaveLength(0);
  });

  test('are replayed to the byte: at once, after the call, an hour later', async () => {
    const it = await start([
      { do: 'replay', webhook: 'action', nth: 1, when: 'at-once' },
      { do: 'replay', webhook: 'action', nth: 2, when: 'after-the-call' },
      { do: 'replay', webhook: 'action', nth: 3, when: 'an-hour-later' },
    ]);
    const callSid = await talk(it);
    const ended = it.sim.log.of('call', callSid).find(({ status }) => status === 'completed');
    const replays = () =>
      it.sim.log.of('request', callSid).filter((entry) => entry.purpose === 'replay');
    expect(replays().map(({ body }) => new URLSearchParams(body).get('SpeechResult'))).toEqual([
      'one',
      'two',
    ]);
    expect(replays()[1]?.seq).toBeGreaterThan(ended?.seq ?? 0);
    const answers = await it.sim.faults?.anHourLater();
    expect(answers).toHaveLength(1);
    const [, , last] = replays();
    const original = it.sim.log.of('request', callSid).find((entry) => entry.body === last?.body);
    expect(last?.headers).toEqual(original?.headers);
    expect(await it.sim.faults?.anHourLater()).toEqual([]);
  });

  test('are swapped: one is held back past the next', async () => {
    const it = await start(
      [{ do: 'hold-back', webhook: 'status', nth: 1, past: 1, atMostMs: 2000 }],
      {
        '/outbound': asking(1),
      },
    );
    const { sim, app } = it;
    const placed = new Promise<string>((resolve) => {
      sim.onOutboundCall((phone) => {
        resolve(phone.callSid);
        phone.answer();
      });
    });
    const form = new URLSearchParams([
      ['To', '+15550009999'],
      ['From', '+15550001000'],
      ['Url', `${app.url}/outbound`],
      ['StatusCallback', `${app.url}/status`],
      ...['initiated', 'ringing', 'answered', 'completed'].map((each) => [
        'StatusCallbackEvent',
        each,
      ]),
    ] as [string, string][]);
    await fetch(`${sim.baseUrl}/2010-04-01/Accounts/${sim.accountSid}/Calls.json`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${sim.accountSid}:a-token-of-the-tests`)}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: form.toString(),
    });
    const phone = sim.phone(await placed);
    await phone?.waitUntilListening();
    phone?.hangUp();
    await sim.log.waitFor('response', ({ purpose }) => purpose === 'status');
    await sim.log.waitFor('request', ({ fields }) =>
      fields.some(([, value]) => value === 'initiated'),
    );
    const statuses = sim.log
      .of('request')
      .filter(({ purpose }) => purpose === 'status')
      .map(({ fields }) => fields.find(([name]) => name === 'CallStatus')?.[1]);
    expect(statuses[0]).toBe('ringing');
    expect(statuses).toContain('initiated');
  });

  test.each([
    'unsigned',
    'wrong-token',
    'other-account',
    'tampered-field',
    'tampered-url',
  ] as const)('are forged first: %s', async (how) => {
    const it = await start([{ do: 'forge', how, webhook: 'action', nth: 2 }]);
    const callSid = await talk(it);
    const all = it.app.at('/said');
    expect(all).toHaveLength(4);
    const [, forged, genuine] = all;
    const fault = it.sim.log.of('fault', callSid)[0];
    expect(fault?.detail).toBe(how);
    expect(it.sim.log.of('response').some(({ requestId }) => requestId === fault?.requestId)).toBe(
      true,
    );
    const signature = forged?.headers['x-twilio-signature'];
    const real = genuine?.headers['x-twilio-signature'];
    expect(signature === undefined).toBe(how === 'unsigned');
    expect(signature === real).toBe(how.startsWith('tampered'));
    expect(forged?.form.get('SpeechResult')).toBe(
      how === 'tampered-field' ? 'forged words, not two' : 'two',
    );
    expect(forged?.query.get('turn')).toBe(how === 'tampered-url' ? '3' : '2');
    expect(forged?.form.get('AccountSid') === genuine?.form.get('AccountSid')).toBe(
      how !== 'other-account',
    );
  });

  test('of another call are left alone; chances fall the same way again', async () => {
    const faults: Fault[] = [
      { do: 'duplicate', call: 2, copies: 1, how: 'together' },
      { do: 'delay', webhook: 'action', ms: 1, chance: 0.5 },
    ];
    const run = async () => {
      const it = await start(faults);
      const sids = [await talk(it), await talk(it)];
      const counts = sids.map((callSid) =>
        it.sim.log.of('fault', callSid).map(({ fault }) => fault),
      );
      await it.close();
      bench = undefined;
      return counts;
    };
    const [first, second] = await run();
    expect(first).not.toContain('duplicate');
    expect(second?.filter((fault) => fault === 'duplicate')).toHaveLength(5);
    expect(
      [first, second].map((each) => each?.filter((fault) => fault === 'delay').length),
    ).toEqual((await run()).map((each) => each.filter((fault) => fault === 'delay').length));
  });
});

test('faults can be added for the next call, and are part of the script then', async () => {
  const it = await start([]);
  await talk(it, ['one']);
  it.sim.faults?.forNextCall({ do: 'duplicate', webhook: 'action', copies: 1, how: 'together' });
  await talk(it, ['two']);
  await talk(it, ['three']);
  expect(spokenWords(it)).toEqual(['one', 'two', 'two', 'three']);
  expect(it.sim.faults?.script.faults).toMatchObject([{ do: 'duplicate', call: 2 }]);
});

describe('callers', () => {
  const holding: Record<string, Answer> = {
    '/said': ({ query }) => {
      const turn = query.get('turn');
      if (turn === '3') return '<Say>Goodbye.</Say><Hangup/>';
      if (query.get('wait') !== null) return asking(Number(turn) + 1);
      return `<Say>One moment.</Say><Redirect>/said?wait=1&amp;turn=${turn}</Redirect>`;
    },
  };

  test.each(MOMENTS)('hang up at the moment "%s"', async (moment) => {
    const it = await start([{ do: 'hang-up', moment, turn: 1 }], holding);
    const callSid = await talk(it);
    const entries = it.sim.log.ofCall(callSid);
    const fault = entries.find(({ kind }) => kind === 'fault');
    expect(fault).toMatchObject({ fault: 'hang-up', detail: `${moment} of turn 1, 0 ms later` });
    const end = entries.findLast((entry) => entry.kind === 'call');
    expect(end).toMatchObject({ reason: 'caller-hung-up' });
  });

  test('who hang up before their words are sent are not heard; later, they are', async () => {
    const before = await start([{ do: 'hang-up', moment: 'speaking', turn: 1 }]);
    await talk(before);
    expect(spokenWords(before)).toEqual([]);
    await before.close();
    const later = await start([{ do: 'hang-up', moment: 'posting', turn: 1 }]);
    const callSid = await talk(later);
    await later.sim.log.waitFor('delivered', (entry) => entry.callSid === callSid);
    expect(spokenWords(later)).toEqual(['one']);
  });

  test('go silent for some questions, then speak', async () => {
    const it = await start([{ do: 'go-silent', turn: 2, times: 2 }]);
    await talk(it, ['one', 'two']);
    expect(spokenWords(it)).toEqual(['one', null, null, 'two']);
  });
});

test('what is not in the script happens as ever', async () => {
  const it = await start([]);
  const callSid = await talk(it);
  expect(spokenWords(it)).toEqual(['one', 'two', 'three']);
  expect(it.sim.log.of('fault', callSid)).toEqual([]);
  const script: FaultScript | undefined = it.sim.faults?.script;
  expect(script).toEqual({ seed: 'test', faults: [] });
});
