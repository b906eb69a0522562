import { Context } from '@temporalio/activity';

/** Well below the heartbeat timeouts of 2 s, so that one lost beat does no harm. */
const BEAT_MS = 400;

/**
 * Does the work of an activity while its heart beats, so that the death of this worker is noticed
 * within the heartbeat timeout and not only after the longest time that the work may take.
 */
export async function beating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}
