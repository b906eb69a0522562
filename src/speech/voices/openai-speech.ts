/**
 * Speech as OpenAI makes it (`/audio/speech`), which many servers on own machines do as well. Protocol:
 * https://platform.openai.com/docs/api-reference/audio/createSpeech
 */
import { encodeMulaw, MULAW_RATE } from '../../audio/mulaw.ts';
import { Pcm16Reader } from '../../audio/pcm16.ts';
import { Resampler } from '../../audio/resample.ts';
import type { SpeakOptions, TextToSpeech } from '../tts.ts';
import { patiently, VOICE_PATIENCE, type VoicePatience } from './patience.ts';
import { rawAudio } from './raw-audio.ts';
import { speakable } from './speakable.ts';

export interface OpenAiSpeechOptions {
  /** Empty for a server that wants none. */
  apiKey: string;
  /** Up to and with the version. Default: OpenAI's own. */
  baseUrl?: string;
  model?: string;
  voice?: string;
  patience?: VoicePatience;
}

export const OPENAI_SPEECH_MODEL = 'gpt-4o-mini-tts';
export const OPENAI_SPEECH_VOICE = 'alloy';
/** Of `pcm`: 16 bits, little-endian, mono, without a header. */
const RATE = 24_000;
const SERVER = 'the OpenAI speech server';

export class OpenAiVoice implements TextToSpeech {
  readonly name: string;
  readonly abilities = { streaming: true };
  readonly #options: OpenAiSpeechOptions;
  readonly #model: string;

  constructor(options: OpenAiSpeechOptions) {
    this.#options = options;
    this.#model = options.model ?? OPENAI_SPEECH_MODEL;
    this.name = `openai/${this.#model}`;
  }

  async *speak(text: string, { signal: outer }: SpeakOptions): AsyncGenerator<Uint8Array> {
    const words = speakable(text);
    if (words === '') return;
    const { patience = VOICE_PATIENCE } = this.#options;
    const ask = (signal: AbortSignal): AsyncIterable<Uint8Array> =>
      telephoneAudio(this.#ask(words, signal));
    yield* patiently(ask, { patience, outer, server: SERVER });
  }

  #ask(words: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const { apiKey, baseUrl = 'https://api.openai.com/v1', voice } = this.#options;
    return rawAudio({
      url: `${baseUrl}/audio/speech`,
      headers: apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` },
      body: {
        model: this.#model,
        input: words,
        voice: voice ?? OPENAI_SPEECH_VOICE,
        response_format: 'pcm',
      },
      bytesPerSecond: RATE * 2,
      server: SERVER,
      // An account without money answers 429, like one that asks too often.
      isAccountFailure: (report) => report.includes('"insufficient_quota"'),
      signal,
    });
  }
}

/** 24 kHz as it comes, in pieces of any length, to what telephones speak. */
async function* telephoneAudio(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new Pcm16Reader();
  const resampler = new Resampler(RATE, MULAW_RATE);
  for await (const piece of source) {
    const audio = encodeMulaw(resampler.push(reader.push(piece)));
    if (audio.length > 0) yield audio;
  }
  yield encodeMulaw(resampler.flush());
}
