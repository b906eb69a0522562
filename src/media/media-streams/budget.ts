/** So much in a second on average; what was not used may come at once, up to `burst`. */
export class Budget {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #now: () => number;
  #left: number;
  #atMs: number;

  constructor(perSecond: number, burst: number, now: () => number = () => performance.now()) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#now = now;
    this.#left = burst;
    this.#atMs = now();
  }

  /** @returns false when that is too much; nothing is taken then. */
  take(amount: number): boolean {
    const now = this.#now();
    this.#left = Math.min(this.#burst, this.#left + (now - this.#atMs) * this.#perMs);
    this.#atMs = now;
    if (amount > this.#left) return false;
    this.#left -= amount;
    return true;
  }
}
