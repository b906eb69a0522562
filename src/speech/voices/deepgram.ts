/**
 * Deepgram's Aura, over HTTP, whose answer is streamed. Protocol:
 * https://developers.deepgram.com/reference/text-to-speech/speak-request
 */
import { MULAW_RATE } from '../../audio/mulaw.ts';
import type { SpeakOptions, TextToSpeech } from '../tts.ts';
import { patiently, VOICE_PATIENCE, type VoicePatience } from './patience.ts';
import { rawAudio } from './raw-audio.ts';
import { speakable } from './speakable.ts';

export interface DeepgramVoiceOptions {
  apiKey: string;
  /** Without a path. Default: the vendor's own. */
  baseUrl?: string;
  /** Model, voice and language in one name. */
  model?: string;
  patience?: VoicePatience;
}

export const DEEPGRAM_MODEL = 'aura-2-thalia-en';
const SERVER = 'the Deepgram server';

export class DeepgramVoice implements TextToSpeech {
  readonly name: string;
  readonly abilities = { streaming: true };
  readonly #options: DeepgramVoiceOptions;
  readonly #url: string;

  constructor(options: DeepgramVoiceOptions) {
    const { baseUrl = 'https://api.deepgram.com', model = DEEPGRAM_MODEL } = options;
    const query = new URLSearchParams({
      model,
      encoding: 'mulaw',
      sample_rate: String(MULAW_RATE),
      container: 'none',
    });
    this.#options = options;
    this.#url = `${baseUrl}/v1/speak?${query.toString()}`;
    this.name = `deepgram/${model}`;
  }

  async *speak(text: string, { signal: outer }: SpeakOptions): AsyncGenerator<Uint8Array> {
    const words = speakable(text);
    if (words === '') return;
    const { apiKey, patience = VOICE_PATIENCE } = this.#options;
    const ask = (signal: AbortSignal): AsyncIterable<Uint8Array> =>
      rawAudio({
        url: this.#url,
        headers: { authorization: `Token ${apiKey}` },
        body: { text: words },
        bytesPerSecond: MULAW_RATE,
        server: SERVER,
        signal,
      });
    yield* patiently(ask, { patience, outer, server: SERVER });
  }
}
