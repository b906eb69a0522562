import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { Heard, TurnKey } from '../workflows/contract.ts';
import type { CallSoFar, Orchestrator, Reply } from './ports.ts';

export interface ReplyRequest {
  key: TurnKey;
  call: CallSoFar;
  heard: Heard;
}

/** Well below the heartbeat timeout of 2 s, so that one lost beat does no harm. */
const HEARTBEAT_MS = 400;

/** Asks the orchestrator for the assistant's next words. */
export function createReplier(orchestrator: Orchestrator & { ready(): Promise<void> }) {
  return {
    /** @throws ApplicationFailure `ModelFailed`, not to be retried, when no model answered. */
    async reply({ call, heard }: ReplyRequest): Promise<Reply> {
      const context = Context.current();
      const beat = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
      context.heartbeat();
      try {
        const signal = context.cancellationSignal;
        // `cancelled` rejects at once, also when a model does not heed the signal.
        return await Promise.race([
          orchestrator.generateReply(call, heard, { signal }),
          context.cancelled,
        ]);
      } catch (error) {
        if (context.cancellationSignal.aborted) throw asCancelled(context);
        const name = error instanceof Error ? error.name : 'unknown';
        // Only the name: a model's error may quote what was said.
        throw ApplicationFailure.nonRetryable(`No model answered (${name})`, 'ModelFailed');
      } finally {
        clearInterval(beat);
      }
    },

    async askModelsReady(): Promise<void> {
      await orchestrator.ready();
    },
  };
}

/** A worker that shuts down gives its reply to another one; otherwise nobody wants it any more. */
function asCancelled(context: Context): Error {
  const isShutdown = context.cancellationDetails?.workerShutdown ?? false;
  return isShutdown
    ? ApplicationFailure.retryable('The worker is shutting down', 'WorkerShutdown')
    : new CancelledFailure('The reply is no longer wanted');
}
