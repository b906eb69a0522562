/** Streams of audio, one after the other: who is let in, with what, and what follows one that is over. */
import type { Step, Turn } from '../contract.ts';
import type { AttachRequest, ReconnectRequest, StreamBrief } from '../stream-contract.ts';
import { clearStreamDeadlines, setStreamBackDeadline } from './deadlines.ts';
import { followingKey, GREETING_KEY } from './keys.ts';
import { callSoFar, modelReplies, utterancesBefore } from './memory.ts';
import type { Conversation, Draft, Stream, StreamLoss } from './state.ts';
import { decideStream, leaveGap, openListen, openResume, overStep, resumeStep } from './steps.ts';
import { stopFetching, stopSession } from './stream-loss.ts';
import { completeTurn } from './turns.ts';

/** Said when the audio was lost and has come back, when the assistant has no words of its own. */
export const BRIDGE = 'Sorry, the line was gone for a moment.';
/** So many streams in a row without a word of the caller, and the call goes on over TwiML. */
const BARREN_LIMIT = 3;
/** Who has been connected for so long has heard the greeting begin, also when nobody can say so. */
const GREETED_MS = 2_000;
/** After a death its heartbeat is waited for, and then whether its worker takes it up. */
const DEATH_MS = 4_000;

/** Whether a stream may come in: the one that is waited for, once. */
export function mayAttach(state: Conversation, request: AttachRequest, at: number): boolean {
  const { stream } = state;
  if (state.mode !== 'stream' || !stream || stream.number !== request.stream) return false;
  if (state.callSid !== request.callSid) return false;
  if (state.status === 'ended' || state.status === 'speaking') return false;
  if (stream.is === 'attached') {
    // The same one asks again; whoever copies what it says comes to another worker, or is known to it.
    return stream.streamSid === request.streamSid && stream.taskQueue === request.taskQueue;
  }
  return stream.is === 'offered' && at < stream.until && !state.hasSpeechFailed;
}

/** A media worker leads the conversation from now on. */
export function attach(draft: Draft, request: AttachRequest): void {
  const { state, at } = draft;
  if (state.stream?.is === 'attached' || !mayAttach(state, request, at)) return;
  stopFetching(draft);
  const { stream } = state;
  if (!stream) return;
  const { streamSid, taskQueue } = request;
  const opening = openingOf(draft);
  state.stream = { ...stream, is: 'attached', streamSid, taskQueue, attachedAt: at, opening };
  clearStreamDeadlines(draft);
  draft.effects.push({ do: 'run-session', stream: stream.number });
}

/** What the media worker of the attached stream is told; nothing when there is none. */
export function briefOf(state: Conversation): StreamBrief | undefined {
  const { stream, assistant, silences, apologies } = state;
  if (stream?.is !== 'attached' || !stream.opening || !assistant) return undefined;
  const { pendingKey, ...opening } = stream.opening;
  const pending = state.turns.find(({ key }) => key === pendingKey);
  const call = callSoFar(state, utterancesBefore(state, pendingKey));
  if (!call) return undefined;
  const { memory: _told, ...whole } = assistant;
  return {
    call: { ...call, assistant: whole },
    ...opening,
    ...(pending && { pending: { key: pending.key, heard: pending.heard } }),
    turnsLeft: Math.max(0, assistant.limits.turns - modelReplies(state)),
    silences,
    ...(apologies !== undefined && { apologies }),
  };
}

/** Its session has ended or died: Twilio comes back for what follows, or is fetched. */
export function takeSessionOver(draft: Draft, number: number, why: StreamLoss): void {
  const { state } = draft;
  if (why === 'speech-failed') state.hasSpeechFailed = true;
  if (state.stream?.number !== number || state.stream.is !== 'attached') return;
  state.stream = { ...state.stream, is: 'over', overAt: draft.at, why };
  if (state.status === 'ended' || state.status === 'speaking') return;
  setStreamBackDeadline(draft, why === 'died');
}

/** Twilio comes back because a stream is over: what follows it is decided once. */
export function reconnect(draft: Draft, { callSid, stream: number }: ReconnectRequest): void {
  const { state } = draft;
  const { stream } = state;
  if (state.callSid !== callSid || state.status === 'ended' || state.status === 'speaking') return;
  state.carrierFailures = 0;
  if (state.mode !== 'stream' || stream?.number !== number) return;
  if (stream.is === 'attached') stopSession(draft);
  stopFetching(draft);
  noteGreeting(draft, stream);
  if (stream.attachedAt !== undefined && stream.why !== 'moved') state.isGapDue = true;
  state.barrenStreams = isBarren(stream) ? (state.barrenStreams ?? 0) + 1 : 0;
  if (state.hasSpeechFailed || state.barrenStreams >= BARREN_LIMIT) return leaveStreams(draft);
  decideStream(draft, '');
}

/** What Twilio is answered that comes back because a stream is over. */
export function stepAfterStream(state: Conversation, callSid: string): Step {
  if (state.status === 'ended' || state.callSid !== callSid) return overStep(state.assistant);
  const { openStep, thinkingKey } = state;
  // It would listen for a turn that has come already.
  const isUsed = openStep?.next.kind === 'listen' && thinkingKey !== undefined;
  return openStep && !isUsed ? openStep : resumeStep(state.assistant);
}

/** The call goes on over TwiML; whoever has not been answered is answered there. */
function leaveStreams(draft: Draft): void {
  const { state } = draft;
  const latest = leaveGap(state) ?? GREETING_KEY;
  clearStreamDeadlines(draft);
  const say = firstWords(state);
  state.mode = 'gather';
  state.isGreeted = true;
  const pending = pendingTurn(draft);
  if (!pending) return openListen(draft, followingKey(latest), say);
  openResume(draft, say);
  draft.effects.push({ do: 'ask-model', key: pending.key });
}

function openingOf(draft: Draft): NonNullable<Stream['opening']> {
  const { state } = draft;
  const pending = pendingTurn(draft);
  return {
    say: firstWords(state),
    isGreeting: !state.isGreeted,
    nextKey: followingKey(leaveGap(state) ?? GREETING_KEY),
    ...(pending && { pendingKey: pending.key }),
  };
}

function firstWords({ assistant, isGreeted, turns, heardGreeting }: Conversation): string {
  if (!assistant) return '';
  if (!isGreeted) return assistant.firstMessage;
  const wasSilent = assistant.firstMessage === '' && turns.length === 0 && !heardGreeting;
  return wasSilent ? '' : (assistant.stream?.bridge ?? BRIDGE);
}

/** Words that wait for an answer. A silence does not wait: whoever is silent is spoken to again. */
function pendingTurn(draft: Draft): Turn | undefined {
  const { state } = draft;
  const turn = state.turns.find(({ key }) => key === state.thinkingKey);
  if (turn?.heard.kind !== 'silence') return turn;
  delete state.thinkingKey;
  state.status = 'listening';
  completeTurn(draft, { ...turn, status: 'unanswered' });
  return undefined;
}

function noteGreeting({ state, at }: Draft, { attachedAt, overAt = at, why }: Stream): void {
  if (attachedAt === undefined || why === 'speech-failed' || why === 'refused') return;
  const lastedMs = overAt - attachedAt - (why === 'died' ? DEATH_MS : 0);
  if (lastedMs >= GREETED_MS) state.isGreeted = true;
}

function isBarren({ hasTurn, why }: Stream): boolean {
  return !hasTurn && why !== 'moved';
}
