/**
 * ElevenLabs, streamed over HTTP. Protocol:
 * https://elevenlabs.io/docs/api-reference/text-to-speech/stream
 */
import { MULAW_RATE } from '../../audio/mulaw.ts';
import { SpeechError } from '../speech-error.ts';
import type { SpeakOptions, TextToSpeech } from '../tts.ts';
import { patiently, VOICE_PATIENCE, type VoicePatience } from './patience.ts';
import { rawAudio } from './raw-audio.ts';
import { precedingText, speakable } from './speakable.ts';

export interface ElevenLabsOptions {
  apiKey: string;
  /** Without a path. Default: the vendor's own. */
  baseUrl?: string;
  model?: string;
  /** The vendor's id of a voice. */
  voice?: string;
  patience?: VoicePatience;
}

/** The vendor's quickest. */
export const ELEVENLABS_MODEL = 'eleven_flash_v2_5';
/** "George", the voice of the vendor's own examples, which every account has. */
export const ELEVENLABS_VOICE = 'JBFqnCBsd6RMkjVDRZzb';

/** They take a language, which short clauses ("OK", "12") do not show. Others refuse it. */
const WITH_LANGUAGE = /_v2_5$/;
/** They refuse what was said before. */
const WITHOUT_PREVIOUS = /^eleven_v3/;
const SERVER = 'the ElevenLabs server';
/** Assistants name voices, and in a path these would lead elsewhere, however they are written. */
const NO_VOICES = new Set(['', '.', '..']);

export class ElevenLabsVoice implements TextToSpeech {
  readonly name: string;
  readonly abilities = { streaming: true };
  readonly #options: ElevenLabsOptions;
  readonly #model: string;

  constructor(options: ElevenLabsOptions) {
    this.#options = options;
    this.#model = options.model ?? ELEVENLABS_MODEL;
    this.name = `elevenlabs/${this.#model}`;
  }

  async *speak(text: string, options: SpeakOptions): AsyncGenerator<Uint8Array> {
    const words = speakable(text);
    if (words === '') return;
    const { patience = VOICE_PATIENCE } = this.#options;
    yield* patiently((signal) => this.#ask(words, options, signal), {
      patience,
      outer: options.signal,
      server: SERVER,
    });
  }

  #ask(
    words: string,
    { language, previous }: SpeakOptions,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    const {
      apiKey,
      baseUrl = 'https://api.elevenlabs.io',
      voice = ELEVENLABS_VOICE,
    } = this.#options;
    if (NO_VOICES.has(voice)) throw new SpeechError('refused', 'this is no name of a voice');
    const model = this.#model;
    const before = WITHOUT_PREVIOUS.test(model) ? undefined : precedingText(previous);
    return rawAudio({
      url: `${baseUrl}/v1/text-to-speech/${encodeURIComponent(voice)}/stream?output_format=ulaw_8000`,
      headers: { 'xi-api-key': apiKey },
      body: {
        text: words,
        model_id: model,
        ...(before !== undefined && { previous_text: before }),
        ...(WITH_LANGUAGE.test(model) && { language_code: language.split('-')[0]?.toLowerCase() }),
      },
      bytesPerSecond: MULAW_RATE,
      server: SERVER,
      signal,
    });
  }
}
