/** Chains of the real drivers, whose servers fail in the middle of what a caller says. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RecogniserChain } from '../../src/speech/recogniser-chain.ts';
import type { RecogniserLink } from '../../src/speech/recogniser-links.ts';
import { DeepgramRecogniser } from '../../src/speech/recognisers/deepgram.ts';
import { ProviderHealth } from '../../src/vendors/provider-health.ts';
import { createRecognisers, type Recognisers, type SpeechTry } from '../../src/speech/index.ts';
import {
  startFakeDeepgramStt,
  type FakeDeepgramStt,
  type SttMisdeed,
} from '../fakes/fake-deepgram-stt.ts';
import { startFakeOpenAiAudio, type FakeOpenAiAudio } from '../fakes/fake-openai-audio.ts';
import { until } from '../orchestrator/until.ts';
import { inPieces, silence, spoken } from './caller-audio.ts';
import { Listening } from './listening.ts';
import { aRecogniser } from './recogniser-conformance.ts';

const account = (apiKey: string, baseUrl: string, model: string) => ({ apiKey, baseUrl, model });

aRecogniser('a chain of one', async () => {
  const fake = await startFakeDeepgramStt();
  const deepgram = account('k', fake.baseUrl, 'nova-3');
  const recogniser = createRecognisers({ stt: ['deepgram'], deepgram })(undefined);
  return { recogniser, open: () => fake.open(), close: () => fake.close() };
});
aRecogniser('a chain whose first one is out of order', async () => {
  const [gone, fake] = [await startFakeDeepgramStt(), await startFakeDeepgramStt()];
  await gone.close();
  const links = [gone, fake].map(({ baseUrl }, at): RecogniserLink => {
    const recogniser = new DeepgramRecogniser({ apiKey: 'k', baseUrl, model: 'nova-3' });
    const health = new ProviderHealth();
    return { recogniser, provider: { name: `p${at}`, health, recogniser: () => recogniser } };
  });
  const recogniser = new RecogniserChain(links);
  return { recogniser, open: () => fake.open(), close: () => fake.close() };
});

describe('a takeover', () => {
  let deepgram: FakeDeepgramStt;
  let openai: FakeOpenAiAudio;
  let tries: SpeechTry[];
  const callers: Listening[] = [];
  beforeEach(async () => {
    deepgram = await startFakeDeepgramStt({ finalEveryMs: 700 });
    openai = await startFakeOpenAiAudio({ answerMs: 30 });
    tries = [];
  });
  afterEach(async () => {
    for (const each of callers.splice(0)) each.close();
    await Promise.all([deepgram.close(), openai.close()]);
  });
  const recognisers = (stt: string[]): Recognisers =>
    createRecognisers({
      stt,
      deepgram: account('k', deepgram.baseUrl, 'nova-3'),
      openai: account('k', openai.baseUrl, 'whisper-1'),
      onTry: (each) => void tries.push(each),
    });
  const call = (stt: string[]): Listening => {
    const caller = new Listening(recognisers(stt)(undefined));
    callers.push(caller);
    return caller;
  };

  const WORDS = 'one two three four five six seven eight nine ten eleven twelve';
  /** As a line brings it, if quicker. */
  async function talk(caller: Listening): Promise<void> {
    const before = silence(300);
    const pieces = inPieces(Buffer.concat([before, spoken(WORDS), silence(200)]));
    for (const [index, piece] of pieces.entries()) {
      caller.session.send(piece);
      if (index * 160 === before.length) caller.session.voiceBegan();
      if (index % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
    }
    caller.flush();
  }

  test.each(Array.from({ length: 16 }, (_, at) => 500 + at * 1_900))(
    'after %i bytes loses no word, and tells none twice',
    async (afterBytes) => {
      deepgram.misbehave({ kind: 'cut', afterBytes, reset: afterBytes % 200 === 0 });
      const caller = call(['deepgram', 'openai']);
      await talk(caller);
      await caller.flushed();
      expect(caller.text).toBe(WORDS);
      expect(caller.types.slice(-2)).toEqual(['final', 'flushed']);
      expect(caller.count('flushed')).toBe(1);
    },
  );

  test('to the same one, where there is no other, does the same', async () => {
    deepgram.misbehave({ kind: 'cut', afterBytes: 20_000 });
    const caller = call(['deepgram']);
    await talk(caller);
    await caller.flushed();
    expect(caller.text).toBe(WORDS);
    expect(deepgram.streams).toHaveLength(2);
  });

  test.each<[string, SttMisdeed]>([
    ['refuses', { kind: 'status', status: 401 }],
    ['is overloaded', { kind: 'status', status: 503 }],
    ['does not let us in', { kind: 'no-answer' }],
    ['falls silent', { kind: 'silent', afterBytes: 12_000 }],
    ['says nothing at all', { kind: 'silent' }],
    ['ignores a flush', { kind: 'ignores-finalize' }],
    ['does not read', { kind: 'deaf' }],
    ['sends rubbish', { kind: 'says', data: '{' }],
    ['reports an error', { kind: 'says', data: '{"type":"Error"}' }],
  ])('from one that %s answers a flush soon after its deadline', async (_what, misdeed) => {
    deepgram.misbehave(misdeed);
    const caller = call(['deepgram', 'openai']);
    await talk(caller);
    const since = performance.now();
    await caller.flushed();
    expect(caller.text).toBe(WORDS);
    expect(caller.count('flushed')).toBe(1);
    // 1,300 ms for the one that failed; the other one has been at work by then. The rest is this machine's.
    expect((caller.atMs.at(-1) ?? Infinity) - since).toBeLessThan(2_300);
    expect(tries.at(-1)?.outcome).toBeDefined();
    expect(
      tries.some(({ name, outcome }) => name === 'deepgram/nova-3' && outcome !== 'answered'),
    ).toBe(true);
  });

  test.each([
    ['one that an assistant names and may not have tells', 'of-others', 'closed'],
    ['the usual one tells', undefined, 'open'],
  ])('because %s whether the provider is asked by others', async (_what, model, state) => {
    const named = model === undefined ? {} : { model };
    const make = recognisers(['deepgram']);
    for (let n = 0; n < 5; n += 1) {
      deepgram.misbehave({ kind: 'status', status: 403 });
      const caller = new Listening(make([{ provider: 'deepgram', ...named }]));
      callers.push(caller);
      await until(() => caller.count('failed') === 1);
    }
    expect(make.breakers()).toContainEqual({ provider: 'deepgram', state });
  });

  test('in a call that is closed meanwhile leaves nothing behind', async () => {
    deepgram.misbehave({ kind: 'silent' });
    const caller = call(['deepgram', 'openai']);
    await talk(caller);
    await until(() => openai.requests.length === 1);
    caller.close();
    await until(() => deepgram.open() === 0);
    expect(caller.count('final')).toBe(0);
  });
});

describe('recognisers', () => {
  const deepgram = account('k', 'http://127.0.0.1:9', 'nova-3');

  test('are the same for the same choice, and connect nowhere before anybody speaks', () => {
    const make = createRecognisers({ stt: ['deepgram', 'demo'], deepgram });
    expect(make(undefined)).toBe(make([{ provider: 'deepgram' }, { provider: 'demo' }]));
    expect(make(undefined).name).toBe('deepgram/nova-3');
    const other = make([{ provider: 'deepgram', model: 'nova-2-phonecall' }]);
    expect(other.name).toBe('deepgram/nova-2-phonecall');
    expect(other).not.toBe(make(undefined));
    expect(make.breakers()).toEqual([
      { provider: 'demo', state: 'closed' },
      { provider: 'deepgram', state: 'closed' },
    ]);
  });

  test('of a provider without an account fail, and nobody else is asked in its place', async () => {
    const make = createRecognisers({ stt: ['demo'] });
    const caller = new Listening(make([{ provider: 'deepgram' }]));
    expect((await caller.failed()).error).toMatchObject({ kind: 'refused', retryable: false });
    const both = new Listening(make([{ provider: 'deepgram' }, { provider: 'demo' }]));
    both.say(spoken('still here'));
    both.flush();
    await both.flushed();
    expect(both.text).toBe('still here');
  });

  test('promise only what all of a chain can do', () => {
    const make = createRecognisers({ stt: ['deepgram', 'openai'], deepgram, openai: deepgram });
    expect(make(undefined).abilities).toEqual({ interim: false, streaming: false });
    expect(make([{ provider: 'deepgram' }]).abilities).toEqual({ interim: true, streaming: true });
  });

  test('remember no endless number of models', () => {
    const make = createRecognisers({ stt: ['demo'], deepgram });
    const first = make([{ provider: 'deepgram', model: 'm' }]);
    for (let at = 0; at < 2_000; at += 1) make([{ provider: 'deepgram', model: `m${at}` }]);
    expect(make([{ provider: 'deepgram', model: 'm' }])).not.toBe(first);
  });
});
