/**
 * Twilio, the network and the callers misbehave, each fault by itself and many at once by seed; the
 * history checker judges every call. These are short forms: a seed of one's own is tried with
 * `VOCA_FAULT_SEED=seed` (or several: `a,b,c`), which every failure prints.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newApiKey } from '../../src/api-key.ts';
import type { Counts, LineChange, LineName } from '../../src/drill/index.ts';
import { FIXED_LINES } from '../../src/http/answers.ts';
import {
  FAULT_KINDS,
  formatFaultScript,
  makeFaultScript,
  MOMENTS,
  playCaller,
  seededRandom,
} from '../../src/simulator/index.ts';
import type { Fault, MakeOptions, Phone } from '../../src/simulator/index.ts';
import type { RunNotes } from './support/evidence.ts';
import { RunningInstance } from './support/instance.ts';
import { expectHistoryHolds } from './support/verdict.ts';

const GIVEN = process.env['VOCA_FAULT_SEED'];
const SEEDS = GIVEN === undefined ? ['blue', 'green', 'red'] : GIVEN.split(',');
const CALLS_PER_SEED = 3;
/** A word that is said in no log line. */
const CANARY = 'quetzalcoatl';

let instance: RunningInstance;
const allPhones: Phone[] = [];
const temporalAway: { fromMs: number; toMs: number }[] = [];

beforeAll(async () => {
  instance = await RunningInstance.start(
    {},
    { faults: { seed: 'short', faults: [] }, lines: true },
  );
});
afterAll(() => instance?.stop());
beforeEach(() => {
  // Words that are "slow" take longer than the gateway waits for.
  instance.model.always((body) => {
    const words = body.messages?.findLast(({ role }) => role === 'user')?.content ?? '';
    const afterMs = words.includes('slow') ? 4500 : 50;
    return { kind: 'answer', text: `You said: ${words}`, afterMs };
  });
});

function again(seed: string): string {
  return `VOCA_FAULT_SEED=${seed} npx jest --selectProjects processes --runInBand --testPathPatterns faults`;
}

/** A call that these faults will meet. */
function dial(...faults: Fault[]): Phone {
  instance.simulator.faults?.forNextCall(...faults);
  const phone = instance.dial();
  allPhones.push(phone);
  return phone;
}

async function talk(phone: Phone, lines: string[]): Promise<string[]> {
  const { faults } = instance.simulator;
  const said = await playCaller(phone, lines, { faults, timeoutMs: 25_000 });
  await phone.ended;
  await faults?.settle();
  return said;
}

/** Judges these calls as soon as their end is written, though they may not be closed yet. */
async function judge(phones: Phone[], notes: RunNotes = {}): Promise<Counts> {
  const evidence = await instance.evidence({
    phones,
    mayStillClose: true,
    temporalAway,
    words: [CANARY],
    ...notes,
  });
  return expectHistoryHolds(evidence);
}

function lines(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${name} ${CANARY} number ${at + 1}`);
}

describe('webhooks', () => {
  test('that all come several times at once are answered the same and thought about once', async () => {
    const phone = dial({ do: 'duplicate', copies: 4, how: 'together' });
    await talk(phone, lines('many', 3));
    const counts = await judge([phone]);
    expect(counts).toMatchObject({ posted: 3, answered: 3, replyActivities: 3, modelRequests: 3 });
    const { log } = instance.simulator;
    const actions = log.of('response', phone.callSid).filter(({ purpose }) => purpose === 'action');
    expect(actions).toHaveLength(15);
    expect(new Set(actions.map(({ bodySha256 }) => bodySha256)).size).toBe(3);
    expect(counts['injected-duplicate']).toBe(5); // the first one, three turns, one status
  });

  test.each(['request', 'answer'] as const)(
    'whose %s is dropped twice are not lost',
    async (what) => {
      const phone = dial({ do: 'drop', what, attempts: 2 });
      await talk(phone, lines(`drop ${what}`, 2));
      const counts = await judge([phone]);
      expect(counts).toMatchObject({
        posted: 2,
        answered: 2,
        replyActivities: 2,
        modelRequests: 2,
      });
      expect(counts['injected-drop']).toBe(8);
    },
  );

  test('that fail until Twilio falls back: words that arrived are answered, others are asked for again', async () => {
    const taken = dial({ do: 'drop', what: 'answer', attempts: 3, webhook: 'action', nth: 1 });
    const lost = dial({ do: 'drop', what: 'request', attempts: 3, webhook: 'action', nth: 1 });
    await Promise.all([talk(taken, lines('taken', 2)), talk(lost, lines('lost', 3))]);
    expect(await judge([taken])).toMatchObject({ posted: 2, answered: 2, replyActivities: 2 });
    expect(await judge([lost])).toMatchObject({ posted: 3, answered: 2, undelivered: 1, lost: 0 });
    for (const phone of [taken, lost]) expect(phone.heardApplicationError).toBe(false);
  });

  test('that are forged in every way change nothing', async () => {
    const phone = dial(
      { do: 'forge', how: 'unsigned' },
      { do: 'forge', how: 'wrong-token' },
      { do: 'forge', how: 'other-account' },
      { do: 'forge', how: 'tampered-field' },
      { do: 'forge', how: 'tampered-url' },
    );
    await talk(phone, lines('forge', 2));
    const counts = await judge([phone]);
    expect(counts).toMatchObject({
      posted: 2,
      answered: 2,
      replyActivities: 2,
      'injected-forge': 20,
    });
    const { log } = instance.simulator;
    const forged = log.of('response', phone.callSid).filter(({ purpose }) => purpose === 'forged');
    expect(forged.map(({ status }) => status)).toEqual(forged.map(() => 403));
    expect(forged).toHaveLength(20);
  });

  test('that are replayed at once and after the call change nothing', async () => {
    const phone = dial(
      { do: 'replay', when: 'at-once' },
      { do: 'replay', when: 'after-the-call' },
      { do: 'replay', when: 'an-hour-later' }, // see the last test
    );
    await talk(phone, lines('replay', 2));
    const counts = await judge([phone]);
    expect(counts).toMatchObject({ posted: 2, answered: 2, replyActivities: 2, modelRequests: 2 });
  });

  test('that are answered over a slow network, beyond Twilio’s patience once', async () => {
    const phone = dial(
      { do: 'slow-answer', webhook: 'action', nth: 1, ms: 6000, attempts: 1 },
      { do: 'slow-answer', webhook: 'voice', ms: 1000 },
      { do: 'delay', webhook: 'action', nth: 2, ms: 1500 },
      { do: 'hold-back', webhook: 'status', past: 1, atMostMs: 300 },
    );
    await talk(phone, lines('crawl', 2));
    const counts = await judge([phone]);
    expect(counts).toMatchObject({ posted: 2, answered: 2, replyActivities: 2, modelRequests: 2 });
  });
});

describe('callers', () => {
  test('who hang up at any moment leave one terminal state within 5 s', async () => {
    const phones = MOMENTS.map((moment) => {
      const turn = seededRandom('moments', moment).integer(1, 2);
      const isOfOneTurn = ['ringing', 'greeting', 'goodbye'].includes(moment);
      return dial({ do: 'hang-up', moment, turn: isOfOneTurn ? 1 : turn });
    });
    // One after another for those who are thinking for longer: 10 at once are a load of their own.
    await Promise.all(
      phones.map((phone, at) => {
        const moment = MOMENTS[at] ?? '';
        const isSlow = ['filler', 'waiting'].includes(moment);
        const said = isSlow ? 'a slow question' : 'a question';
        const rest = moment === 'goodbye' ? ['goodbye'] : ['the third'];
        return talk(phone, [`${said} by ${moment}`, `another, ${said} by ${moment}`, ...rest]);
      }),
    );
    const counts = await judge(phones, { endWithinMs: 5000 });
    expect(counts).toMatchObject({ calls: MOMENTS.length, 'injected-hang-up': MOMENTS.length });
    expect(counts['slowestEndMs']).toBeLessThan(5000);
  });

  test('who hang up before their first webhook has arrived: the end waits for the beginning', async () => {
    const phone = dial({ do: 'delay', webhook: 'voice', ms: 1000 });
    phone.hangUp(); // told at once, and only once
    await phone.ended;
    const { log } = instance.simulator;
    const told = await log.waitFor(
      'response',
      ({ purpose, callSid }) => purpose === 'status' && callSid === phone.callSid,
    );
    expect(told.status).toBe(204);
    const counts = await judge([phone], { endWithinMs: 5000 });
    expect(counts['slowestEndMs']).toBeGreaterThanOrEqual(900); // it has begun after its end
    const evidence = await instance.evidence({ phones: [phone], mayStillClose: true });
    expect(evidence.database.calls[0]?.endReason).toBe('no-answer');
  });

  test('whose call never arrives leave nothing; the end is answered all the same', async () => {
    const url = instance.urls.status();
    const callSid = `CA${'0'.repeat(31)}1`;
    const startedMs = Date.now();
    const answer = await instance.simulator.forge({
      url, // signed rightly
      fields: [
        ['AccountSid', instance.simulator.accountSid],
        ['CallSid', callSid],
        ['CallStatus', 'completed'],
        ['Direction', 'inbound'],
      ],
    });
    expect(answer).toMatchObject({ ok: true, status: 204 });
    expect(Date.now() - startedMs).toBeLessThan(5000);
  });

  test('who never speak are asked, asked again and let go', async () => {
    const phone = dial({ do: 'go-silent', times: 20 });
    const said = await talk(phone, ['never said']);
    expect(said).toEqual([]);
    const counts = await judge([phone]);
    expect(counts).toMatchObject({ posted: 0, turns: 3, replyActivities: 0 });
    const evidence = await instance.evidence({ phones: [phone], mayStillClose: true });
    expect(evidence.database.calls[0]?.endReason).toBe('silence');
  });
});

describe('many faults at once', () => {
  /** Calls that the faults of a seed meet; a failure says how to have them again. */
  async function callsOf(
    seed: string,
    options: MakeOptions,
    use: (phones: Phone[]) => Promise<void>,
  ): Promise<void> {
    const script = makeFaultScript(seed, { calls: CALLS_PER_SEED, turns: 3, ...options });
    const phones = Array.from({ length: CALLS_PER_SEED }, (_, at) =>
      dial(...script.faults.filter(({ call }) => call === at + 1)),
    );
    try {
      await Promise.all(phones.map((phone, at) => talk(phone, lines(`${seed} caller ${at}`, 3))));
      await use(phones);
    } catch (error) {
      const message = error instanceof Error ? error.message : 'failed';
      throw new Error(`${message}\n${again(seed)}\n${formatFaultScript(script)}`, { cause: error });
    }
  }

  test.each(SEEDS)('seed %s: all is answered', async (seed) => {
    await callsOf(seed, { faults: 4 }, async (phones) => {
      const counts = await judge(phones, { seed, again: again(seed) });
      expect(counts).toMatchObject({ calls: CALLS_PER_SEED, posted: 9, answered: 9, lost: 0 });
    });
  });

  test.each(SEEDS)('seed %s: and callers fall silent and hang up', async (seed) => {
    await callsOf(seed, { faults: 5, kinds: FAULT_KINDS }, async (phones) => {
      const counts = await judge(phones, { seed, again: again(seed), endWithinMs: 5000 });
      expect(counts).toMatchObject({ calls: CALLS_PER_SEED, lost: 0 });
    });
  });
});

describe('lines', () => {
  const disturbed: LineName[] = [];
  async function disturb(line: LineName, change: LineChange): Promise<void> {
    disturbed.push(line);
    await instance.disturb(line, change);
  }
  async function mend(): Promise<void> {
    for (const line of disturbed.splice(0)) await instance.disturb(line, { do: 'mend' });
  }
  afterEach(mend);

  /** Waits for the answer. @returns milliseconds until the next words of any kind */
  async function say(phone: Phone, words: string): Promise<{ firstMs: number }> {
    await phone.waitUntilListening({ timeoutMs: 30_000 });
    const saidAt = Date.now();
    const { length } = instance.simulator.log.of('heard', phone.callSid);
    phone.say(words);
    await phone.hearsMatching(new RegExp(`You said: .*${words}`), {
      timeoutMs: 40_000,
    });
    const first = instance.simulator.log.of('heard', phone.callSid)[length];
    return { firstMs: (first?.atMs ?? Infinity) - saidAt };
  }

  test.each(['to-client', 'to-server'] as const)(
    'cut one way (%s) between api and Temporal: the caller is asked again, and answered after it',
    async (direction) => {
      const phone = dial();
      await say(phone, `first words ${direction}`);
      await phone.waitUntilListening();
      const fromMs = Date.now();
      await disturb('api-temporal', { do: 'blackHole', direction });
      phone.say(`words into the hole ${direction}`);
      const next = await phone.hears({ timeoutMs: 10_000 });
      expect(FIXED_LINES).toContain(next.text);
      expect(next.atMs - fromMs).toBeLessThan(5000);
      await mend();
      temporalAway.push({ fromMs, toMs: Date.now() });
      await say(phone, `words after it ${direction}`);
      phone.hangUp();
      const counts = await judge([phone]);
      expect(counts['lost']).toBe(0);
      expect(phone.heardApplicationError).toBe(false);
    },
  );

  /** With a key that nobody has. @returns the status of the answer */
  async function signIn(): Promise<number> {
    const headers = { authorization: `Bearer ${newApiKey('test')}` };
    return (await fetch(new URL('/v1/calls', instance.urls.voice()), { headers })).status;
  }

  test('late by 300 ms between workers and Temporal: nobody waits in silence', async () => {
    const phone = dial();
    await say(phone, 'before the delay');
    await disturb('worker-temporal', { do: 'delay', delayMs: 150 });
    const { firstMs } = await say(phone, 'with a delay');
    expect(firstMs).toBeLessThan(5000);
    await mend();
    phone.hangUp();
    expect(await judge([phone])).toMatchObject({ posted: 2, answered: 2, replyActivities: 2 });
  });

  test('slow and stalling ones, to the database and to Twilio: the caller notices nothing', async () => {
    const phone = dial();
    await disturb('worker-postgres', { do: 'throttle', bytesPerSecond: 2000 });
    await disturb('worker-temporal', { do: 'throttle', bytesPerSecond: 200_000 });
    instance.twilio?.toRest.stall();
    instance.twilio?.toApi.delay(50);
    const { firstMs } = await say(phone, 'with slow lines');
    expect(firstMs).toBeLessThan(5000);
    await mend();
    await instance.twilio?.toRest.mend();
    await instance.twilio?.toApi.mend();
    phone.hangUp();
    expect(await judge([phone])).toMatchObject({ posted: 1, answered: 1 });
  });

  test.each(['to-client', 'to-server'] as const)(
    'cut one way (%s) between api and the database: who calls is greeted and answered as ever',
    async (direction) => {
      await disturb('api-postgres', { do: 'blackHole', direction });
      const signedIn = signIn(); // which needs the database
      const calledAt = Date.now();
      const phone = dial();
      const greeting = await phone.hears({ timeoutMs: 10_000 });
      expect(FIXED_LINES).not.toContain(greeting.text);
      expect(greeting.atMs - calledAt).toBeLessThan(4000);
      await say(phone, `nobody reads ahead ${direction}`);
      expect(await signedIn).toBe(503);
      await mend();
      expect(await signIn()).toBe(401);
      phone.hangUp();
      expect(await judge([phone])).toMatchObject({ posted: 1, answered: 1, lost: 0 });
    },
  );

  test('cut between workers and the database: the call goes on, and is written afterwards', async () => {
    const phone = dial();
    await say(phone, 'before the cut');
    await disturb('worker-postgres', { do: 'cut', kind: 'refuse' });
    await say(phone, 'without a database');
    phone.hangUp();
    await phone.ended;
    await mend();
    expect(await judge([phone])).toMatchObject({ posted: 2, answered: 2 });
  });
});

describe('afterwards', () => {
  const notes = { temporalAway, words: [CANARY] };

  test('every call is closed in one state; what comes again an hour later changes nothing', async () => {
    const before = await instance.evidence(notes);
    expect(expectHistoryHolds(before)['calls']).toBe(allPhones.length);
    const replayed = (await instance.simulator.faults?.anHourLater()) ?? [];
    expect(replayed.length).toBeGreaterThanOrEqual(4); // the greeting, two turns, the end
    expect(replayed.filter(({ ok }) => !ok)).toEqual([]);
    const after = await instance.evidence(notes);
    expectHistoryHolds(after);
    expect(after.database).toEqual(before.database);
    expect(after.histories).toEqual(before.histories);
  });
});
