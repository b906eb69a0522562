/**
 * The activity that stands for a stream in its call's workflow. It runs in the process that has the
 * socket, on that process's own task queue, as long as the stream lives: its heart stops with the process.
 */
import { Context } from '@temporalio/activity';
import type { MediaActivities } from '../../workflows/stream-contract.ts';
import type { LiveStream, LiveStreams } from './live-streams.ts';

/** Two of them within the heartbeat timeout of 2.5 s. */
const BEAT_MS = 1_000;
/**
 * Temporal did not hear our heart in time and does not know this attempt any more, or the workflow is gone.
 * If it still wants the stream, the next attempt is here before this.
 */
const UNWATCHED_MS = 10_000;
/** Our own clock says that no heartbeat can have arrived: Temporal is away, and asks when it is back. */
const AWAY_MS = 15 * 60_000;

export function createMediaActivities(streams: LiveStreams): MediaActivities {
  return {
    async mediaSession({ callId, stream, streamSid }) {
      const context = Context.current();
      const live = streams.find({ callId, stream, streamSid });
      if (!live) return { why: 'lost' };
      // By the last one the workflow sees whether Temporal was away or we are: see `MediaSessions`.
      const beat = setInterval(() => context.heartbeat(Date.now()), BEAT_MS);
      live.watchers += 1;
      try {
        return await Promise.race([live.ended, givenUp(context, live)]);
      } finally {
        live.watchers -= 1;
        clearInterval(beat);
      }
    },
  };
}

/** Rejects when this attempt is not wanted any more; never when the stream itself is to end. */
async function givenUp(context: Context, live: LiveStream): Promise<never> {
  try {
    return await context.cancelled;
  } catch (error) {
    const { cancelRequested, timedOut, workerShutdown } = context.cancellationDetails ?? {};
    if (cancelRequested) {
      live.hangUp();
      return new Promise(() => undefined); // its end is the result
    }
    if (!workerShutdown) hangUpUnwatched(live, timedOut ? AWAY_MS : UNWATCHED_MS);
    throw error;
  }
}

function hangUpUnwatched(live: LiveStream, afterMs: number): void {
  setTimeout(() => {
    if (live.watchers === 0) live.hangUp();
  }, afterMs).unref();
}
