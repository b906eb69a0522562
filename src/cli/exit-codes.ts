/** What scripts can tell apart. */
import { CallRequestError, NotReadyError } from '../call-errors.ts';
import { ApiProblem, kindOf, SignInError } from './api-errors.ts';

export const EXIT = { ok: 0, failed: 1, usage: 2, notReady: 3, denied: 4 } as const;

/** The exit code of a command that ended with this error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ApiProblem) return EXIT[kindOf(error)];
  if (error instanceof SignInError) return EXIT.denied;
  if (error instanceof NotReadyError) return EXIT.notReady;
  return error instanceof CallRequestError ? EXIT.usage : EXIT.failed;
}
