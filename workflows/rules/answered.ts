/** That a call is up: its id at Twilio, and that it was answered. */
import type { Assistant } from '../assistant.ts';
import type { AssistantRef } from '../events.ts';
import { setAnsweredDeadlines, setRingDeadline } from './deadlines.ts';
import { GREETING_KEY } from './keys.ts';
import type { Draft } from './state.ts';
import { record } from './state.ts';

export function isForeign(draft: Draft, callSid: string): boolean {
  return draft.state.callSid !== undefined && draft.state.callSid !== callSid;
}

/**
 * Twilio's own id of the call is known from now on. A call that nobody wants any more is hung up
 * as soon as it can be, unless the caller of this function sees to that (`isSeenTo`).
 */
export function adoptCallSid(draft: Draft, callSid: string, isSeenTo = false): void {
  const { state } = draft;
  if (state.callSid !== undefined) return;
  state.callSid = callSid;
  if (state.call.direction === 'inbound') return;
  state.dial = 'accepted';
  const isUnwanted = state.status === 'ended' || state.ending !== undefined;
  if (isUnwanted && !isSeenTo) draft.effects.push({ do: 'hang-up', say: '' });
  if (state.status === 'ended') return;
  record(draft, { type: 'call.queued', callSid });
  setRingDeadline(draft);
}

/** `agoSeconds`: only an answered call is ever completed, so it was answered that long ago. */
export function markAnswered(draft: Draft, agoSeconds = 0): void {
  const { state } = draft;
  if (state.answeredAt !== undefined || state.callSid === undefined) return;
  if (state.status === 'ended') return;
  state.answeredAt = Math.max(state.startedAt, draft.at - agoSeconds * 1000);
  setAnsweredDeadlines(draft);
}

/** With the words that were really decided for the beginning; at the end without, if none were. */
export function recordAnswer(draft: Draft): void {
  const { state } = draft;
  const { callSid, answeredAt, assistant } = state;
  if (state.isAnswerRecorded || answeredAt === undefined || callSid === undefined) return;
  state.isAnswerRecorded = true;
  const greeting = state.decided[GREETING_KEY]?.say ?? '';
  record(draft, { type: 'call.answered', callSid, greeting, ...refTo(assistant) }, answeredAt);
}

export function refTo(assistant: Assistant | undefined): { assistant?: AssistantRef } {
  if (!assistant) return {};
  const { id, version, workspaceId } = assistant;
  return { assistant: { id, version, ...(workspaceId !== undefined && { workspaceId }) } };
}
