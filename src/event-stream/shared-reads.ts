/**
 * Reads for many at once: who asks for the same gets the same, and only a few reads run at a time, so that
 * streams leave the connections of the process to others.
 */
export class SharedReads {
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atOnce = 2) {
    this.#free = atOnce;
  }

  /** @param name of what is read, and since when it may have been read */
  read<T>(name: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(name) as Promise<T> | undefined;
    if (running) return running;
    const reading = this.#inTurn(work).finally(() => this.#running.delete(name));
    this.#running.set(name, reading);
    return reading;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
