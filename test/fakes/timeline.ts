/** Time that passes only when it is told to: a clock and timers that follow it. */
import type { Clock } from '../../src/media/ticker.ts';

interface Timer {
  dueMs: number;
  call: () => void;
}

export class Timeline implements Clock {
  #nowMs = 0;
  #timers: Timer[] = [];

  now(): number {
    return this.#nowMs;
  }

  readonly setTimer = (call: () => void, ms: number): { unref(): void } => {
    this.#timers.push({ dueMs: this.#nowMs + Math.max(0, ms), call });
    return { unref: () => {} };
  };

  /** Lets time pass; what is due happens at its time. */
  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let timer = this.#takeDue(untilMs); timer; timer = this.#takeDue(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      timer.call();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** The event loop stands still: what becomes due happens late, when time passes again. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }

  #takeDue(untilMs: number): Timer | undefined {
    const due = this.#timers.filter((timer) => timer.dueMs <= untilMs);
    const first = due.toSorted((a, b) => a.dueMs - b.dueMs)[0];
    if (first) this.#timers.splice(this.#timers.indexOf(first), 1);
    return first;
  }
}
