import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { Heard } from '../workflows/contract.ts';
import { beating } from './heartbeat.ts';
import type { CallSoFar, Orchestrator, Reply } from './ports.ts';

export interface ReplyRequest {
  call: CallSoFar;
  heard: Heard;
}

/** Asks the orchestrator for the assistant's next words. */
export function createReplier(orchestrator: Orchestrator & { ready(): Promise<void> }) {
  return {
    /** @throws ApplicationFailure `ModelFailed`, not to be retried, when no model answered. */
    async reply({ call, heard }: ReplyRequest): Promise<Reply> {
      const { cancellationSignal: signal, cancelled } = Context.current();
      try {
        return await beating(() =>
          // `cancelled` rejects at once, also when a model does not heed the signal.
          Promise.race([orchestrator.generateReply(call, heard, { signal }), cancelled]),
        );
      } catch (error) {
        if (signal.aborted) throw asCancelled(Context.current());
        const name = error instanceof Error ? error.name : 'unknown';
        // Only the name: a model's error may quote what was said.
        throw ApplicationFailure.nonRetryable(`No model answered (${name})`, 'ModelFailed');
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
