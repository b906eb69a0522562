/** A few words while the caller waits for an answer: never over him, never into the answer. */
import { hasCallerFloor } from '../floor.ts';
import type { TalkPlan } from '../plan.ts';
import type { Answer, Draft, Look } from '../state.ts';
import { sayAside } from './speaking.ts';

export function fillers(draft: Draft): Look {
  const { state, at } = draft;
  const { answer, plan } = state;
  const { after, every, phrases } = plan.filler;
  // Whatever was given to the voice, or is ready for it, is better than a filler.
  const isWaiting = answer?.phase === 'thinking' && answer.reply !== undefined;
  if (!isWaiting || answer.clauses.length > 0 || state.bridge !== undefined) return undefined;
  const phrase = phrases[state.fillers % Math.max(1, phrases.length)];
  if (phrase === undefined || state.aside || hasCallerFloor(state)) return undefined;
  const waitMs = answer.fillers === 0 ? after - waitedBefore(answer, plan) : every;
  const due = Math.max(answer.waitingSince + waitMs, state.backOffUntil);
  if (at < due) return due;
  sayAside(draft, 'filler', phrase);
  state.fillers += 1;
  answer.fillers += 1;
  answer.waitingSince = at;
  return 'again';
}

/**
 * The caller waits since his voice has ended. What a sentence needs to be taken for one counts as part of
 * it; a longer wait for more words does not, or each of them would be followed by a filler.
 */
function waitedBefore({ timings }: Answer, { endpointing }: TalkPlan): number {
  return Math.min(timings.committedMs ?? 0, endpointing.afterPunctuation);
}
