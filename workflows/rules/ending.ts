/** The end of a call, in order: whatever is under way is dropped, the first reason given stays. */
import type { EndReason } from '../contract.ts';
import { recordAnswer } from './answered.ts';
import { setCloseDeadline, setGoodbyeDeadline } from './deadlines.ts';
import type { Draft } from './state.ts';
import { record } from './state.ts';
import { decideHangup, openHangup } from './steps.ts';
import { stopSession } from './stream-loss.ts';
import { abandonThinking, markUncollected } from './turns.ts';

/** The call is over. The first reason given stays. */
export function finish(draft: Draft, reason: EndReason, durationSeconds?: number): void {
  const { state } = draft;
  if (state.status === 'ended') return;
  abandonThinking(draft, 'unanswered');
  markUncollected(draft);
  if (state.stream?.is === 'attached') stopSession(draft);
  state.status = 'ended';
  state.endReason = state.ending ?? reason;
  state.endedAt = draft.at;
  if (durationSeconds !== undefined) state.durationSeconds = durationSeconds;
  setCloseDeadline(draft);
  recordAnswer(draft);
  record(draft, {
    type: 'call.ended',
    reason: state.endReason,
    ...(state.callSid !== undefined && { callSid: state.callSid }),
    ...(durationSeconds !== undefined && { durationSeconds }),
  });
}

/** Ends the call from our side; the first reason given stays. */
export function endNow(draft: Draft, reason: EndReason, message: string): void {
  const { state } = draft;
  if (state.status === 'ended' || state.status === 'speaking') return;
  const key = state.thinkingKey;
  abandonThinking(draft, 'unanswered');
  // A webhook waits for this turn: it takes the last words, so they are not sent twice.
  if (key !== undefined && state.mode !== 'stream')
    return decideHangup(draft, key, message, reason);
  openHangup(draft, message);
  state.status = 'speaking';
  state.ending ??= reason;
  setGoodbyeDeadline(draft, message);
  if (state.callSid === undefined) return; // hung up as soon as it is known
  // Twilio speaks only in a call that was answered (error 21220).
  draft.effects.push({ do: 'hang-up', say: state.answeredAt === undefined ? '' : message });
}
