import { ModelError } from './llm.ts';

/**
 * Runs `work` with a signal that fires after `timeoutMs` or when `outer` does, and stops waiting at
 * that moment even when `work` does not listen to its signal.
 * @throws ModelError of kind `timeout` after the deadline; the reason of `outer` when that fired.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
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
    const timer = setTimeout(
      () => stop(new ModelError('timeout', `the model did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const onOuter = (): void => stop(outer?.reason);
    outer?.addEventListener('abort', onOuter, { once: true });
    work(inner.signal)
      .then(resolve, (error: unknown) => reject((stopped ?? error) as Error))
      .finally(() => {
        clearTimeout(timer);
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
