/** A stream that is over, or never came: the call must get a new one. */
import { setStreamQuietDeadline } from './deadlines.ts';
import type { Draft } from './state.ts';

/** Longer than Twilio takes from a webhook's answer to a connected stream. */
const LATE_MS = 15_000;

/** Twilio has not come back for what follows: it is sent there. */
export function fetchBack(draft: Draft): void {
  const { state } = draft;
  setStreamQuietDeadline(draft);
  if (state.mode !== 'stream' || !state.stream || state.callSid === undefined) return;
  state.stream = { ...state.stream, isFetched: true };
  draft.effects.push({ do: 'redirect', stream: state.stream.number });
}

/** Twilio has come by itself: to be sent there once more would cut off what follows. */
export function stopFetching({ state, effects }: Draft): void {
  const { stream } = state;
  if (!stream?.isFetched) return;
  const { isFetched: _isFetched, ...rest } = stream;
  state.stream = rest;
  effects.push({ do: 'drop-redirect', stream: stream.number });
}

/** Whether the call is up at Twilio and has no stream, though it should have had one for long. */
export function isStreamMissing({ state, at }: Draft): boolean {
  const { mode, stream, deadlines } = state;
  if (mode !== 'stream' || !stream || stream.is === 'attached') return false;
  // Lost just now: Twilio is about to come back by itself.
  if (stream.is === 'over') return deadlines.stream === undefined;
  return at - stream.offeredAt >= LATE_MS;
}

/** Nobody leads the conversation over it any more. */
export function stopSession({ state, effects }: Draft): void {
  if (state.stream) effects.push({ do: 'stop-session', stream: state.stream.number });
}
