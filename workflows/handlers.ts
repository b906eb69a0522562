/**
 * What stands around every handler of a message. An error that is not Temporal's own would make the
 * server try the workflow task again for ever, and the caller would hear nothing any more.
 */
import type { CancellationScope } from '@temporalio/workflow';
import { ApplicationFailure, log, TemporalFailure } from '@temporalio/workflow';

/**
 * For a signal. Nobody waits for it: a bad one is logged and forgotten.
 * @param shelter what it starts must not end with the cancellation of the workflow
 */
export function guarded<T>(
  shelter: CancellationScope,
  handle: (payload: T) => void,
): (payload: T) => void {
  return (payload) => {
    shelter
      .run(async () => handle(payload))
      .catch((error: unknown) => {
        log.error('a signal was ignored', { error });
      });
  };
}

/** For an update. Whoever waits is told that it failed; a cancelled workflow still answers. */
export function answering<T, R>(
  shelter: CancellationScope,
  handle: (payload: T) => Promise<R>,
): (payload: T) => Promise<R> {
  return (payload) =>
    shelter.run(async () => {
      try {
        return await handle(payload);
      } catch (error) {
        if (error instanceof TemporalFailure) throw error;
        log.error('an update failed', { error });
        throw ApplicationFailure.nonRetryable('The update failed', 'UpdateFailed');
      }
    });
}
