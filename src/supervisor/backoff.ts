/** A process that lived this long was well; its next death is again the first. */
const WELL_AFTER_MS = 5000;
const DELAYS_MS = [0, 100, 200, 500, 1000, 2000];

/** How long to wait before a dead process is started again: not at all the first time. */
export class Backoff {
  #deaths = 0;
  #startedAtMs = 0;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  started(): void {
    this.#startedAtMs = this.#now();
  }

  /** @returns milliseconds until the next start */
  died(): number {
    if (this.#now() - this.#startedAtMs >= WELL_AFTER_MS) this.#deaths = 0;
    const delayMs = DELAYS_MS[Math.min(this.#deaths, DELAYS_MS.length - 1)] ?? 0;
    this.#deaths += 1;
    return delayMs;
  }
}
