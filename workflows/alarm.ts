import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/**
 * One timer for all deadlines of a call. Every timer is events of the history, and most deadlines
 * move away before they come, so a deadline that moves later leaves the timer alone: it rings at
 * the old time, and whoever listens looks at the deadlines and sets it again.
 */
export class Alarm {
  readonly #ring: () => void;
  #armedFor: number | undefined;
  #scope: CancellationScope | undefined;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings at `at` (ms) or earlier. `name` is what the Temporal UI shows. */
  set(at: number, name: string): void {
    if (this.#armedFor !== undefined && this.#armedFor <= at) return;
    this.#scope?.cancel();
    this.#armedFor = at;
    this.#scope = new CancellationScope();
    this.#scope
      .run(() => sleep(Math.max(1, at - Date.now()), { summary: name }))
      .then(
        () => {
          this.#armedFor = undefined;
          this.#ring();
        },
        (error: unknown) => {
          if (!isCancellation(error)) throw error;
        },
      );
  }
}
