/** The audio of one clause: what waits to be sent, and how much it is in all. */

/** Speech takes about so long for a character: for clauses whose audio is not all there yet. */
const SAMPLES_PER_CHARACTER = 65 * 8;
/** Magnitude of a mu-law sample, of 0 to 127, below which nothing is heard: 48 dB under the loudest. */
const QUIET = 16;

export class ClauseAudio {
  readonly text: string;
  state: 'coming' | 'ended' | 'failed' = 'coming';
  /** Where its first sample stands in what was sent; set when it is its turn. */
  startsAt: number | undefined;
  #pieces: Uint8Array[] = [];
  /** Of the first piece. */
  #offset = 0;
  #waiting = 0;
  #pushed = 0;
  /** Up to the last of `pushed` that can be heard: voices leave a pause behind their words. */
  #audible = 0;
  #waitingSinceMs = 0;

  constructor(text: string) {
    this.text = text.trim();
  }

  push(audio: Uint8Array, nowMs: number): void {
    if (audio.length === 0) return;
    if (this.#waiting === 0) this.#waitingSinceMs = nowMs;
    this.#pieces.push(audio);
    this.#waiting += audio.length;
    const last = audio.findLastIndex((sample) => (~sample & 0x7f) >= QUIET);
    if (last >= 0) this.#audible = this.#pushed + last + 1;
    this.#pushed += audio.length;
  }

  /** Samples that can be taken. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Since when there is always something to take. */
  get waitingSinceMs(): number {
    return this.#waitingSinceMs;
  }

  get isDrained(): boolean {
    return this.#waiting === 0 && this.state !== 'coming';
  }

  /** At most `waiting` of them; copied only where they come from several pieces. */
  take(samples: number): Uint8Array {
    this.#waiting -= samples;
    const first = this.#pieces[0] as Uint8Array;
    if (first.length - this.#offset >= samples) return this.#cut(samples);
    const audio = new Uint8Array(samples);
    for (let filled = 0; filled < samples;) {
      const left = (this.#pieces[0] as Uint8Array).length - this.#offset;
      const part = this.#cut(Math.min(left, samples - filled));
      audio.set(part, filled);
      filled += part.length;
    }
    return audio;
  }

  #cut(samples: number): Uint8Array {
    const first = this.#pieces[0] as Uint8Array;
    const part = first.subarray(this.#offset, this.#offset + samples);
    this.#offset += samples;
    if (this.#offset === first.length) {
      this.#pieces.shift();
      this.#offset = 0;
    }
    return part;
  }

  /** How much of it lies before `position`: 0 to 1; guessed while its audio is not all there. */
  fractionAt(position: number): number {
    // What no audio was made for (a dash) is as good as heard.
    if (this.state === 'ended' && this.#pushed === 0) return 1;
    if (this.startsAt === undefined || position < this.startsAt) return 0;
    const played = Math.min(position - this.startsAt, this.#pushed);
    if (this.state === 'ended') return Math.min(1, played / (this.#audible || this.#pushed));
    return played / Math.max(this.#pushed + 1, this.text.length * SAMPLES_PER_CHARACTER);
  }
}
