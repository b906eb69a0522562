/** Calls as load: one after the other, many at once, as many as go. */
import { DEMO_CALLER, DEMO_NUMBER } from '../demo/demo-config.ts';
import { demoAssistant } from '../orchestrator/index.ts';
import { newSid } from '../simulator/ids.ts';
import type { TwilioUrls } from '../twilio/urls.ts';
import { replyTo } from './instant-model.ts';
import type { CallPlan, Caller } from './play-call.ts';
import { pause, playCall } from './play-call.ts';
import { quickListeningAt } from './quick-check.ts';
import { Samples } from './samples.ts';
import { TwilioClient } from './twilio-client.ts';

/** Whom the calls go to: an instance, or the bot it is compared with. */
export interface Target {
  urls: TwilioUrls;
  accountSid: string;
  authToken: string;
  /** Aborted when the benchmark is to end early. */
  stopping: AbortSignal;
  /** False: each webhook comes over a connection of its own. */
  keepAlive?: boolean;
}

export interface LoadShape {
  turns: number;
  /** Before every webhook of a call but the first. */
  pauseMs: number;
  /** Settles when the caller may hang up, after the last turn. */
  beforeEnd?: () => Promise<void>;
}

/** Each api process gets one: connections are handed out in turn. */
const CONNECTIONS = 2;
/** So many calls are begun or ended at a time where it does not matter. */
export const BATCH = 8;

export interface Played {
  samples: Samples;
  callers: Caller[];
}

export function newPlayed(): Played {
  return { samples: new Samples(), callers: [] };
}

/**
 * So many calls one after the other.
 * @param betweenMs for what the end of a call has to be done, so that it is no part of the next one
 */
export async function oneAtATime(
  target: Target,
  shape: LoadShape,
  calls: number,
  betweenMs = 0,
): Promise<Played> {
  return withClient(target, CONNECTIONS, async (client) => {
    const played = newPlayed();
    for (let line = 0; line < calls && !target.stopping.aborted; line += 1) {
      if (line > 0) await pause(betweenMs, target.stopping);
      await playOne(client, target, shape, played, line);
    }
    return played;
  });
}

/** So many calls at once, begun evenly over one pause, so that their turns do not come together. */
export async function manyAtOnce(target: Target, shape: LoadShape, calls: number): Promise<Played> {
  return withClient(target, calls, async (client) => {
    const played = newPlayed();
    await Promise.all(
      Array.from({ length: calls }, async (_each, line) => {
        await pause((shape.pauseMs * line) / calls, target.stopping);
        if (!target.stopping.aborted) await playOne(client, target, shape, played, line);
      }),
    );
    return played;
  });
}

/**
 * So many callers who call again as soon as they have hung up, until `until` settles. What was
 * begun by then is played to its end.
 * @param played grows meanwhile
 */
export async function callAgainAndAgain(
  target: Target,
  shape: LoadShape,
  callers: number,
  { until, played }: { until: Promise<unknown>; played: Played },
): Promise<void> {
  let isOver = false;
  const over = until.then(() => (isOver = true));
  await withClient(target, callers, async (client) => {
    await Promise.all(
      Array.from({ length: callers }, async (_each, line) => {
        await pause((shape.pauseMs * line) / callers, target.stopping);
        while (!isOver && !target.stopping.aborted) {
          await playOne(client, target, shape, played, line);
        }
      }),
    );
  });
  await over;
}

async function withClient<T>(
  { authToken, keepAlive = true }: Target,
  connections: number,
  use: (client: TwilioClient) => Promise<T>,
): Promise<T> {
  const client = new TwilioClient({ authToken, connections, keepAlive });
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

/** Plays one call to its end. */
export async function playOne(
  client: TwilioClient,
  { urls, accountSid, stopping }: Target,
  { turns, pauseMs, beforeEnd }: LoadShape,
  { samples, callers }: Played,
  line: number,
): Promise<void> {
  const callSid = newSid('CA');
  const caller = { callSid, accountSid, from: DEMO_CALLER, to: DEMO_NUMBER, line };
  callers.push(caller);
  const greeting = demoAssistant.firstMessage;
  const plan: CallPlan = {
    urls,
    greeting,
    turns,
    pauseMs,
    replyTo,
    read: quickListeningAt,
    stopping,
    ...(beforeEnd && { beforeEnd }),
  };
  await playCall(client, samples, caller, plan);
}
