/** What was asked for with `flush` and not answered yet, the oldest first. */

export interface PendingFlush {
  /** How much audio had been sent. */
  readonly atMs: number;
  /** Whether voice was detected since the flush before. */
  readonly hasVoice: boolean;
  /** No answer has come for so long that there may be none. */
  readonly isQuiet: boolean;
}

interface Entry extends PendingFlush {
  isQuiet: boolean;
  timers: NodeJS.Timeout[];
}

export interface FlushTimes {
  /** After so long `onQuiet` is asked whether there is anything to wait for. */
  quietMs: number;
  /** After so long it is too late. */
  deadlineMs: number;
}

export class PendingFlushes {
  readonly #times: FlushTimes;
  readonly #onQuiet: (flush: PendingFlush) => void;
  readonly #onLate: () => void;
  readonly #entries: Entry[] = [];

  constructor(times: FlushTimes, onQuiet: (flush: PendingFlush) => void, onLate: () => void) {
    this.#times = times;
    this.#onQuiet = onQuiet;
    this.#onLate = onLate;
  }

  get oldest(): PendingFlush | undefined {
    return this.#entries[0];
  }

  add(flush: Omit<PendingFlush, 'isQuiet'>): void {
    const entry: Entry = { ...flush, isQuiet: false, timers: [] };
    const { quietMs, deadlineMs } = this.#times;
    const onQuiet = (): void => {
      entry.isQuiet = true;
      this.#onQuiet(entry);
    };
    entry.timers = [setTimeout(onQuiet, quietMs), setTimeout(() => this.#onLate(), deadlineMs)];
    this.#entries.push(entry);
  }

  /** Takes out those that asked for no more than `atMs`, and says how many these are. */
  takeThrough(atMs: number): number {
    let count = 0;
    for (let [first] = this.#entries; first && first.atMs <= atMs; [first] = this.#entries) {
      for (const each of first.timers) clearTimeout(each);
      this.#entries.shift();
      count += 1;
    }
    return count;
  }

  clear(): void {
    this.takeThrough(Infinity);
  }
}
