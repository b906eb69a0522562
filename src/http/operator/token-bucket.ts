/** Holds back those who ask too often. One for all clients of a process: behind a proxy all look alike. */
export class TokenBucket {
  readonly #size: number;
  readonly #perSecond: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(size: number, perSecond: number, now: () => number = () => performance.now()) {
    this.#size = size;
    this.#perSecond = perSecond;
    this.#now = now;
    this.#tokens = size;
    this.#at = now();
  }

  /** @returns 0 when it may go on, else after how many whole seconds to try again. */
  take(): number {
    const now = this.#now();
    const fresh = ((now - this.#at) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#size, this.#tokens + fresh);
    this.#at = now;
    if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) / this.#perSecond);
    this.#tokens -= 1;
    return 0;
  }
}
