import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { beating } from './heartbeat.ts';
import type { AssistantChoice, AssistantQuestion, AssistantRequests } from './ports.ts';

/** Asks a customer's server who answers a call, and with what. */
export function createAssistantAsker(requests: AssistantRequests) {
  return {
    /**
     * Null: nobody is asked any more.
     * @throws ApplicationFailure whose `type` says what was wrong: a word of ours, nothing of the answer.
     */
    async askWhoAnswers(question: AssistantQuestion): Promise<AssistantChoice | null> {
      const { cancellationSignal: signal, cancelled } = Context.current();
      try {
        const asking = requests.ask(question, { signal });
        return (await beating(() => Promise.race([asking, cancelled]))) ?? null;
      } catch (error) {
        if (signal.aborted) throw asCancelled(Context.current());
        throw asFailure(error);
      }
    },
  };
}

function asFailure(error: unknown): ApplicationFailure {
  const { code, retryable } = (error ?? {}) as { code?: unknown; retryable?: unknown };
  const type = typeof code === 'string' ? code : 'unknown';
  return ApplicationFailure.create({
    message: `Who answers was not told (${type})`,
    type,
    nonRetryable: retryable !== true,
  });
}

/** A worker that shuts down gives the question to another one. */
function asCancelled(context: Context): Error {
  const isShutdown = context.cancellationDetails?.workerShutdown ?? false;
  return isShutdown
    ? ApplicationFailure.retryable('The worker is shutting down', 'WorkerShutdown')
    : new CancelledFailure('The answer is no longer wanted');
}
