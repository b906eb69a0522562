import { CancellationScope, isCancellation, log, sleep } from '@temporalio/workflow';
import { createShelter } from './shelter.ts';

/**
 * One timer for all deadlines of a call. Every timer is events of the history, and most deadlines
 * move away before they come, so a deadline that moves later leaves the timer alone: it rings at
 * the old time, and whoever listens looks at the deadlines and sets it again.
 */
export class Alarm {
  readonly #shelter = createShelter();
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
    this.#sleep(at, name).catch((error: unknown) => {
      if (!isCancellation(error)) log.error('a deadline of the call was lost', { error });
    });
  }

  /** In a scope below one that nobody cancels: whatever sets the alarm, only a new time ends it. */
  #sleep(at: number, name: string): Promise<void> {
    return this.#shelter.run(async () => {
      const scope = new CancellationScope();
      this.#scope = scope;
      await scope.run(() => sleep(Math.max(1, at - Date.now()), { summary: name }));
      this.#armedFor = undefined;
      this.#ring();
    });
  }
}
