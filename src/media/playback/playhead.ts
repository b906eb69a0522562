/** Where the caller is in what was sent since the last clear. In samples; pure but for its memory. */

const SAMPLES_PER_MS = 8;

/** Further than this from the last mark that came back, nothing is taken to have been heard. */
const MAX_GUESS_MS = 400;

interface Place {
  position: number;
  atMs: number;
}

export class Playhead {
  readonly #generation: number;
  #sent = 0;
  /** When and where the line began to play without a break. */
  #began: Place | undefined;
  /** Marks that have not come back, in order. */
  #marks: { name: string; position: number }[] = [];
  #lastMark = 0;
  /** The last mark that came back. */
  #proved: Place | undefined;

  constructor(generation: number) {
    this.#generation = generation;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Where the last mark stands. */
  get marked(): number {
    return this.#lastMark;
  }

  /** Proved to have been heard. */
  get proved(): number {
    return this.#proved?.position ?? 0;
  }

  /** Where the caller must be by the clock. */
  at(nowMs: number): number {
    if (!this.#began) return this.#sent;
    const { position, atMs } = this.#began;
    return Math.min(this.#sent, position + (nowMs - atMs) * SAMPLES_PER_MS);
  }

  /** When the caller gets to `position`, by the clock, which has been sent. */
  timeOf(position: number): number {
    if (!this.#began) return 0;
    return this.#began.atMs + (position - this.#began.position) / SAMPLES_PER_MS;
  }

  leadMs(nowMs: number): number {
    return (this.#sent - this.at(nowMs)) / SAMPLES_PER_MS;
  }

  /** @returns for how long the line had nothing to play before this, in milliseconds */
  add(samples: number, nowMs: number): number {
    const dryMs = this.#began ? nowMs - this.timeOf(this.#sent) : 0;
    if (!this.#began || dryMs >= 0) this.#began = { position: this.#sent, atMs: nowMs };
    this.#sent += samples;
    return Math.max(0, dryMs);
  }

  /** @returns the name of a mark behind everything that was sent */
  mark(): string {
    const name = `${this.#generation}-${this.#sent}`;
    this.#marks.push({ name, position: this.#sent });
    this.#lastMark = this.#sent;
    return name;
  }

  /** Also proves what stands before it. Names of another generation, or seen before, prove nothing. */
  played(name: string, nowMs: number): void {
    const index = this.#marks.findIndex((mark) => mark.name === name);
    const mark = this.#marks[index];
    if (!mark) return;
    this.#marks.splice(0, index + 1);
    this.#proved = { position: mark.position, atMs: nowMs };
  }

  /**
   * How much the caller has heard, rather too little than too much: to the last mark that came back,
   * and on from there by the clock, but not far.
   */
  heard(nowMs: number): number {
    const since = Math.max(this.#proved?.atMs ?? -Infinity, this.#began?.atMs ?? nowMs);
    const guessMs = Math.min(MAX_GUESS_MS, nowMs - since);
    return Math.max(this.proved, Math.min(this.at(nowMs), this.proved + guessMs * SAMPLES_PER_MS));
  }
}
