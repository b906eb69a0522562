/** How long one try may take, in milliseconds. */
export interface Patience {
  /** For the first piece of the answer, and for all of an answer that does not come in pieces. */
  firstMs: number;
  /** Between two pieces. */
  stallMs: number;
  /** For the whole answer, once it comes in pieces. */
  wholeMs: number;
}

/**
 * Runs out when nothing has come for too long, so that a model that falls silent in mid-answer is
 * given up sooner than one that still has to begin. Calls `expired` at most once.
 */
export class PatienceTimer {
  #patience: Patience;
  readonly #expired: (why: string) => void;
  readonly #startedAt = performance.now();
  #lastAt: number | undefined;
  #timer: NodeJS.Timeout;

  constructor(patience: Patience, expired: (why: string) => void) {
    this.#patience = patience;
    this.#expired = expired;
    this.#timer = setTimeout(() => this.#look(), patience.firstMs);
  }

  /** A piece has come. Costs a moment only: the timer is not set anew for each of a hundred pieces. */
  progress(): void {
    const isFirst = this.#lastAt === undefined;
    this.#lastAt = performance.now();
    if (isFirst) this.#wait();
  }

  /** A part of the answer is of use already: all of it may take so many milliseconds. */
  extend(wholeMs: number): void {
    this.#patience = { ...this.#patience, wholeMs };
    this.#lastAt ??= performance.now();
    this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    const { firstMs, wholeMs, stallMs } = this.#patience;
    if (this.#lastAt === undefined) {
      return this.#expired(`the model did not answer within ${firstMs} ms`);
    }
    if (this.#leftMs() > 0) return this.#wait();
    const isStalled = performance.now() - this.#lastAt >= stallMs - 1;
    this.#expired(
      isStalled
        ? `the model fell silent for ${stallMs} ms in mid-answer`
        : `the model did not end its answer within ${wholeMs} ms`,
    );
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), Math.max(1, this.#leftMs()));
  }

  #leftMs(): number {
    const { stallMs, wholeMs } = this.#patience;
    const endsAt = Math.min((this.#lastAt ?? 0) + stallMs, this.#startedAt + wholeMs);
    return Math.ceil(endsAt - performance.now());
  }
}
