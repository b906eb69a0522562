import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { Heard, ModelTry } from '../workflows/contract.ts';
import { beating } from './heartbeat.ts';
import type { CallSoFar, Orchestrator, Reply, Summary } from './ports.ts';

export interface ReplyRequest {
  call: CallSoFar;
  heard: Heard;
}

export interface SummaryRequest {
  call: CallSoFar;
  /** The call is over: its summary is for the calls to come, and tells earlier ones too. */
  isOver?: boolean;
}

/** Asks the orchestrator for the assistant's next words, and for summaries. */
export function createReplier(orchestrator: Orchestrator & { ready(): Promise<void> }) {
  return {
    /**
     * @throws ApplicationFailure `ModelFailed`, not to be retried, when no model answered; the first of
     * its details is the list of tries.
     */
    reply: ({ call, heard }: ReplyRequest): Promise<Reply> =>
      asked((signal) => orchestrator.generateReply(call, heard, { signal })),

    /** Makes a long call short, or one that is over. @throws ApplicationFailure `ModelFailed`, as `reply` does. */
    summarize: ({ call, isOver = false }: SummaryRequest): Promise<Summary> =>
      asked((signal) => orchestrator.summarize(call, { signal, isOver })),

    async askModelsReady(): Promise<void> {
      await orchestrator.ready();
    },
  };
}

async function asked<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { cancellationSignal: signal, cancelled } = Context.current();
  try {
    // `cancelled` rejects at once, also when a model does not heed the signal.
    return await beating(() => Promise.race([work(signal), cancelled]));
  } catch (error) {
    if (signal.aborted) throw asCancelled(Context.current());
    const name = error instanceof Error ? error.name : 'unknown';
    // Only the name: a model's error may quote what was said.
    const message = `No model answered (${name})`;
    throw ApplicationFailure.nonRetryable(message, 'ModelFailed', triesOf(error));
  }
}

/** What the orchestrator tells of the questions that failed; it holds names and times alone. */
function triesOf(error: unknown): ModelTry[] {
  const { tries } = (error ?? {}) as { tries?: unknown };
  return Array.isArray(tries) ? (tries as ModelTry[]) : [];
}

/** A worker that shuts down gives its reply to another one; otherwise nobody wants it any more. */
function asCancelled(context: Context): Error {
  const isShutdown = context.cancellationDetails?.workerShutdown ?? false;
  return isShutdown
    ? ApplicationFailure.retryable('The worker is shutting down', 'WorkerShutdown')
    : new CancelledFailure('The reply is no longer wanted');
}
