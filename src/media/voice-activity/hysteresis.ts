/** From how likely each chunk is voice to when a voice begins and ends. Pure. */
import type { VoiceChange } from './voice-activity-types.ts';

export interface Thresholds {
  /** A voice begins with this many chunks in a row that are likelier than `begin` ... */
  begin: number;
  beginChunks: number;
  /** ... or with a single one that is likelier than this. */
  beginAtOnce: number;
  /** Chunks that are less likely than this are no voice. */
  end: number;
  /** It has ended when there was none for so long. */
  hangoverMs: number;
}

export class Hysteresis {
  readonly #thresholds: Thresholds;
  #isVoice = false;
  /** Without a voice: chunks in a row that are likely to be one. */
  #likely = 0;
  #sinceMs = 0;
  /** Where the last chunk with a voice ends. */
  #voiceUntilMs = 0;

  constructor(thresholds: Thresholds) {
    this.#thresholds = thresholds;
  }

  /** @param endMs where the chunk ends, in the stream's own time */
  add(probability: number, startMs: number, endMs: number): VoiceChange | undefined {
    return this.#isVoice
      ? this.#during(probability, endMs)
      : this.#before(probability, startMs, endMs);
  }

  #before(probability: number, startMs: number, endMs: number): VoiceChange | undefined {
    const { begin, beginChunks, beginAtOnce } = this.#thresholds;
    if (probability < begin) {
      this.#likely = 0;
      return undefined;
    }
    if (this.#likely === 0) this.#sinceMs = startMs;
    this.#likely += 1;
    if (this.#likely < beginChunks && probability < beginAtOnce) return undefined;
    this.#isVoice = true;
    this.#likely = 0;
    this.#voiceUntilMs = endMs;
    return { voice: 'began', atMs: endMs, sinceMs: this.#sinceMs };
  }

  #during(probability: number, endMs: number): VoiceChange | undefined {
    if (probability >= this.#thresholds.end) {
      this.#voiceUntilMs = endMs;
      return undefined;
    }
    if (endMs - this.#voiceUntilMs < this.#thresholds.hangoverMs) return undefined;
    this.#isVoice = false;
    return { voice: 'ended', atMs: endMs, sinceMs: this.#voiceUntilMs };
  }
}
