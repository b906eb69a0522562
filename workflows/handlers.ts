/**
 * What stands around every handler of a message. An error that is not Temporal's own would make the
 * server try the workflow task again for ever, and the caller would hear nothing any more.
 */
import { ApplicationFailure, CancellationScope, log, TemporalFailure } from '@temporalio/workflow';

/** For a signal. Nobody waits for it: a bad one is logged and forgotten. */
export function guarded<T>(handle: (payload: T) => void): (payload: T) => void {
  return (payload) => {
    // What it starts must not end with the cancellation of the workflow.
    CancellationScope.nonCancellable(async () => handle(payload)).catch((error: unknown) => {
      log.error('a signal was ignored', { error });
    });
  };
}

/** For an update. Whoever waits is told that it failed; a cancelled workflow still answers. */
export function answering<T, R>(handle: (payload: T) => Promise<R>): (payload: T) => Promise<R> {
  return (payload) =>
    CancellationScope.nonCancellable(async () => {
      try {
        return await handle(payload);
      } catch (error) {
        if (error instanceof TemporalFailure) throw error;
        log.error('an update failed', { error });
        throw ApplicationFailure.nonRetryable('The update failed', 'UpdateFailed');
      }
    });
}
