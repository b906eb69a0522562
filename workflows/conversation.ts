/**
 * A call as a pure state machine: `(state, event) → state and what to do`. It knows neither
 * Temporal nor Twilio, so it is tested in every order of events without either.
 *
 * The rules are in `rules/`: what becomes of words (`turns.ts`), how a call begins and ends
 * (`lifecycle.ts`, `answered.ts`, `ending.ts`), what the caller hears (`steps.ts`), what the model is
 * told of a long call (`memory.ts`), when to look after it (`deadlines.ts`), how streams of audio follow
 * each other (`streams.ts`, `stream-loss.ts`), and what is told of them (`stream-news.ts`).
 */
import type { CallInput, CallSnapshot, Step, TurnKey } from './contract.ts';
import {
  begin,
  endByOperator,
  takeAssistant,
  takeCarrierAnswer,
  takeCarrierFailure,
  takeDialResult,
  takeStatus,
  takeTime,
} from './rules/lifecycle.ts';
import { compareKeys, GREETING_KEY } from './rules/keys.ts';
import { carriedTurns, isTurnKnown, takeSummary, takeSummaryFailure } from './rules/memory.ts';
import type { Conversation, ConversationEvent, Draft, Effect } from './rules/state.ts';
import { isoTime } from './rules/state.ts';
import { overStep, resumeStep } from './rules/steps.ts';
import { takeNews } from './rules/stream-news.ts';
import { attach, reconnect, takeSessionOver } from './rules/streams.ts';
import { apologize, hear, takeReply } from './rules/turns.ts';

/** So many newest steps are kept for late duplicates when the call continues as new. */
const CARRIED_STEPS = 8;

export function newConversation(call: CallInput, at: number): Conversation {
  return {
    call,
    status: call.direction === 'outbound' ? 'dialling' : 'ringing',
    ...(call.callSid !== undefined && { callSid: call.callSid }),
    turns: [],
    decided: {},
    collected: [],
    silences: 0,
    carrierFailures: 0,
    deadlines: {},
    startedAt: at,
  };
}

/** Applies one event. The given state is not changed. */
export function reduce(
  before: Conversation,
  event: ConversationEvent,
): { state: Conversation; effects: Effect[] } {
  const state: Conversation = {
    ...before,
    turns: [...before.turns],
    decided: { ...before.decided },
    collected: [...before.collected],
    deadlines: { ...before.deadlines },
  };
  const draft: Draft = { state, effects: [], at: event.at };
  apply(draft, event);
  return { state: draft.state, effects: draft.effects };
}

function apply(draft: Draft, event: ConversationEvent): void {
  switch (event.type) {
    case 'loaded':
      return takeAssistant(draft, event);
    case 'dialled':
      return takeDialResult(draft, event.result);
    case 'begun':
      return begin(draft, event.callSid);
    case 'spoke':
      return hear(draft, event.key, event.heard);
    case 'replied':
      return takeReply(draft, event.key, event.reply);
    case 'reply-failed':
      return apologize(draft, event.key, event.tries);
    case 'summarized':
      return takeSummary(draft, event.summary, event.upTo);
    case 'summary-failed':
      return takeSummaryFailure(draft);
    case 'collected':
      return collect(draft.state, event.key);
    case 'status':
      return takeStatus(draft, event.status);
    case 'carrier-answered':
      return takeCarrierAnswer(draft, event.call);
    case 'carrier-failed':
      return takeCarrierFailure(draft);
    case 'end-requested':
      return endByOperator(draft, event.message);
    case 'attached':
      return attach(draft, event.request);
    case 'reconnected':
      return reconnect(draft, event.request);
    case 'stream-news':
      return takeNews(draft, event.news);
    case 'session-over':
      return takeSessionOver(draft, event.stream, event.why);
    case 'time':
      return takeTime(draft);
  }
}

function collect(state: Conversation, key: TurnKey): void {
  if (state.decided[key] && !state.collected.includes(key)) state.collected.push(key);
}

/** The step that answers a turn, once it is decided or the call is over. */
export function stepFor(state: Conversation, key: TurnKey): Step | undefined {
  const decided = state.decided[key];
  if (decided) return decided;
  if (state.status === 'ended') return overStep(state.assistant);
  // The last words are being said: no turn is decided any more.
  if (state.status === 'speaking') return resumeStep(state.assistant);
  // Newer words came first; or decided in an earlier run of this workflow, too old to be carried.
  const isOld = state.latestKey !== undefined && compareKeys(key, state.latestKey) < 0;
  const isPast = isOld || state.turns.some((turn) => turn.key === key);
  return isPast && key !== state.thinkingKey ? resumeStep(state.assistant) : undefined;
}

/** The state as the next run of the workflow needs it: the newest turns and steps, the summary. */
export function carriedState(state: Conversation): Conversation {
  const keys = Object.keys(state.decided).sort(compareKeys).slice(-CARRIED_STEPS);
  const kept = new Set([GREETING_KEY, ...keys, ...(state.openKey ? [state.openKey] : [])]);
  return {
    ...state,
    decided: Object.fromEntries(Object.entries(state.decided).filter(([key]) => kept.has(key))),
    collected: state.collected.filter((key) => kept.has(key)),
    ...carriedTurns(state),
  };
}

export function isClosed(state: Conversation): boolean {
  return state.status === 'ended' && state.deadlines.close === undefined;
}

/** Whether words, keys or silence have arrived for a turn. */
export function hasHeard(state: Conversation, key: TurnKey): boolean {
  return state.decided[key] !== undefined || isTurnKnown(state, key);
}

/** The call as it stands, for operators and for a gateway that has lost its place. */
export function snapshotOf(state: Conversation): CallSnapshot {
  const { call, assistant } = state;
  const greeting = state.heardGreeting ?? state.decided[GREETING_KEY]?.say;
  const workspaceId = call.workspaceId ?? assistant?.workspaceId;
  return {
    callId: call.callId,
    ...(state.callSid !== undefined && { callSid: state.callSid }),
    direction: call.direction,
    from: call.from,
    to: call.to,
    status: state.status,
    ...(state.endReason && { endReason: state.endReason }),
    ...(assistant && {
      assistant: { id: assistant.id, version: assistant.version, name: assistant.name },
    }),
    ...(workspaceId !== undefined && { workspaceId }),
    ...(call.metadata && { metadata: call.metadata }),
    ...(state.dial && { dial: state.dial }),
    ...(state.dialCode !== undefined && { dialCode: state.dialCode }),
    ...(greeting !== undefined && { greeting }),
    turns: state.turns,
    ...(state.earlier && { earlierTurns: state.earlier.keys.length }),
    ...(state.thinkingKey !== undefined && { thinkingKey: state.thinkingKey }),
    ...(state.openStep && { openStep: state.openStep }),
    ...(state.openKey !== undefined && { openKey: state.openKey }),
    startedAt: isoTime(state.startedAt),
    ...(state.answeredAt !== undefined && { answeredAt: isoTime(state.answeredAt) }),
    ...(state.endedAt !== undefined && { endedAt: isoTime(state.endedAt) }),
    ...(state.durationSeconds !== undefined && { durationSeconds: state.durationSeconds }),
  };
}
