/** How a call gets under way and how it ends: Twilio's word, limits, an operator. */
import type { Assistant, Variables } from '../assistant.ts';
import type { EndReason, StatusSignal } from '../contract.ts';
import type { CarrierCall, DialResult } from '../../activities/ports.ts';
import { filled } from '../placeholders.ts';
import { adoptCallSid, isForeign, markAnswered, recordAnswer, refTo } from './answered.ts';
import { dueDeadlines, hasGivenUpOnCarrier, postpone, setRingDeadline } from './deadlines.ts';
import { endNow, finish } from './ending.ts';
import { GREETING_KEY } from './keys.ts';
import {
  decideHangup,
  decideListen,
  decideResume,
  decideStream,
  NO_ASSISTANT_LINE,
} from './steps.ts';
import { fetchBack, isStreamMissing } from './stream-loss.ts';
import type { ConversationEvent, Draft } from './state.ts';
import { record } from './state.ts';

/** Twilio's words for a call that is over. Protocol: CallStatus. */
const OVER: ReadonlyMap<string, EndReason> = new Map([
  ['completed', 'caller-hung-up'],
  ['busy', 'busy'],
  ['no-answer', 'no-answer'],
  ['failed', 'failed'],
  ['canceled', 'canceled'],
]);

type Loaded = Extract<ConversationEvent, { type: 'loaded' }>;

/** A call that no worker has taken up for so long is not placed any more. */
const STALE_DIAL_MS = 60_000;

/** The assistant is known, or none could be loaded: only now is anybody dialled. */
export function takeAssistant(
  draft: Draft,
  { assistant, variables, metadata }: Pick<Loaded, 'assistant' | 'variables' | 'metadata'>,
): void {
  const { state } = draft;
  state.call = { ...state.call, ...(variables && { variables }), ...(metadata && { metadata }) };
  if (assistant) state.assistant = pinned(assistant, state.call.variables);
  const { variables: _variables, ...needed } = state.call; // what they were for is done
  state.call = needed;
  const { callId: _callId, ...call } = needed;
  record(draft, { type: 'call.created', call, ...refTo(assistant) }, state.startedAt);
  if (state.call.direction === 'inbound') return setRingDeadline(draft); // its webhook may be lost
  if (state.ending) return finish(draft, state.ending); // ended before anybody was dialled
  if (!assistant) return finish(draft, 'no-assistant');
  if (draft.at - state.startedAt > STALE_DIAL_MS) {
    // Whoever asked for this call has long given up on it, and may have asked again.
    state.dial = 'refused';
    state.dialCode = 'too-late';
    return finish(draft, 'dial-refused');
  }
  draft.effects.push({ do: 'dial' });
}

/** A webhook says that the call is up: the greeting is decided once. */
export function begin(draft: Draft, callSid: string): void {
  const { state } = draft;
  if (isForeign(draft, callSid)) return;
  adoptCallSid(draft, callSid);
  if (state.decided[GREETING_KEY] || state.status === 'ended') return;
  if (!state.assistant) {
    decideHangup(draft, GREETING_KEY, NO_ASSISTANT_LINE, 'no-assistant');
  } else if (state.status === 'speaking') {
    // Ended before anybody was greeted: only the words of farewell are left.
    decideHangup(draft, GREETING_KEY, state.openStep?.say ?? '', 'operator');
  } else if (state.latestKey !== undefined) {
    decideResume(draft, GREETING_KEY); // the caller has spoken already: nobody is greeted any more
  } else {
    greet(draft, state.assistant);
  }
  markAnswered(draft);
  recordAnswer(draft);
}

function greet(draft: Draft, { mode, firstMessage }: Assistant): void {
  if (mode === 'stream') decideStream(draft, firstMessage, GREETING_KEY);
  else decideListen(draft, GREETING_KEY, firstMessage);
}

/** What came of asking Twilio to place the call. */
export function takeDialResult(draft: Draft, result: DialResult): void {
  const { state } = draft;
  if (result.outcome === 'accepted') return adoptCallSid(draft, result.callSid);
  if (state.status === 'ended') return;
  if (state.callSid !== undefined) return; // Twilio has called back meanwhile: it was placed
  state.dial = result.outcome;
  if (result.outcome === 'refused') state.dialCode = result.code;
  if (result.outcome === 'refused') finish(draft, 'dial-refused');
  else setRingDeadline(draft);
}

/** A status callback, in any order: a terminal state is never left. */
export function takeStatus(draft: Draft, status: StatusSignal): void {
  const { state } = draft;
  if (isForeign(draft, status.callSid)) return;
  adoptCallSid(draft, status.callSid, OVER.has(status.callStatus));
  takeWord(draft, status.callStatus, status.durationSeconds);
  const isFirstRing = state.status === 'dialling' && state.answeredAt === undefined;
  if (status.callStatus === 'ringing' && isFirstRing) {
    state.status = 'ringing';
    record(draft, { type: 'call.ringing', callSid: status.callSid });
  }
}

/** What Twilio's word means, whether it called back or was asked. */
function takeWord(draft: Draft, word: string, durationSeconds?: number): void {
  if (word === 'completed') markAnswered(draft, durationSeconds);
  if (word === 'in-progress') markAnswered(draft);
  const reason = OVER.get(word);
  if (reason) finish(draft, reason, durationSeconds);
}

/** Twilio was asked, because it had gone quiet. */
export function takeCarrierAnswer(draft: Draft, call: CarrierCall | undefined): void {
  const { state } = draft;
  if (call && isForeign(draft, call.callSid)) return; // another call to the same number
  state.carrierFailures = 0;
  if (state.status === 'ended') return;
  if (!call) return finish(draft, state.callSid ? 'carrier-silent' : 'dial-unclear');
  adoptCallSid(draft, call.callSid, true);
  takeWord(draft, call.status, call.durationSeconds);
  postpone(draft);
  if (OVER.has(call.status)) return;
  if (state.ending) draft.effects.push({ do: 'hang-up', say: '' });
  else if (isStreamMissing(draft)) fetchBack(draft);
}

/** Twilio could not be asked: look again later, but not for ever. */
export function takeCarrierFailure(draft: Draft): void {
  const { state } = draft;
  state.carrierFailures += 1;
  if (hasGivenUpOnCarrier(state)) finish(draft, 'carrier-silent');
  else postpone(draft);
}

/** An operator ends the call, in order: what is under way is dropped, then Twilio hangs up. */
export function endByOperator(draft: Draft, message: string): void {
  endNow(draft, 'operator', message);
}

/** The deadlines that have passed. */
export function takeTime(draft: Draft): void {
  const { state } = draft;
  const due = dueDeadlines(draft);
  if (due.includes('close')) delete state.deadlines.close;
  if (due.includes('length')) {
    delete state.deadlines.length;
    endNow(draft, 'max-duration', state.assistant?.limits.farewell ?? '');
  }
  if (due.includes('stream')) fetchBack(draft);
  if (dueDeadlines(draft).length > 0) lookAtTwilio(draft);
  postpone(draft);
}

function lookAtTwilio(draft: Draft): void {
  const { state } = draft;
  if (state.callSid !== undefined) draft.effects.push({ do: 'ask-carrier' });
  // While Twilio is being asked to place the call, it need not know of it yet.
  else if (state.dial !== undefined) draft.effects.push({ do: 'find-call' });
}

/** With its texts filled, and without what no turn of the call needs. */
function pinned(assistant: Assistant, variables: Variables | undefined): Assistant {
  const { variables: _variables, metadata: _metadata, ...rest } = filled(assistant, variables);
  return rest;
}
