/** How fast, and how much at once. Pure: the time comes from outside, in milliseconds. */

/** Spreads starts evenly: between two of them there is always the same time, or more. */
export class Pacer {
  #dueMs = -Infinity;

  /** How long to wait before the next start. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#dueMs - nowMs);
  }

  /** One has started. What was late is not caught up with: that would be too many at once. */
  started(nowMs: number, perSecond: number): void {
    const intervalMs = SECOND_MS / perSecond;
    // Timers are late by a moment; the pace is that of the times that were meant.
    const lateMs = nowMs - this.#dueMs;
    this.#dueMs = (lateMs < Math.min(intervalMs, TIMER_LATE_MS) ? this.#dueMs : nowMs) + intervalMs;
  }
}

const TIMER_LATE_MS = 3;
/** A little long: also those that were late, or held up on the way, are never one too many in a second. */
const SECOND_MS = 1010;

/**
 * How many requests one receiver gets at once: few at first, one more with each success, half of them after
 * a failure. Hundreds of receivers that accept and never answer then hold few sockets each.
 */
export class SendWindow {
  readonly #most: number;
  #size: number;

  /** @param isDown the receiver has failed so often that it gets one request at a time */
  constructor(most: number, isDown: boolean) {
    this.#most = most;
    this.#size = isDown ? 1 : Math.min(FIRST, most);
  }

  get size(): number {
    return this.#size;
  }

  succeeded(): void {
    this.#size = Math.min(this.#most, this.#size + 1);
  }

  failed(): void {
    this.#size = Math.max(1, Math.floor(this.#size / 2));
  }
}

const FIRST = 2;
