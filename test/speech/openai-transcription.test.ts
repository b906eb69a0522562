import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  OpenAiTranscriber,
  type OpenAiTranscriptionOptions,
} from '../../src/speech/recognisers/openai-transcription.ts';
import type { SpeechError } from '../../src/speech/index.ts';
import {
  startFakeOpenAiAudio,
  type AudioMisdeed,
  type FakeOpenAiAudio,
} from '../fakes/fake-openai-audio.ts';
import { until } from '../orchestrator/until.ts';
import { murmur, silence, spoken } from './caller-audio.ts';
import { Listening } from './listening.ts';
import { aRecogniser } from './recogniser-conformance.ts';

const KEY = 'canary-key-of-openai';
const make = (fake: FakeOpenAiAudio, rest: Partial<OpenAiTranscriptionOptions> = {}) =>
  new OpenAiTranscriber({
    apiKey: KEY,
    baseUrl: fake.baseUrl,
    model: 'gpt-4o-mini-transcribe',
    ...rest,
  });

aRecogniser('transcription', async () => {
  const fake = await startFakeOpenAiAudio({ answerMs: 5 });
  // Connections are kept for other sessions.
  return { recogniser: make(fake), open: () => 0, close: () => fake.close() };
});

describe('transcription', () => {
  let fake: FakeOpenAiAudio;
  beforeEach(async () => {
    fake = await startFakeOpenAiAudio();
  });
  afterEach(() => fake.close());

  test('is asked for the stretch from 300 ms before the voice was noticed to the flush', async () => {
    const caller = new Listening(make(fake));
    caller.say(silence(5_000), { voice: false });
    caller.say(spoken('good day'));
    caller.flush();
    await caller.flushed();
    expect(fake.requests).toHaveLength(1);
    expect(fake.requests[0]?.audioMs).toBe(600 + 300 - 20);
    expect(fake.requests[0]?.fields).toEqual({
      model: 'gpt-4o-mini-transcribe',
      response_format: 'json',
      language: 'en',
    });
    expect(fake.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  test('is told which words to expect, as a text without tricks', async () => {
    const hints = ['VOCA', 'two\r\n--words', 'ü'.repeat(600)];
    const caller = new Listening(make(fake, { model: 'whisper-1' }), { hints, language: 'gsw-CH' });
    caller.say(spoken('good day'));
    caller.flush();
    await caller.flushed();
    const { prompt, language, model } = fake.requests[0]?.fields ?? {};
    expect(prompt).toMatch(/^VOCA, two --words, ü+$/);
    expect(prompt?.length).toBe(450);
    expect(language).toBeUndefined();
    expect(model).toBe('whisper-1');
  });

  test('is asked nothing when nobody has spoken', async () => {
    const caller = new Listening(make(fake));
    caller.say(murmur(900), { voice: false });
    caller.flush();
    await caller.flushed();
    expect(fake.requests).toHaveLength(0);
    expect(caller.types).toEqual(['flushed']);
  });

  test('tells what was said first at first, though it was answered last', async () => {
    fake.misbehave({ kind: 'late', afterMs: 150 });
    const caller = new Listening(make(fake));
    caller.say(spoken('slow words'));
    caller.flush();
    caller.say(spoken('quick words'));
    caller.flush();
    await caller.flushed(2);
    expect(caller.types).toEqual(['final', 'flushed', 'final', 'flushed']);
    expect(caller.text).toBe('slow words quick words');
  });

  test('is given whoever speaks without end in parts', async () => {
    const caller = new Listening(make(fake));
    caller.say(murmur(65_000));
    caller.flush();
    await caller.flushed();
    const lengths = fake.requests.map(({ audioMs }) => audioMs);
    expect(lengths.sort((a, b) => b - a)).toEqual([30_000, 30_000, 5_000]);
    expect(caller.count('flushed')).toBe(1);
  });

  const canary = `the number is 1234 and the key ${KEY}`;
  const says = (body: unknown): AudioMisdeed => ({ kind: 'says', body: JSON.stringify(body) });
  test.each<[string, AudioMisdeed, Partial<SpeechError>]>([
    [
      'refuses the key',
      { kind: 'status', status: 401, body: canary },
      { kind: 'refused', isAccount: true },
    ],
    ['refuses the request', { kind: 'status', status: 400, body: canary }, { kind: 'refused' }],
    [
      'has too much to do',
      { kind: 'status', status: 429, headers: { 'retry-after': '3' } },
      { kind: 'rate-limit', retryAfterMs: 3_000 },
    ],
    [
      'has no money',
      { kind: 'status', status: 429, body: '{"error":{"code":"insufficient_quota"}}' },
      { kind: 'rate-limit', isAccount: true, retryable: false },
    ],
    ['is broken', { kind: 'status', status: 500 }, { kind: 'unavailable' }],
    [
      'sends us elsewhere',
      { kind: 'status', status: 307, headers: { location: 'http://127.0.0.1:9/' } },
      { kind: 'refused' },
    ],
    ['does not answer', { kind: 'no-answer' }, { kind: 'timeout' }],
    ['answers too late', { kind: 'late', afterMs: 600 }, { kind: 'timeout' }],
    ['stalls in its answer', { kind: 'stall-in-body' }, { kind: 'timeout' }],
    ['breaks off', { kind: 'cut' }, { kind: 'unavailable' }],
    ['breaks off in its answer', { kind: 'cut', inBody: true }, { kind: 'unavailable' }],
    ['answers no JSON', { kind: 'says', body: canary }, { kind: 'bad-answer' }],
    ['answers something else', says({ text: 7 }), { kind: 'bad-answer' }],
    ['understands too much', says({ text: '1234 '.repeat(2_000) }), { kind: 'bad-answer' }],
    ['answers without end', says({ text: 'x'.repeat(2_000_000) }), { kind: 'bad-answer' }],
  ])(
    'that %s fails the session once, and tells nobody what was said',
    async (_what, misdeed, expected) => {
      fake.misbehave(misdeed);
      const caller = new Listening(make(fake, { answerMs: 300 }));
      caller.say(spoken('the number is 1234'));
      caller.flush();
      const { error } = await caller.failed();
      expect(error).toMatchObject({ name: 'SpeechError', ...expected });
      const printed = [error.message, error.stack, JSON.stringify(error), inspect(error)].join(' ');
      expect(printed).not.toMatch(/1234|canary/);
      caller.say(spoken('and more'));
      caller.flush();
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(caller.types).toEqual(['failed']);
    },
  );

  test('that nobody waits for any more is told so', async () => {
    fake.misbehave({ kind: 'no-answer' });
    const caller = new Listening(make(fake));
    caller.say(spoken('good day'));
    caller.flush();
    await until(() => fake.requests.length === 1);
    caller.close();
    // Long before the time for an answer is over.
    await until(() => fake.open() === 0, 2_500);
    expect(caller.events).toEqual([]);
  });

  test('that answers nothing is asked for no more than a few stretches', async () => {
    const nothing: AudioMisdeed = { kind: 'no-answer' };
    fake.misbehave(nothing, nothing, nothing, nothing, nothing);
    const caller = new Listening(make(fake));
    for (let time = 0; time < 5; time += 1) {
      caller.say(spoken('hello'));
      caller.flush();
    }
    expect((await caller.failed()).error.kind).toBe('unavailable');
    expect(fake.requests.length).toBeLessThanOrEqual(4);
  });

  test('of a server that wants no key is asked without one', async () => {
    const caller = new Listening(make(fake, { apiKey: '' }));
    caller.say(spoken('good day'));
    caller.flush();
    await caller.flushed();
    expect(fake.requests[0]?.headers.authorization).toBeUndefined();
  });
});
