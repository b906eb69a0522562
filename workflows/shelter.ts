/**
 * A scope for work that no cancellation reaches, made once and used any number of times. Of every
 * other scope the SDK remembers each scope below it, with what was done in there, for as long as the
 * scope itself lives, because a cancellation would have to be handed on. A call is thousands of such
 * scopes; here there is nothing to hand on, so nothing is remembered.
 */
import { CancellationScope } from '@temporalio/workflow';

export function createShelter(): CancellationScope {
  const scope = new CancellationScope({ cancellable: false });
  Object.defineProperty(scope, 'cancelRequested', { value: NEVER });
  return scope;
}

/** A promise that is never settled, and so need not keep who waits for it, as a real one would. */
const NEVER: Promise<never> = {
  then: () => NEVER,
  catch: () => NEVER,
  finally: () => NEVER,
  [Symbol.toStringTag]: 'Promise',
};
