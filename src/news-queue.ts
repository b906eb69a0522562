/** Sends one thing after the other, each until it is taken. Whoever adds never waits. */

/** A conversation of hours without a single word taken; more is not kept. */
const MOST_WAITING = 5_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

export interface NewsQueueOptions<T> {
  /** Rejects when it is to be tried again. */
  send(item: T): Promise<void>;
  /** Nothing waits any more. */
  onEmpty(): void;
}

export class NewsQueue<T> {
  readonly #options: NewsQueueOptions<T>;
  readonly #waiting: T[] = [];
  #sending: Promise<void> | undefined;
  #hasGivenUp = false;

  constructor(options: NewsQueueOptions<T>) {
    this.#options = options;
  }

  /** @returns false when it was dropped, as too much waits already. */
  add(item: T): boolean {
    if (this.#hasGivenUp || this.#waiting.length >= MOST_WAITING) return false;
    this.#waiting.push(item);
    this.#sending ??= this.#sendAll();
    return true;
  }

  /** Resolves when everything that was added is taken, or is given up. */
  async settled(): Promise<void> {
    while (this.#sending) await this.#sending;
  }

  giveUp(): void {
    this.#hasGivenUp = true;
    this.#waiting.length = 0;
  }

  async #sendAll(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    for (let item = this.#waiting[0]; item !== undefined; item = this.#waiting[0]) {
      try {
        await this.#options.send(item);
        this.#waiting.shift();
        pauseMs = FIRST_PAUSE_MS;
      } catch {
        if (this.#hasGivenUp) break;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      }
    }
    this.#sending = undefined;
    this.#options.onEmpty();
  }
}
