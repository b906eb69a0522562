import { ModelError } from './llm.ts';
import { PatienceTimer, type Patience } from './patience.ts';

export interface Watch {
  signal: AbortSignal;
  /** To be called whenever a piece of the result has come. */
  progress: () => void;
  /** To be called when a part of the result is of use already: see `PatienceTimer.extend`. */
  extend: (wholeMs: number) => void;
}

/**
 * Runs `work` with a signal that fires when patience runs out or when `outer` does, and stops waiting
 * at that moment even when `work` does not listen to its signal.
 * @param patience a number of milliseconds for all of it, or how long for which part of it.
 * @throws ModelError of kind `timeout` after the deadline; the reason of `outer` when that fired.
 */
export async function withDeadline<T>(
  patience: number | Patience,
  outer: AbortSignal | undefined,
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const inner = new AbortController();
  // Which of the two came first decides what the caller is told.
  let stopped: unknown;
  return await new Promise<T>((resolve, reject) => {
    const stop = (reason: unknown): void => {
      stopped ??= reason;
      inner.abort();
      reject(stopped as Error);
    };
    const timer = new PatienceTimer(
      typeof patience === 'number'
        ? { firstMs: patience, stallMs: patience, wholeMs: patience }
        : patience,
      (why) => stop(new ModelError('timeout', why)),
    );
    const onOuter = (): void => stop(outer?.reason);
    outer?.addEventListener('abort', onOuter, { once: true });
    work({
      signal: inner.signal,
      progress: () => timer.progress(),
      extend: (wholeMs) => timer.extend(wholeMs),
    })
      .then(resolve, (error: unknown) => reject((stopped ?? error) as Error))
      .finally(() => {
        timer.stop();
        outer?.removeEventListener('abort', onOuter);
      });
  });
}

/** Waits; @throws the reason of `signal` when it fires first. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms <= 0) return;
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
