/**
 * Durable deadlines, so that no call stays open when Twilio goes quiet. They are plain times in the
 * state; one timer of the workflow rings at the earliest (see `workflows/alarm.ts`).
 */
import type { Conversation, Deadline, Draft } from './state.ts';

/** Twilio ends the recognition of one answer after this long. Protocol: `<Gather>`. */
const LONGEST_SPEECH_MS = 60_000;
/** Twilio's limit for one webhook, with all its retries. */
const WEBHOOK_LIMIT_MS = 15_000;
/** Slow speech: an estimate of how long words last, rather too long than too short. */
const SPEECH_MS_PER_CHARACTER = 90;
/** How long an outbound call rings: Twilio's `Timeout`. */
export const RING_SECONDS = 60;
/** Some of Twilio's flows add a few seconds to `Timeout`, and its queue adds more. */
const RING_SLACK_MS = 30_000;
/** After the end, late words are still waited for. */
const LINGER_MS = 15_000;
const ASK_AGAIN_MS = 20_000;
/** So many failed questions to Twilio in a row, about ten minutes, and the call is given up. */
const CARRIER_FAILURES_LIMIT = 30;

function speechMs(text: string): number {
  return text.length * SPEECH_MS_PER_CHARACTER;
}

/** After these words the caller is given all the time that one answer can take. */
export function setQuietDeadline(draft: Draft, said: string): void {
  const listening = (draft.state.assistant?.listen.timeoutSeconds ?? 5) * 1000;
  draft.state.deadlines.quiet =
    draft.at + speechMs(said) + listening + LONGEST_SPEECH_MS + WEBHOOK_LIMIT_MS;
}

/** A stream must be connected within this, else Twilio is asked how the call stands. */
const STREAM_QUIET_MS = 20_000;
/** Twilio comes back within this when a stream is over. */
const STREAM_BACK_MS = 2_000;
/** A dead media worker was noticed late: Twilio would have come back long before. */
const DEAD_STREAM_BACK_MS = 500;

/** A stream was offered, or Twilio was told to ask for one: it must come. */
export function setStreamQuietDeadline({ state, at }: Draft): void {
  delete state.deadlines.stream;
  state.deadlines.quiet = at + STREAM_QUIET_MS;
}

/** A stream is over: Twilio comes back by itself, or is fetched. */
export function setStreamBackDeadline({ state, at }: Draft, isLate: boolean): void {
  state.deadlines.stream = at + (isLate ? DEAD_STREAM_BACK_MS : STREAM_BACK_MS);
}

/** A stream lives: its media worker's heart is what is watched. */
export function clearStreamDeadlines({ state }: Draft): void {
  delete state.deadlines.stream;
  delete state.deadlines.quiet;
}

/** The last words take this long; then the call must be over. */
export function setGoodbyeDeadline(draft: Draft, said: string): void {
  const { deadlines } = draft.state;
  deadlines.goodbye = draft.at + speechMs(said) + WEBHOOK_LIMIT_MS;
  delete deadlines.quiet;
  delete deadlines.length;
  delete deadlines.stream;
}

export function setRingDeadline(draft: Draft): void {
  draft.state.deadlines.ring = draft.at + RING_SECONDS * 1000 + RING_SLACK_MS;
}

/** The call is answered: it may last so long, and silence is watched. */
export function setAnsweredDeadlines(draft: Draft): void {
  const { state } = draft;
  delete state.deadlines.ring;
  if (!state.ending && !state.openStep) setQuietDeadline(draft, ''); // the webhook must follow
  const seconds = state.assistant?.limits.callSeconds;
  if (seconds !== undefined && !state.ending) {
    state.deadlines.length = (state.answeredAt ?? draft.at) + seconds * 1000;
  }
}

/** Nothing is waited for but late words. */
export function setCloseDeadline(draft: Draft): void {
  draft.state.deadlines = { close: draft.at + LINGER_MS };
}

/** Twilio says that the call goes on, or cannot be asked: look again later. */
export function postpone(draft: Draft): void {
  const { deadlines } = draft.state;
  for (const name of ['ring', 'quiet', 'goodbye'] as const) {
    const due = deadlines[name];
    if (due !== undefined && due <= draft.at) deadlines[name] = draft.at + ASK_AGAIN_MS;
  }
}

export function hasGivenUpOnCarrier(state: Conversation): boolean {
  return state.carrierFailures >= CARRIER_FAILURES_LIMIT;
}

/** The deadlines that have passed. */
export function dueDeadlines(draft: Draft): Deadline[] {
  return (Object.entries(draft.state.deadlines) as [Deadline, number][])
    .filter(([, due]) => due <= draft.at)
    .map(([name]) => name);
}

/** The next deadline and its time in milliseconds; nothing when there is none. */
export function nextDeadline(state: Conversation): { name: Deadline; at: number } | undefined {
  let next: { name: Deadline; at: number } | undefined;
  for (const [name, at] of Object.entries(state.deadlines) as [Deadline, number][]) {
    if (!next || at < next.at) next = { name, at };
  }
  return next;
}
