/** The drivers of the vendors, against servers that stream, stall, cut, err and lie. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mulawMs } from '../../../src/audio/mulaw.ts';
import { CaptionReader } from '../../../src/captions/index.ts';
import type { TextToSpeech } from '../../../src/speech/tts.ts';
import { DeepgramVoice } from '../../../src/speech/voices/deepgram.ts';
import { ElevenLabsVoice } from '../../../src/speech/voices/elevenlabs.ts';
import { OpenAiVoice } from '../../../src/speech/voices/openai-speech.ts';
import type { VoicePatience } from '../../../src/speech/voices/patience.ts';
import {
  startFakeVoices,
  VOICE_KEY,
  type FakeVoices,
  type VoiceBehaviour,
} from '../../fakes/fake-voices.ts';
import { startHostileServer } from '../../fakes/hostile-server.ts';
import {
  CLAUSE,
  conformance,
  failure,
  nothingHeld,
  options,
  spoken,
} from '../voice-conformance.ts';

type Vendor = 'elevenlabs' | 'deepgram' | 'openai';
type Account = { apiKey: string; baseUrl: string; patience?: VoicePatience };

const MAKE: Record<Vendor, (account: Account) => TextToSpeech> = {
  elevenlabs: (account) => new ElevenLabsVoice(account),
  deepgram: (account) => new DeepgramVoice(account),
  openai: (account) => new OpenAiVoice(account),
};
const VENDORS = Object.keys(MAKE) as Vendor[];
/** For what must not fail for want of time on a busy machine. */
const LONG: VoicePatience = { firstMs: 20_000, stallMs: 20_000, wholeMs: 60_000 };
const SHORT: VoicePatience = { firstMs: 300, stallMs: 300, wholeMs: 20_000 };

describe.each(VENDORS)('%s', (vendor) => {
  let server: FakeVoices;
  let voice: TextToSpeech;

  beforeEach(async () => {
    server = await startFakeVoices();
    voice = MAKE[vendor]({ ...server.accounts[vendor], patience: LONG });
  });

  afterEach(async () => {
    await server.close();
  });

  conformance(vendor, async () => {
    const own = await startFakeVoices();
    own.always({ kind: 'speak', everyMs: 2 });
    return {
      voice: MAKE[vendor]({ ...own.accounts[vendor], patience: LONG }),
      held: () => own.answering(),
      close: () => own.close(),
    };
  });

  test('asks as the vendor documents it, with the key in a header alone', async () => {
    await spoken(voice, CLAUSE, { previous: 'Hello there.' });
    const [{ asked, path, headers }] = server.log as [FakeVoices['log'][number]];
    expect(asked).toMatchObject({ vendor, text: CLAUSE });
    expect(path).not.toContain(VOICE_KEY);
    expect(JSON.stringify(headers)).toContain(VOICE_KEY);
    expect(asked?.previous).toBe(vendor === 'elevenlabs' ? 'Hello there.' : undefined);
  });

  test.each<[string, VoiceBehaviour, object]>([
    ['a wrong key', { kind: 'status', status: 401 }, { kind: 'refused', isAccount: true }],
    ['no money', { kind: 'status', status: 402 }, { kind: 'refused', isAccount: true }],
    ['no such voice', { kind: 'status', status: 404 }, { kind: 'refused', isAccount: false }],
    ['a bad request', { kind: 'status', status: 422 }, { kind: 'refused', retryable: false }],
    [
      'too many requests',
      { kind: 'status', status: 429, headers: { 'retry-after': '3' } },
      { kind: 'rate-limit', retryAfterMs: 3_000, retryable: true },
    ],
    ['its own failure', { kind: 'status', status: 500 }, { kind: 'unavailable', retryable: true }],
    [
      'a redirect',
      { kind: 'status', status: 307, headers: { location: 'http://127.0.0.1:9/' } },
      { kind: 'refused' },
    ],
    ['no answer', { kind: 'stall' }, { kind: 'timeout' }],
    ['half an answer', { kind: 'stall-midway', part: 0.5 }, { kind: 'timeout' }],
    ['a broken connection', { kind: 'hang-up' }, { kind: 'unavailable' }],
    ['a connection that breaks in the middle', { kind: 'cut', part: 0.5 }, { kind: 'unavailable' }],
    ['nothing', { kind: 'raw', body: '' }, { kind: 'bad-answer' }],
    ['JSON', { kind: 'raw', body: '{"detail":{"canary":1}}' }, { kind: 'bad-answer' }],
    [
      'JSON that says so',
      { kind: 'raw', body: ' {}', contentType: 'application/json' },
      { kind: 'bad-answer' },
    ],
    ['HTML', { kind: 'raw', body: '<!doctype html><p>canary' }, { kind: 'bad-answer' }],
    [
      'a WAV file',
      { kind: 'raw', body: Buffer.from('RIFF\0\0\0\0WAVEfmt ') },
      { kind: 'bad-answer' },
    ],
    ['an Ogg file', { kind: 'raw', body: 'OggS\0\0\0\0' }, { kind: 'bad-answer' }],
    ['audio without end', { kind: 'endless' }, { kind: 'bad-answer' }],
  ])('a server that answers with %s', async (_what, behaviour, expected) => {
    const patience = behaviour.kind.startsWith('stall') ? SHORT : LONG;
    server.script(behaviour);
    const error = await failure(MAKE[vendor]({ ...server.accounts[vendor], patience }));
    expect(error).toMatchObject(expected);
    // Nothing of it stays behind for the next clause.
    expect((await spoken(voice, CLAUSE)).audio.length).toBeGreaterThan(0);
  });

  test.each([1, 2, 3, 7, 333])(
    'pieces of %i bytes come out as the same audio',
    async (pieceBytes) => {
      const whole = await spoken(voice, 'Yes.');
      server.script({ kind: 'speak', pieceBytes });
      expect(Buffer.compare((await spoken(voice, 'Yes.')).audio, whole.audio)).toBe(0);
    },
  );

  test('closes the connection of an answer that is stopped, and keeps that of one that came whole', async () => {
    await spoken(voice, CLAUSE);
    // The end of an answer is told a moment before its connection is free.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await spoken(voice, CLAUSE);
    expect(new Set(server.log.map(({ connection }) => connection)).size).toBe(1);
    server.script({ kind: 'stall-midway', part: 0.3 });
    const stop = new AbortController();
    const reader = voice.speak(CLAUSE, options({ signal: stop.signal }))[Symbol.asyncIterator]();
    await reader.next();
    stop.abort();
    await expect(reader.next().then(() => reader.next())).rejects.toMatchObject({
      kind: 'timeout',
    });
    await nothingHeld({ held: () => server.answering() });
    expect(server.log.at(-1)?.isAborted).toBe(true);
  });

  test('who reads slowly does not run out of time', async () => {
    const pieces: Uint8Array[] = [];
    const patience = { firstMs: 2_000, stallMs: 2_000, wholeMs: 2_000 };
    const impatient = MAKE[vendor]({ ...server.accounts[vendor], patience });
    for await (const piece of impatient.speak(CLAUSE, options())) {
      pieces.push(piece);
      if (pieces.length === 2) await new Promise((resolve) => setTimeout(resolve, 2_200));
    }
    expect(mulawMs(Buffer.concat(pieces).length)).toBeGreaterThan(1_000);
  });

  test('a server that drips for ever is given up', async () => {
    server.script({ kind: 'speak', pieceBytes: 1, everyMs: 20 });
    const patience = { firstMs: 20_000, stallMs: 20_000, wholeMs: 600 };
    const impatient = MAKE[vendor]({ ...server.accounts[vendor], patience });
    expect(await failure(impatient)).toMatchObject({ kind: 'timeout' });
  });

  test('a hostile server fills no memory with its report of a failure', async () => {
    const hostile = await startHostileServer({
      status: 500,
      body: (function* () {
        for (let at = 0; at < 400; at += 1) yield Buffer.alloc(64_000, 'canary');
      })(),
    });
    const { baseUrl } = server.accounts[vendor];
    const path = new URL(baseUrl).pathname.replace(/\/$/, '');
    const asking = MAKE[vendor]({
      apiKey: VOICE_KEY,
      baseUrl: `${hostile.origin}${path}`,
      patience: LONG,
    });
    expect(await failure(asking)).toMatchObject({ kind: 'unavailable' });
    await hostile.close();
  });

  test('a server that is not there is unavailable', async () => {
    const asking = MAKE[vendor]({ apiKey: VOICE_KEY, baseUrl: 'http://127.0.0.1:9' });
    expect(await failure(asking)).toMatchObject({ kind: 'unavailable' });
  });
});

test.each(['elevenlabs', 'deepgram'] as const)(
  'the words of %s can be read on the telephone',
  async (vendor) => {
    const server = await startFakeVoices();
    const { audio } = await spoken(MAKE[vendor](server.accounts[vendor]), CLAUSE);
    expect(
      new CaptionReader()
        .read(audio)
        .map(({ word }) => word)
        .join(' '),
    ).toBe(CLAUSE);
    await server.close();
  },
);

test.each(['.', '..', ''])(
  '"%s" is no voice of ElevenLabs: its path would be another one',
  async (name) => {
    const server = await startFakeVoices();
    const voice = new ElevenLabsVoice({ ...server.accounts.elevenlabs, voice: name });
    expect(await failure(voice)).toMatchObject({ kind: 'refused' });
    expect(server.log).toEqual([]);
    await server.close();
  },
);

test('an account of OpenAI without money is told from one that asks too often', async () => {
  const server = await startFakeVoices();
  server.script(
    { kind: 'status', status: 429, code: 'insufficient_quota' },
    { kind: 'status', status: 429 },
  );
  const voice = MAKE.openai(server.accounts.openai);
  expect(await failure(voice)).toMatchObject({ isAccount: true, retryable: false });
  expect(await failure(voice)).toMatchObject({ isAccount: false, retryable: true });
  await server.close();
});

test('models of ElevenLabs are asked for what they take', async () => {
  const server = await startFakeVoices();
  const account = server.accounts.elevenlabs;
  await spoken(new ElevenLabsVoice({ ...account, voice: '../a?b' }), CLAUSE, { previous: 'One.' });
  await spoken(new ElevenLabsVoice({ ...account, model: 'eleven_v3' }), CLAUSE, {
    previous: 'One.',
  });
  expect(server.log[0]?.path).toBe('/v1/text-to-speech/..%2Fa%3Fb/stream?output_format=ulaw_8000');
  expect(server.log.map(({ asked }) => asked?.previous)).toEqual(['One.', undefined]);
  await server.close();
});
