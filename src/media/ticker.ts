/** The 20 ms beat that all streams of a process share, on an absolute clock: it does not drift. */

/** Milliseconds that only grow; where they begin means nothing. */
export interface Clock {
  now(): number;
}

export const MONOTONIC: Clock = { now: () => performance.now() };

export interface Ticker {
  /**
   * `onTick` is called at every beat until the function that is returned was called. Beats that the
   * event loop has slept through are not made up for: who is called looks at the clock.
   */
  add(onTick: (nowMs: number) => void): () => void;
  /** Ends all calls. */
  close(): void;
}

export interface TickerOptions {
  clock?: Clock;
  periodMs?: number;
  /** How late each beat was: the delay of the event loop as the streams feel it. */
  onBeat?: (lateMs: number) => void;
  /** `setTimeout`, or a test's. */
  setTimer?: (call: () => void, ms: number) => { unref?(): unknown };
}

export const TICK_MS = 20;

export function createTicker(options: TickerOptions = {}): Ticker {
  return new SharedTicker(options);
}

class SharedTicker implements Ticker {
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #onBeat: (lateMs: number) => void;
  readonly #setTimer: NonNullable<TickerOptions['setTimer']>;
  readonly #calls = new Set<(nowMs: number) => void>();
  #dueMs: number | undefined;

  constructor(options: TickerOptions) {
    this.#clock = options.clock ?? MONOTONIC;
    this.#periodMs = options.periodMs ?? TICK_MS;
    this.#onBeat = options.onBeat ?? (() => {});
    this.#setTimer = options.setTimer ?? setTimeout;
  }

  add(onTick: (nowMs: number) => void): () => void {
    const call = (nowMs: number) => onTick(nowMs);
    this.#calls.add(call);
    if (this.#dueMs === undefined) this.#waitForNext(this.#clock.now());
    return () => {
      this.#calls.delete(call);
    };
  }

  close(): void {
    this.#calls.clear();
  }

  #waitForNext(nowMs: number): void {
    const due = (Math.floor(nowMs / this.#periodMs) + 1) * this.#periodMs;
    this.#dueMs = due;
    this.#setTimer(() => this.#beat(due), due - nowMs).unref?.();
  }

  #beat(dueMs: number): void {
    const nowMs = this.#clock.now();
    // Timers of Node count whole milliseconds and may fire a little early.
    if (nowMs < dueMs) {
      this.#setTimer(() => this.#beat(dueMs), dueMs - nowMs).unref?.();
      return;
    }
    this.#dueMs = undefined;
    if (this.#calls.size === 0) return;
    this.#onBeat(nowMs - dueMs);
    this.#waitForNext(nowMs);
    for (const call of this.#calls) call(nowMs);
  }
}
