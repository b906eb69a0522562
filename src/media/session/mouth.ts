import type { TextToSpeech } from '../../speech/tts.ts';
import type { Playback } from '../playback/index.ts';

export interface MouthOptions {
  voice: TextToSpeech;
  /** BCP-47 tag. */
  language: string;
  playback: Playback;
  /** The first audio of an utterance was made. */
  onAudio: (utterance: number) => void;
  /** No voice could speak a clause. What was said before it is still played. */
  onFailed: (error: unknown) => void;
}

interface Order {
  utterance: number;
  text: string;
  /** The clauses before it in the same utterance. */
  previous: string;
}

/**
 * Speaks clause by clause: each is made while the one before it is played, in order. A clear makes
 * everything that was ordered before it void.
 */
export class Mouth {
  readonly #options: MouthOptions;
  #orders: Order[] = [];
  #making = new AbortController();
  #isMaking = false;
  #utterance = 0;
  #said = '';
  #hasAudio = new Set<number>();

  constructor(options: MouthOptions) {
    this.#options = options;
  }

  /** The next clause of an utterance; a new number begins a new one. */
  say(utterance: number, text: string): void {
    if (utterance !== this.#utterance) {
      this.#utterance = utterance;
      this.#said = '';
      this.#options.playback.open(utterance);
    }
    this.#orders.push({ utterance, text, previous: this.#said });
    this.#said = `${this.#said} ${text}`.trim();
    void this.#make();
  }

  /** No clause follows. */
  finish(utterance: number): void {
    this.#orders.push({ utterance, text: '', previous: '' });
    void this.#make();
  }

  /** Silence at once. */
  clear(): void {
    this.#stop();
    this.#options.playback.clear();
  }

  close(): void {
    this.#stop();
    this.#options.playback.close();
  }

  #stop(): void {
    this.#orders = [];
    this.#hasAudio.clear();
    this.#making.abort();
    this.#making = new AbortController();
    this.#utterance = 0;
  }

  async #make(): Promise<void> {
    if (this.#isMaking) return;
    this.#isMaking = true;
    for (let order = this.#orders.shift(); order; order = this.#orders.shift()) {
      await this.#speak(order);
    }
    this.#isMaking = false;
  }

  async #speak({ utterance, text, previous }: Order): Promise<void> {
    const { playback, voice, language, onFailed } = this.#options;
    if (text === '') return playback.finish(utterance);
    const { signal } = this.#making;
    const audio = voice.speak(text, { language, signal, ...(previous !== '' && { previous }) });
    try {
      await playback.say(utterance, text, this.#watched(utterance, audio, signal));
    } catch (error) {
      if (!signal.aborted) onFailed(error);
    }
  }

  /** Tells of the first piece of an utterance. */
  async *#watched(
    utterance: number,
    audio: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    for await (const piece of audio) {
      if (signal.aborted) return;
      if (piece.length > 0 && !this.#hasAudio.has(utterance)) {
        this.#hasAudio.add(utterance);
        this.#options.onAudio(utterance);
      }
      yield piece;
    }
  }
}
