/**
 * Kills processes with -9, drops lines and takes servers away while somebody talks over a stream. These are
 * short forms: how soon something is heard again is measured by `npm run bench -- recovery`.
 */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { DEMO_STREAM_NUMBER } from '../../src/demo/demo-config.ts';
import { createDatabase } from '../../src/db/pool.ts';
import { seedDefaults } from '../../src/db/seed.ts';
import { newId } from '../../src/ids.ts';
import { demoAssistant } from '../../src/orchestrator/index.ts';
import type { Phone } from '../../src/simulator/index.ts';
import { eventually } from './support/eventually.ts';
import { RunningInstance } from './support/instance.ts';
import type { ProcessName } from './support/instance.ts';
import { expectHistoryHolds } from './support/verdict.ts';
import { CALLER } from './support/voca.ts';

const MEDIA = ['voca-media-1', 'voca-media-2'] as const;
const PATIENCE = { timeoutMs: 40_000 };
const GREETING = 'Good morning, how can I help?';
const BRIDGE = /line was gone for a moment/;
/** Of the supervisor's processes, in their order: two for the api, two workers, two for media. */
const metricsPort = 20_000 + Math.floor(Math.random() * 8_000);

let instance: RunningInstance;
let phone: Phone;
const kills: { atMs: number; process: string }[] = [];
let temporalAway: { fromMs: number; toMs: number }[] = [];

beforeAll(async () => {
  instance = await RunningInstance.start({ METRICS_PORT: String(metricsPort) });
  const db = createDatabase({ url: instance.databaseUrl, applicationName: 'test' });
  await seedDefaults(db, {
    number: { id: newId('pn'), number: DEMO_STREAM_NUMBER },
    assistant: { ...demoAssistant, id: 'asst_live', firstMessage: GREETING, mode: 'stream' },
  });
  await db.destroy();
  instance.model.always((body) => {
    const words = body.messages?.findLast(({ role }) => role === 'user')?.content ?? '';
    const text = `You said: ${words} It is noted before the evening comes.`;
    return { kind: 'answer', text };
  });
}, 120_000);
afterAll(() => instance?.stop());
afterEach(async () => {
  if (phone.isOver) return;
  phone.hangUp();
  await phone.ended;
  // The next one is to find both workers, and nobody else's stream.
  await eventually(async () => {
    if ((await streamsOf(MEDIA)).some((count) => count > 0)) throw new Error('it is still there');
  }, PLENTY);
});

const PLENTY = { withinMs: 40_000 };

function kill(name: ProcessName): number {
  kills.push({ atMs: Date.now(), process: name });
  return instance.kill(name);
}

function streamsOf(names: readonly string[]): Promise<number[]> {
  return Promise.all(
    names.map(async (name) => {
      const port = metricsPort + 4 + MEDIA.indexOf(name as (typeof MEDIA)[number]);
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(/^voca_media_streams\{.*\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
    }),
  );
}

/** The media worker that carries the only stream. */
function carrier(): Promise<(typeof MEDIA)[number]> {
  return eventually(async () => {
    const [first, second] = await streamsOf(MEDIA);
    if (first === 1) return MEDIA[0];
    if (second === 1) return MEDIA[1];
    throw new Error('nobody carries a stream');
  }, PLENTY);
}

async function greeted(): Promise<void> {
  phone = instance.simulator.dial({ from: CALLER, to: DEMO_STREAM_NUMBER });
  await phone.hearsMatching(/how can I help\?/, PATIENCE);
}

const answerTo = (words: string) => new RegExp(`You said: ${words}.*before the evening comes`);

/** Says something, and is answered to the end. */
async function say(words: string): Promise<void> {
  await phone.waitUntilListening(PATIENCE);
  await phone.say(words).delivered;
  await phone.hearsMatching(answerTo(words), PATIENCE);
}

/** Until the assistant is in the middle of its answer. @returns over which stream it is */
async function hearingTheAnswerTo(words: string): Promise<string | undefined> {
  await phone.waitUntilListening(PATIENCE);
  await phone.say(words).delivered;
  await phone.hearsSoFar(/You said: \w+/, PATIENCE);
  return phone.stream?.streamSid;
}

describe('a media worker', () => {
  test("killed in the caller's sentence: he hears of it, says it again, and is answered", async () => {
    await greeted();
    await say('I would like a quiet table.');
    const name = await carrier();
    await phone.waitUntilListening(PATIENCE);
    const spoken = phone.say('And the second sentence is going to be a very long one indeed.');
    await pause(1_000);
    const pid = kill(name);
    expect(await spoken.delivered).toBeUndefined();
    await phone.hearsMatching(BRIDGE, PATIENCE);
    await say('And the second sentence once more.');
    await instance.isBack(name, pid);
  });

  test("killed in the assistant's sentence: the answer is heard again, to its end", async () => {
    await greeted();
    const before = await hearingTheAnswerTo('Please put flowers on it.');
    const name = await carrier();
    const pid = kill(name);
    await phone.hearsMatching(BRIDGE, PATIENCE);
    await phone.hearsMatching(answerTo('Please put flowers on it.'), PATIENCE);
    await say('Thank you for the flowers.');
    expect(phone.stream?.streamSid).not.toBe(before);
    await instance.isBack(name, pid);
  });

  test('and the other one killed at once: the call goes on when one is back', async () => {
    await greeted();
    const before = await hearingTheAnswerTo('Do you have candles?');
    const pids = MEDIA.map((name) => kill(name));
    await phone.hearsMatching(answerTo('Do you have candles?'), PATIENCE);
    await say('Candles are very nice.');
    expect(phone.stream?.streamSid).not.toBe(before);
    await Promise.all(MEDIA.map((name, at) => instance.isBack(name, pids[at] ?? 0)));
  });

  test('that hangs, so that Twilio notices nothing: the workflow itself sends the call on', async () => {
    await greeted();
    const before = await hearingTheAnswerTo('Can children come along?');
    const pid = instance.pid(await carrier());
    process.kill(pid, 'SIGSTOP');
    try {
      await phone.hearsMatching(BRIDGE, PATIENCE);
      await phone.hearsMatching(answerTo('Can children come along?'), PATIENCE);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await say('There are three children.');
    expect(phone.stream?.streamSid).not.toBe(before);
  });
});

describe('the line', () => {
  test.each(['reset', 'clean'] as const)('broken (%s): the answer is heard again', async (how) => {
    await greeted();
    const before = await hearingTheAnswerTo('Where can I park?');
    phone.stream?.drop(how);
    await phone.hearsMatching(BRIDGE, PATIENCE);
    await phone.hearsMatching(answerTo('Where can I park?'), PATIENCE);
    await say('Parking there is fine.');
    expect(phone.stream?.streamSid).not.toBe(before);
  });
});

describe('while a stream talks', () => {
  test.each<ProcessName>(['voca-worker-1', 'voca-worker-2', 'voca-postgres'])(
    '%s is killed: the caller notices nothing',
    async (name) => {
      await greeted();
      const before = await hearingTheAnswerTo('Is there live music?');
      const pid = kill(name);
      await phone.hearsMatching(answerTo('Is there live music?'), PATIENCE);
      await say('I like live music.');
      await instance.isBack(name, pid);
      expect(phone.stream?.streamSid).toBe(before);
    },
  );

  test('Temporal is away for 20 s: the conversation goes on, and is recorded afterwards in order', async () => {
    await greeted();
    await say('We come at seven.');
    const { streamSid } = phone.stream ?? {};
    const keeper = parentOf(instance.pid('voca-temporal'));
    process.kill(keeper, 'SIGSTOP'); // it would start it again at once
    const pid = kill('voca-temporal');
    const fromMs = Date.now();
    try {
      await say('While it is away we order soup.');
      await pause(fromMs + 20_000 - Date.now());
      await say('And then we order fish.');
    } finally {
      process.kill(keeper, 'SIGCONT');
    }
    temporalAway = [{ fromMs, toMs: Date.now() }];
    await instance.isBack('voca-temporal', pid);
    await say('Now it is back again.');
    expect(phone.stream?.streamSid).toBe(streamSid);
    const words = async () => {
      const turns = await instance.database
        .selectFrom('turns')
        .select(['heard', 'status'])
        .where('call_id', '=', instance.callIdOf(phone))
        .orderBy('position')
        .execute();
      return turns.flatMap(({ heard, status }) => {
        const { text } = heard as { text?: string }; // a silence has none
        return text === undefined ? [] : [`${text} ${status}`];
      });
    };
    await eventually(
      async () =>
        expect(await words()).toEqual([
          'We come at seven. answered',
          'While it is away we order soup. answered',
          'And then we order fish. answered',
          'Now it is back again. answered',
        ]),
      PLENTY,
    );
  });
});

test('the history holds: each word once, nobody greeted twice, what was told was heard', async () => {
  const evidence = await instance.evidence({
    kills,
    temporalAway,
    again: 'npx jest --selectProjects processes --runInBand --testPathPatterns stream-drills',
  });
  const counts = expectHistoryHolds(evidence);
  expect(counts).toMatchObject({ callsOverStreams: 10, lost: 0 });
  expect(counts['openAtALoss']).toBe(1);
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function parentOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]);
}
