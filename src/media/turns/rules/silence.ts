/** When nobody speaks: the caller is asked again, and at last the call ends. */
import { hasCallerFloor } from '../floor.ts';
import type { Draft, Look } from '../state.ts';
import { beginTurn } from './turn.ts';

/** Noises of the caller put the question off, but not for longer than so many times the wait. */
const MOST_WAITS = 3;

export function silence(draft: Draft): Look {
  const { state, at } = draft;
  const { answer, aside, bridge, caller, quietSince, unanswered } = state;
  const isAssistantBusy = answer ?? aside ?? bridge ?? unanswered;
  if (isAssistantBusy !== undefined || hasCallerFloor(state)) return undefined;
  const waitMs = Math.max(1, state.assistant.listen.timeoutSeconds) * 1_000;
  const sinceNoise = Math.min(caller.endedAt + waitMs, quietSince + MOST_WAITS * waitMs);
  const due = Math.max(quietSince + waitMs, sinceNoise);
  if (at < due) return due;
  state.silences += 1;
  beginTurn(draft, { kind: 'silence' });
  return 'again';
}
