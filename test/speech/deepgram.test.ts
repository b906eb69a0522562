import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DeepgramRecogniser, type DeepgramOptions } from '../../src/speech/recognisers/deepgram.ts';
import type { SpeechError } from '../../src/speech/index.ts';
import {
  startFakeDeepgramStt,
  type FakeDeepgramStt,
  type SttMisdeed,
} from '../fakes/fake-deepgram-stt.ts';
import { until } from '../orchestrator/until.ts';
import { murmur, silence, spoken } from './caller-audio.ts';
import { Listening } from './listening.ts';
import { aRecogniser } from './recogniser-conformance.ts';

const KEY = 'canary-key-of-deepgram';
const make = (fake: FakeDeepgramStt, rest: Partial<DeepgramOptions> = {}) =>
  new DeepgramRecogniser({ apiKey: KEY, baseUrl: fake.baseUrl, model: 'nova-3', ...rest });

aRecogniser('Deepgram', async () => {
  const fake = await startFakeDeepgramStt();
  return { recogniser: make(fake), open: () => fake.open(), close: () => fake.close() };
});
aRecogniser('Deepgram, slowly', async () => {
  const fake = await startFakeDeepgramStt({ partialMs: 30, finalMs: 80 });
  return { recogniser: make(fake), open: () => fake.open(), close: () => fake.close() };
});

describe('Deepgram', () => {
  let fake: FakeDeepgramStt;
  let callers: Listening[] = [];
  beforeEach(async () => {
    fake = await startFakeDeepgramStt();
  });
  afterEach(async () => {
    for (const each of callers) each.close();
    callers = [];
    await fake.close();
  });
  const listen = (...args: ConstructorParameters<typeof Listening>): Listening => {
    const caller = new Listening(...args);
    callers.push(caller);
    return caller;
  };
  const queryOf = (at = 0) => new URL(fake.requests[at]?.url ?? '', fake.baseUrl).searchParams;
  const times = { connectMs: 200, flushMs: 600, silenceMs: 150, keepAliveMs: 40 };

  test('is asked for mu-law, the language and the words to expect, and the key is in a header alone', async () => {
    const hints = ['VOCA', 'two\u0000 words', ' ', 'x'.repeat(500)];
    const caller = listen(make(fake), { language: 'en-GB', hints });
    await until(() => caller.isReady);
    expect(Object.fromEntries(queryOf())).toMatchObject({
      model: 'nova-3',
      language: 'en-GB',
      encoding: 'mulaw',
      sample_rate: '8000',
      interim_results: 'true',
      endpointing: 'false',
    });
    expect(queryOf().getAll('keyterm')).toEqual(['VOCA', 'two words']);
    expect(fake.requests[0]?.url).not.toContain('canary');
    expect(fake.requests[0]?.headers.authorization).toBe(`Token ${KEY}`);
    expect(fake.requests[0]?.headers['sec-websocket-extensions']).toBeUndefined();
  });

  test.each([
    ['de-AT', 'de'],
    ['de', 'de'],
    ['pt-BR', 'pt-BR'],
    ['es-419', 'es-419'],
    ['nb-NO', 'no'],
  ])('a region that it does not know is left out: %s', async (language, asked) => {
    const caller = listen(make(fake), { language });
    await until(() => caller.isReady);
    expect(queryOf().get('language')).toBe(asked);
  });

  test('an older model is given single words, and no more hints than it bears', async () => {
    const hints = ['alpha:5', 'two words', ...Array.from({ length: 500 }, (_, at) => `w${at}`)];
    const caller = listen(make(fake, { model: 'nova-2-phonecall' }), { hints });
    const other = listen(make(fake), { hints });
    await until(() => caller.isReady && other.isReady);
    const old = fake.requests.find(({ url }) => url?.includes('nova-2'));
    const words = new URL(old?.url ?? '', fake.baseUrl).searchParams.getAll('keywords');
    expect(words).not.toContain('two words');
    expect(words.length).toBeLessThanOrEqual(100);
    expect(words.join('').length).toBeLessThanOrEqual(1_000);
  });

  test('is sent audio in pieces of 100 ms', async () => {
    const caller = listen(make(fake));
    await until(() => caller.isReady);
    caller.say(murmur(1_220));
    caller.flush();
    await caller.flushed();
    // 12 of them, and what was left for the flush.
    expect(fake.streams[0]).toMatchObject({ bytes: 9_760, pieces: 13 });
  });

  test('is told that we are alive when there is no audio, and that we go', async () => {
    const caller = listen(make(fake, { times }));
    await until(() => fake.streams[0]?.messages.includes('{"type":"KeepAlive"}') === true);
    caller.close();
    await until(() => fake.streams[0]?.closed !== undefined);
    expect(fake.streams[0]?.messages.at(-1)).toBe('{"type":"CloseStream"}');
    expect(fake.streams[0]?.closed).toEqual({ code: 1000 });
  });

  test('may finalise without saying so', async () => {
    fake.misbehave({ kind: 'hides-finalize' });
    const caller = listen(make(fake));
    caller.say(spoken('yes'));
    caller.flush();
    await caller.flushed();
    expect(caller.text).toBe('yes');
  });

  test('need not answer when it has finalised all of it before', async () => {
    await fake.close();
    fake = await startFakeDeepgramStt({ finalEveryMs: 100 });
    const caller = listen(make(fake));
    await until(() => caller.isReady);
    caller.say(spoken('all of it'), { bytes: 7_200 });
    await until(() => caller.count('final') > 0);
    caller.flush();
    await caller.flushed();
    expect(caller.text).toBe('all of it');
  });

  test('may answer late what nobody waited for, and that is not the answer to what came after', async () => {
    await fake.close();
    fake = await startFakeDeepgramStt({ finalMs: 500 });
    const caller = listen(make(fake));
    await until(() => caller.isReady);
    caller.say(silence(600), { voice: false });
    caller.flush();
    await caller.flushed();
    caller.say(spoken('now it counts'));
    caller.flush();
    await caller.flushed(2);
    expect(caller.types.slice(-2)).toEqual(['final', 'flushed']);
    expect(caller.text).toBe('now it counts');
  });

  test('takes back a guess of which nothing was left', async () => {
    const guess = (transcript: string, isFinal: boolean) =>
      JSON.stringify({
        type: 'Results',
        is_final: isFinal,
        channel: { alternatives: [{ transcript, confidence: 3 }] },
      });
    fake.misbehave({ kind: 'says', data: guess('he', false) });
    const caller = listen(make(fake));
    caller.say(silence(100));
    await until(() => caller.count('partial') === 1);
    caller.say(silence(1_000));
    caller.flush();
    await caller.flushed();
    expect(caller.events).toEqual([
      { type: 'partial', text: 'he' },
      { type: 'partial', text: '' },
      { type: 'flushed' },
    ]);
  });

  test.each([
    ['no Results', '{"type":"SpeechStarted","channel":[0],"timestamp":1}'],
    ['of a kind that is new', '{"type":"Weather","is":"fine"}'],
    ['without alternatives', '{"type":"Results","channel":{"alternatives":[]}}'],
    ['about the end of an utterance', '{"type":"UtteranceEnd","last_word_end":2}'],
  ])('may send messages that are %s', async (_what, data) => {
    fake.misbehave({ kind: 'says', data, times: 3 });
    const caller = listen(make(fake));
    caller.say(spoken('go on'));
    caller.flush();
    await caller.flushed();
    expect(caller.text).toBe('go on');
  });

  const canary = `the number is 1234 and the key ${KEY}`;
  const results = (transcript: unknown) =>
    JSON.stringify({
      type: 'Results',
      is_final: true,
      channel: { alternatives: [{ transcript }] },
    });
  test.each<[string, SttMisdeed, Partial<SpeechError>]>([
    ['refuses the key', { kind: 'status', status: 401 }, { kind: 'refused', isAccount: true }],
    ['wants money', { kind: 'status', status: 402 }, { kind: 'refused', isAccount: true }],
    ['refuses the request', { kind: 'status', status: 400 }, { kind: 'refused', isAccount: false }],
    [
      'has too much to do',
      { kind: 'status', status: 429, headers: { 'Retry-After': '7' } },
      { kind: 'rate-limit', retryAfterMs: 7_000 },
    ],
    ['is broken', { kind: 'status', status: 500 }, { kind: 'unavailable', retryable: true }],
    [
      'sends us elsewhere',
      { kind: 'status', status: 302, headers: { Location: 'ws://127.0.0.1:9/' } },
      { kind: 'refused' },
    ],
    ['does not let us in', { kind: 'no-answer' }, { kind: 'timeout' }],
    ['lets us in too late', { kind: 'late', afterMs: 400 }, { kind: 'timeout' }],
    ['breaks off', { kind: 'cut', afterBytes: 400 }, { kind: 'unavailable' }],
    ['resets', { kind: 'cut', afterBytes: 400, reset: true }, { kind: 'unavailable' }],
    ['closes in error', { kind: 'cut', afterBytes: 400, code: 1011 }, { kind: 'unavailable' }],
    ['closes in peace', { kind: 'cut', afterBytes: 400, code: 1000 }, { kind: 'unavailable' }],
    ['cannot read us', { kind: 'cut', afterBytes: 400, code: 1008 }, { kind: 'refused' }],
    ['ignores a flush', { kind: 'ignores-finalize' }, { kind: 'timeout' }],
    ['falls silent', { kind: 'silent' }, { kind: 'timeout' }],
    [
      'reports an error',
      { kind: 'says', data: JSON.stringify({ type: 'Error', description: canary }) },
      { kind: 'unavailable' },
    ],
    ['sends no JSON', { kind: 'says', data: canary }, { kind: 'bad-answer' }],
    ['sends JSON of no kind', { kind: 'says', data: '[null]' }, { kind: 'bad-answer' }],
    ['sends results of no form', { kind: 'says', data: results(7) }, { kind: 'bad-answer' }],
    [
      'understands more than can be said',
      { kind: 'says', data: results('1234 '.repeat(1_000)) },
      { kind: 'bad-answer' },
    ],
    [
      'sends a huge message',
      { kind: 'says', data: JSON.stringify({ type: 'Metadata', extra: 'x'.repeat(300_000) }) },
      { kind: 'bad-answer' },
    ],
    ['sends bytes', { kind: 'says', data: Buffer.from(canary) }, { kind: 'bad-answer' }],
    [
      'does not stop to send',
      { kind: 'says', data: '{"type":"Metadata"}', times: 2_000 },
      { kind: 'bad-answer' },
    ],
  ])(
    'that %s fails the session once, and tells nobody what was said',
    async (_what, misdeed, expected) => {
      fake.misbehave(misdeed);
      const caller = listen(make(fake, { times }));
      caller.say(spoken('the number is 1234'));
      caller.flush();
      const { error } = await caller.failed();
      expect(error).toMatchObject({ name: 'SpeechError', ...expected });
      const printed = [error.message, error.stack, JSON.stringify(error), inspect(error)].join(' ');
      expect(printed).not.toMatch(/1234|canary/);
      await until(() => fake.open() === 0);
      caller.say(spoken('and more'));
      caller.flush();
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(caller.count('failed')).toBe(1);
      expect(caller.events.at(-1)?.type).toBe('failed');
    },
  );

  test('that is not there is unavailable', async () => {
    const recogniser = make(fake);
    await fake.close();
    const { error } = await listen(recogniser).failed();
    expect(error).toMatchObject({ kind: 'unavailable', retryable: true });
    fake = await startFakeDeepgramStt();
  });

  test('that falls silent while somebody speaks is found out without a flush', async () => {
    fake.misbehave({ kind: 'silent' });
    const caller = listen(make(fake, { times: { ...times, flushMs: 60_000 } }));
    await until(() => caller.isReady);
    caller.say(murmur(100));
    const talk = setInterval(() => caller.say(murmur(20), { voice: false }), 20);
    const { error } = await caller.failed();
    clearInterval(talk);
    expect(error.kind).toBe('timeout');
  });

  test('that does not read is given up before the memory is full', async () => {
    fake.misbehave({ kind: 'deaf' });
    const caller = listen(make(fake, { times: { ...times, flushMs: 60_000, silenceMs: 60_000 } }));
    await until(() => caller.isReady);
    let sent = 0;
    while (caller.count('failed') === 0 && sent < 100_000_000) {
      caller.say(murmur(10_000));
      sent += 80_000;
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The system's own buffers take some megabytes.
    expect(sent).toBeLessThan(20_000_000);
    expect((await caller.failed()).error.kind).toBe('unavailable');
  });

  test('is closed while it has not yet let us in', async () => {
    fake.misbehave({ kind: 'no-answer' });
    const caller = listen(make(fake));
    await until(() => fake.requests.length === 1);
    caller.close();
    await until(() => fake.open() === 0);
    expect(caller.events).toEqual([]);
  });
});
