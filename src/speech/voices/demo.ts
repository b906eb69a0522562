/**
 * The voice of the demo: this machine's own where there is one, else tones. Its audio carries the words
 * as captions, so that the simulated telephone knows what the caller heard.
 */
import { spokenCaptions, writeCaptions } from '../../captions/index.ts';
import { MULAW_RATE } from '../../audio/mulaw.ts';
import { SpeechError } from '../speech-error.ts';
import type { SpeakOptions, TextToSpeech } from '../tts.ts';
import { speakable } from './speakable.ts';
import { speechLikeTones } from '../../audio/speech-like-tones.ts';

/** Bytes of audio that are kept, some eight minutes: a demo says the same things in many calls. */
const MAX_KEPT = 4_000_000;
const PIECE = MULAW_RATE / 2;

export class DemoVoice implements TextToSpeech {
  readonly name = 'demo';
  readonly abilities = { streaming: false };
  readonly #local: TextToSpeech | undefined;
  /** The one that was said last is the last one. */
  readonly #kept = new Map<string, Uint8Array>();
  #keptBytes = 0;

  /** @param local left out: tones */
  constructor(local?: TextToSpeech) {
    this.#local = local;
  }

  async *speak(text: string, options: SpeakOptions): AsyncGenerator<Uint8Array> {
    const words = speakable(text);
    if (words === '') return;
    const { signal } = options;
    const audio = await this.#audioOf(words, options);
    for (let at = 0; at < audio.length; at += PIECE) {
      if (signal.aborted) throw new SpeechError('timeout', 'the speech is no longer wanted');
      yield audio.subarray(at, at + PIECE);
    }
  }

  async #audioOf(words: string, options: SpeakOptions): Promise<Uint8Array> {
    const key = `${options.language}\n${words}`;
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known;
    }
    const audio = (await this.#spoken(words, options)) ?? speechLikeTones(words);
    const captioned = writeCaptions(audio, spokenCaptions(words, audio.length));
    this.#keep(key, captioned);
    return captioned;
  }

  /** Nothing when there is no voice, or none that can say this: then tones do. */
  async #spoken(words: string, options: SpeakOptions): Promise<Uint8Array | undefined> {
    if (!this.#local) return undefined;
    try {
      const pieces: Uint8Array[] = [];
      for await (const piece of this.#local.speak(words, options)) pieces.push(piece);
      return pieces.length > 0 ? Buffer.concat(pieces) : undefined;
    } catch (error) {
      if (options.signal.aborted) throw error;
      return undefined;
    }
  }

  #keep(key: string, audio: Uint8Array): void {
    // Another call may have made it meanwhile.
    this.#keptBytes += audio.length - (this.#kept.get(key)?.length ?? 0);
    this.#kept.set(key, audio);
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptBytes <= MAX_KEPT) return;
      this.#kept.delete(oldest);
      this.#keptBytes -= length;
    }
  }
}
