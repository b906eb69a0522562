import { ApplicationFailure, Context } from '@temporalio/activity';

/** Well below the heartbeat timeouts of 2 s, so that one lost beat does no harm. */
const BEAT_MS = 400;

/**
 * Does the work of an activity while its heart beats, so that the death of this worker is noticed
 * within the heartbeat timeout and not only after the longest time that the work may take.
 *
 * A worker that shuts down gives work that takes too long away at last: another one does it again.
 * Only what may not be done twice is `finished` here, as long as the process lives.
 * @throws ApplicationFailure `WorkerShutdown`, to be retried, when it was given away.
 */
export async function beating<T>(
  work: () => Promise<T>,
  { finished = false, everyMs = BEAT_MS }: { finished?: boolean; everyMs?: number } = {},
): Promise<T> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), everyMs);
  try {
    return await (finished ? work() : Promise.race([work(), givenAway(context)]));
  } finally {
    clearInterval(beat);
  }
}

/** Rejects when this worker has waited long enough; never settles before. */
async function givenAway(context: Context): Promise<never> {
  try {
    return await context.cancelled;
  } catch {
    // Otherwise nobody waits for it any more; that is for the work itself to heed, or not.
    if (!context.cancellationDetails?.workerShutdown) return new Promise(() => undefined);
    throw ApplicationFailure.retryable('The worker is shutting down', 'WorkerShutdown');
  }
}
