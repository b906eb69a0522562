/** Makes steps: what the caller is to hear, and what happens then. */
import type { Assistant } from '../assistant.ts';
import type { EndReason, NextAction, Step, TurnKey } from '../contract.ts';
import { setGoodbyeDeadline, setQuietDeadline, setStreamQuietDeadline } from './deadlines.ts';
import { followingKey, GREETING_KEY, laterKey, skipKeys } from './keys.ts';
import type { Conversation, Draft } from './state.ts';

/** Said when no assistant could be loaded, so there are no words of its own. */
export const NO_ASSISTANT_LINE =
  'We are sorry, nobody can take your call right now. Please try again later.';

const DEFAULT_VOICE = { language: 'en-US' };

function makeStep(assistant: Assistant | undefined, say: string, next: NextAction): Step {
  return { say, voice: assistant?.voice ?? DEFAULT_VOICE, next };
}

/** Decides `key`: say this, then listen for the turn that follows. */
export function decideListen(draft: Draft, key: TurnKey, say: string): void {
  const { state } = draft;
  const { assistant } = state;
  if (!assistant) return decideHangup(draft, key, NO_ASSISTANT_LINE, 'no-assistant');
  // A silence that was passed over may have used up the number that would follow.
  const following = followingKey(laterKey(key, leaveGap(state)));
  const next: NextAction = { kind: 'listen', key: following, listen: assistant.listen };
  const step = makeStep(assistant, say, next);
  state.decided[key] = step;
  state.openStep = step;
  state.openKey = key;
  state.status = 'listening';
  setQuietDeadline(draft, say);
}

/** Turns of a stream that broke may still be on the way: so many numbers are left to them. */
const GAP = 10;

/** Late words of a stream that broke must not take the numbers of what follows. @returns the newest key */
export function leaveGap(state: Conversation): TurnKey | undefined {
  if (state.isGapDue) {
    delete state.isGapDue;
    state.latestKey = skipKeys(state.latestKey ?? GREETING_KEY, GAP);
  }
  return state.latestKey;
}

/** How long the token of a stream lets it in. */
const STREAM_LIFE_MS = 60_000;

/**
 * The call goes on over a new stream. The greeting's key is decided by the first one; the words are for
 * the record, as they are said over the stream.
 */
export function decideStream(draft: Draft, say: string, key?: TurnKey): void {
  const { state, at } = draft;
  const stream = (state.stream?.number ?? 0) + 1;
  const until = at + STREAM_LIFE_MS;
  const step = makeStep(state.assistant, say, { kind: 'stream', stream, until });
  if (key !== undefined) state.decided[key] = step;
  openNext(draft, step, key);
  state.mode = 'stream';
  state.stream = { number: stream, is: 'offered', offeredAt: at, until };
  if (state.thinkingKey === undefined) state.status = 'listening';
  setStreamQuietDeadline(draft);
}

/** Streams are given up: say this, then listen for the turn `key` over TwiML. */
export function openListen(draft: Draft, key: TurnKey, say: string): void {
  const { assistant } = draft.state;
  if (!assistant) return openHangup(draft, NO_ASSISTANT_LINE);
  openNext(draft, makeStep(assistant, say, { kind: 'listen', key, listen: assistant.listen }));
  draft.state.status = 'listening';
  setQuietDeadline(draft, say);
}

/** Streams are given up while a turn is thought about: say this, then wait for its answer. */
export function openResume(draft: Draft, say: string): void {
  openNext(draft, makeStep(draft.state.assistant, say, { kind: 'resume' }));
}

function openNext({ state }: Draft, step: Step, key?: TurnKey): void {
  state.openStep = step;
  if (key === undefined) delete state.openKey;
  else state.openKey = key;
}

/** Decides `key`: say this, then hang up, for this reason. */
export function decideHangup(draft: Draft, key: TurnKey, say: string, reason: EndReason): void {
  const { state } = draft;
  const step = makeStep(state.assistant, say, { kind: 'hangup' });
  state.decided[key] = step;
  state.openStep = step;
  state.openKey = key;
  state.status = 'speaking';
  state.ending ??= reason;
  setGoodbyeDeadline(draft, say);
}

/** The call is being ended: whoever asks where it stands hears these words, then a hang-up. */
export function openHangup(draft: Draft, say: string): void {
  draft.state.openStep = makeStep(draft.state.assistant, say, { kind: 'hangup' });
  delete draft.state.openKey;
}

/** Decides `key`: this turn was passed over, ask again for what is going on now. */
export function decideResume(draft: Draft, key: TurnKey): void {
  draft.state.decided[key] = resumeStep(draft.state.assistant);
}

export function resumeStep(assistant: Assistant | undefined): Step {
  return makeStep(assistant, '', { kind: 'resume' });
}

/** What a webhook hears that comes for an undecided turn of a call that is over. */
export function overStep(assistant: Assistant | undefined): Step {
  return makeStep(assistant, '', { kind: 'hangup' });
}
