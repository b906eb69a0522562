/**
 * Starts the dispatchers of endpoints for which something waits and that nobody sees to. It looks whenever
 * PostgreSQL says that there is something, and every few seconds all the same: a notice may be lost, and
 * whoever has taken an endpoint may die before its dispatcher has heard of it.
 *
 * That nothing is left lying: a dispatcher gives its endpoint back first and looks then whether something
 * waits. What was committed before that look it finds itself; of what is committed later the notice comes
 * when the endpoint is given back already, so a waker takes it, and signals. A signal that reaches a
 * dispatcher while it ends keeps it from ending; one that comes later starts it anew.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Bell } from '../../activities/bell.ts';
import type { EndpointRef } from '../../workflows/webhook-contract.ts';
import type { DispatchClaims } from '../db/dispatch-claims.ts';
import type { Log } from '../log.ts';

export interface WakerOptions {
  claims: DispatchClaims;
  /** Starts its dispatcher, or tells it to look. */
  wake: (endpoint: EndpointRef) => Promise<void>;
  log: Log;
}

export interface Waker {
  /** Something may wait. */
  look: () => void;
  stop: () => Promise<void>;
}

const LOOK_MS = 2_000;
/** Many events come at once: they are one look. */
const PAUSE_MS = 10;
const RESCUE_MS = 60_000;
const AT_ONCE = 50;
/** A dispatcher that begins to send takes the endpoint for itself. */
const CLAIM_MS = 10_000;

export function startWaker(options: WakerOptions): Waker {
  const stopping = new AbortController();
  const bell = new Bell();
  const running = run(options, stopping.signal, bell);
  return {
    look: bell.ring,
    stop: async () => {
      stopping.abort();
      bell.ring();
      await running;
    },
  };
}

async function run(
  { claims, wake, log }: WakerOptions,
  stopped: AbortSignal,
  bell: Bell,
): Promise<void> {
  let isAway = false;
  let rescuedAt = 0;
  while (!stopped.aborted) {
    try {
      if (Date.now() - rescuedAt > RESCUE_MS) {
        rescuedAt = Date.now();
        await claims.rescue();
      }
      await wakeAll({ claims, wake }, stopped);
      isAway = false;
    } catch (error) {
      if (!isAway) log.warn('webhooks wait: their dispatchers cannot be started', { error });
      isAway = true;
    }
    await bell.wait(LOOK_MS);
    if (!stopped.aborted) await delay(PAUSE_MS);
  }
}

async function wakeAll(
  { claims, wake }: Pick<WakerOptions, 'claims' | 'wake'>,
  stopped: AbortSignal,
): Promise<void> {
  for (let found = AT_ONCE; found === AT_ONCE && !stopped.aborted;) {
    const claimed = await claims.claim(AT_ONCE, CLAIM_MS);
    found = claimed.length;
    const woken = await Promise.allSettled(claimed.map(wake));
    const failed = woken.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
  }
}
