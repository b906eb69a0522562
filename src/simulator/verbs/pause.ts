import { integerOf, NEXT } from '../verb-context.ts';
import type { Verb } from '../verb-context.ts';

/** `<Pause>`: silence of `length` seconds, 1 by default. */
export const pause: Verb = async (element, context) => {
  await context.clock.sleep(integerOf(element, 'length', 1, context) * 1_000, context.signal);
  return NEXT;
};
