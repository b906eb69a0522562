/** Calls that begin at a fixed rate, however long each takes. */
import { newPlayed, playOne } from '../load.ts';
import type { LoadShape, Played, Target } from '../load.ts';
import { pause } from '../play-call.ts';
import { TwilioClient } from '../twilio-client.ts';

/** Connections for calls that take longer than they ought to. */
const SPARE_SECONDS = 10;

/** @returns when all that were begun are over */
export async function callsAtRate(
  target: Target,
  shape: LoadShape,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Played> {
  const played = newPlayed();
  const callSeconds = ((shape.turns + 1) * shape.pauseMs) / 1000 + SPARE_SECONDS;
  const connections = Math.ceil(perSecond * callSeconds);
  const client = new TwilioClient({ authToken: target.authToken, connections });
  const calls: Promise<void>[] = [];
  const startedAt = performance.now();
  try {
    for (let line = 0; line < perSecond * seconds && !target.stopping.aborted; line += 1) {
      await pause(startedAt + (line * 1000) / perSecond - performance.now(), target.stopping);
      calls.push(playOne(client, target, shape, played, line));
    }
    await Promise.all(calls);
  } finally {
    client.close();
  }
  return played;
}
