/** A voice made of several: who is asked, and what the caller hears when one fails. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mulawMs } from '../../src/audio/mulaw.ts';
import { CaptionReader } from '../../src/captions/index.ts';
import { createVoices } from '../../src/speech/create-voices.ts';
import type { SpeechTry } from '../../src/speech/speech-try.ts';
import type { TextToSpeech } from '../../src/speech/tts.ts';
import { startFakeVoices, type FakeVoices } from '../fakes/fake-voices.ts';
import { CLAUSE, conformance, failure, nothingHeld, options, spoken } from './voice-conformance.ts';

const LONG =
  'Your appointment is on Thursday at half past three in the afternoon, and please do not eat anything before it.';

let first: FakeVoices;
let second: FakeVoices;
let tries: SpeechTry[];
let voices: ReturnType<typeof createVoices>;
let chain: TextToSpeech;

beforeEach(async () => {
  [first, second] = [await startFakeVoices(), await startFakeVoices()];
  tries = [];
  voices = createVoices({
    tts: ['elevenlabs', 'deepgram'],
    elevenlabs: first.accounts.elevenlabs,
    deepgram: second.accounts.deepgram,
    onTry: (entry) => tries.push(entry),
  });
  chain = voices(undefined);
});

afterEach(async () => {
  await Promise.all([first.close(), second.close()]);
});

const outcomes = (): string[] => tries.map(({ provider, outcome }) => `${provider} ${outcome}`);
const wordsOf = (audio: Uint8Array): string =>
  new CaptionReader()
    .read(audio)
    .map(({ word }) => word)
    .join(' ');

conformance('a chain', async () => {
  const own = await startFakeVoices();
  own.always({ kind: 'speak', everyMs: 2 });
  const { elevenlabs, deepgram } = own.accounts;
  return {
    voice: createVoices({ tts: ['elevenlabs', 'deepgram'], elevenlabs, deepgram })(undefined),
    held: () => own.answering(),
    close: () => own.close(),
  };
});

describe('before the first audio', () => {
  test('the first voice alone is asked when it speaks', async () => {
    expect(wordsOf((await spoken(chain, CLAUSE)).audio)).toBe(CLAUSE);
    expect(outcomes()).toEqual(['elevenlabs answered']);
    expect(second.log).toEqual([]);
  });

  test.each([
    [{ kind: 'status', status: 500 }, 'unavailable'],
    [{ kind: 'status', status: 402 }, 'refused'],
    [{ kind: 'hang-up' }, 'unavailable'],
    [{ kind: 'raw', body: '{"canary":1}' }, 'bad-answer'],
  ] as const)('after %j the next one says all of it', async (behaviour, kind) => {
    first.always(behaviour);
    const { audio } = await spoken(chain, CLAUSE);
    expect(wordsOf(audio)).toBe(CLAUSE);
    expect(outcomes()).toEqual([`elevenlabs ${kind}`, 'deepgram answered']);
  });

  test('a voice that does not begin is not waited for longer than the next one needs', async () => {
    first.always({ kind: 'stall' });
    const startedAt = performance.now();
    const reader = chain.speak(CLAUSE, options())[Symbol.asyncIterator]();
    expect((await reader.next()).done).toBe(false);
    const waitedMs = performance.now() - startedAt;
    await reader.return?.();
    expect(tries[0]).toMatchObject({ provider: 'elevenlabs', outcome: 'timeout' });
    // Its time is 1 s. Measured, not compared with the goal: the machine may be busy.
    expect(tries[0]?.ms).toBeLessThanOrEqual(waitedMs + 1);
    expect(tries[0]?.ms).toBeGreaterThanOrEqual(990);
    await nothingHeld({ held: () => first.answering() });
  });

  test('when all fail, the error is that of the last one', async () => {
    first.always({ kind: 'status', status: 401 });
    second.always({ kind: 'status', status: 402 });
    expect(await failure(chain)).toMatchObject({ kind: 'refused' });
    expect(outcomes()).toEqual(['elevenlabs refused', 'deepgram refused']);
  });

  test('the last voice is asked a second time after a broken connection, and no third time', async () => {
    const alone = voices([{ provider: 'elevenlabs' }]);
    first.script({ kind: 'hang-up' });
    expect(wordsOf((await spoken(alone, CLAUSE)).audio)).toBe(CLAUSE);
    first.always({ kind: 'hang-up' });
    const before = first.log.length;
    expect(await failure(alone)).toMatchObject({ kind: 'unavailable' });
    expect(first.log.length - before).toBe(2);
  });

  test('nobody is asked on behalf of who is not configured', async () => {
    const error = await failure(voices([{ provider: 'openai' }, { provider: 'canary' }]));
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect([first.log, second.log]).toEqual([[], []]);
  });
});

describe('in the middle of a clause', () => {
  test.each(['cut', 'stall-midway'] as const)(
    'after %s the next one says what is missing, from a word on, and no word is lost',
    async (kind) => {
      for (const part of [0.05, 0.3, 0.6, 0.9]) {
        first.script({ kind, part });
        const { audio } = await spoken(chain, LONG);
        const rest = second.log.at(-1)?.asked?.text ?? '';
        expect(LONG.endsWith(rest)).toBe(true);
        // What was heard before covers everything in front of it.
        const heard = wordsOf(audio.subarray(0, audio.length));
        for (const word of LONG.split(' ')) expect(heard).toContain(word);
        expect(rest.length < LONG.length).toBe(part >= 0.3);
      }
      expect(new Set(outcomes())).toContain('deepgram answered');
    },
  );

  test('the next voice is told what was said, for the melody', async () => {
    const swapped = voices([{ provider: 'deepgram' }, { provider: 'elevenlabs' }]);
    second.script({ kind: 'cut', part: 0.6 });
    await spoken(swapped, LONG, { previous: 'Good morning.' });
    const { text = '', previous = '' } = first.log[0]?.asked ?? {};
    expect(previous.startsWith('Good morning. Your appointment')).toBe(true);
    expect(LONG.startsWith(previous.replace('Good morning. ', ''))).toBe(true);
    expect(LONG.endsWith(text)).toBe(true);
  });

  test('nobody speaks on for a caller who has interrupted', async () => {
    first.script({ kind: 'stall-midway', part: 0.3 });
    const stop = new AbortController();
    const reader = chain.speak(LONG, options({ signal: stop.signal }))[Symbol.asyncIterator]();
    await reader.next();
    stop.abort();
    await expect(reader.next().then(() => reader.next())).rejects.toMatchObject({
      kind: 'timeout',
    });
    expect(second.log).toEqual([]);
    expect(outcomes()).toEqual(['elevenlabs answered']);
    expect(voices.breakers()).toContainEqual({ provider: 'elevenlabs', state: 'closed' });
  });
});

describe('what is learnt', () => {
  test.each([401, 403, 404])(
    'nothing of a provider by who names a voice that he may not have (%d)',
    async (status) => {
      first.always({ kind: 'status', status });
      const theirs = voices([
        { provider: 'elevenlabs', voice: 'of-others' },
        { provider: 'deepgram' },
      ]);
      for (let at = 0; at < 10; at += 1) await spoken(theirs, CLAUSE);
      expect(voices.breakers()).toContainEqual({ provider: 'elevenlabs', state: 'closed' });
    },
  );

  test('a voice that failed five times is passed over in all calls', async () => {
    first.always({ kind: 'status', status: 500 });
    for (let at = 0; at < 5; at += 1) await spoken(chain, CLAUSE);
    expect(voices.breakers()).toContainEqual({ provider: 'elevenlabs', state: 'open' });
    const before = first.log.length;
    tries.length = 0;
    const other = voices([{ provider: 'elevenlabs', voice: 'another' }, { provider: 'deepgram' }]);
    await spoken(other, CLAUSE);
    expect(first.log.length).toBe(before);
    expect(outcomes()).toEqual(['elevenlabs skipped', 'deepgram answered']);
  });

  test('nothing, from a clause without words', async () => {
    await spoken(chain, '… 👋');
    expect(tries).toEqual([]);
  });

  test('one that is alone is asked all the same', async () => {
    const alone = voices([{ provider: 'elevenlabs' }]);
    first.always({ kind: 'status', status: 500 });
    for (let at = 0; at < 3; at += 1) await failure(alone);
    expect(voices.breakers()).toContainEqual({ provider: 'elevenlabs', state: 'open' });
    first.always({ kind: 'speak' });
    expect((await spoken(alone, CLAUSE)).audio.length).toBeGreaterThan(0);
  });

  test('a wait that a server asked for is kept', async () => {
    first.script({ kind: 'status', status: 429, headers: { 'retry-after': '60' } });
    await spoken(chain, CLAUSE);
    await spoken(chain, CLAUSE);
    expect(first.log.length).toBe(1);
    const alone = voices([{ provider: 'elevenlabs' }]);
    expect(await failure(alone)).toMatchObject({ name: 'SpeechError' });
    expect(first.log.length).toBe(1);
  });

  test('a clause that is refused takes the voice from nobody', async () => {
    first.always({ kind: 'status', status: 422 });
    for (let at = 0; at < 6; at += 1) await spoken(chain, CLAUSE);
    expect(voices.breakers()).toContainEqual({ provider: 'elevenlabs', state: 'closed' });
  });
});

describe('an assistant’s own choice', () => {
  test('names providers, models and voices', async () => {
    const own = voices([{ provider: 'elevenlabs', model: 'eleven_turbo_v2_5', voice: 'abc' }]);
    await spoken(own, CLAUSE);
    expect(first.log[0]?.asked).toMatchObject({ model: 'eleven_turbo_v2_5', voice: 'abc' });
    await spoken(voices([{ provider: 'deepgram', voice: 'aura-2-zeus-en' }]), CLAUSE);
    expect(second.log[0]?.asked).toMatchObject({ model: 'aura-2-zeus-en' });
  });

  test('is made once, and forgotten when there are too many', () => {
    expect(voices([{ provider: 'demo' }])).toBe(voices([{ provider: 'demo' }]));
    for (let at = 0; at < 1_200; at += 1) voices([{ provider: 'elevenlabs', voice: `v${at}` }]);
  });

  test('names no program by a path', async () => {
    const local = createVoices({
      tts: ['demo'],
      programs: [{ name: 'flite', path: '/bin/false' }],
    });
    for (const voice of ['flite/../x', '-o', 'espeak-ng/a b', '/bin/sh']) {
      expect(await failure(local([{ provider: 'local', voice }]))).toMatchObject({
        kind: 'unavailable',
      });
    }
  });

  test('is the demo without anything configured', async () => {
    const { audio } = await spoken(createVoices({ tts: ['demo'] })(undefined), CLAUSE);
    expect(mulawMs(audio.length)).toBeGreaterThan(1_000);
  });
});
