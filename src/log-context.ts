/** What is being done while a line is written: every line of a call names the call and its turn. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogFields } from './log-fields.ts';

/** Asked when a line is written, because a webhook is read only after its work has begun. */
export type LogContext = () => LogFields;

const contexts = new AsyncLocalStorage<LogContext>();

/** Every line that is written by `work`, and by all that it starts, carries these fields too. */
export function withLogContext<T>(context: LogContext, work: () => T): T {
  return contexts.run(context, work);
}

/** The fields of what is being done now; none outside of a call. */
export function contextFields(): LogFields | undefined {
  return contexts.getStore()?.();
}
