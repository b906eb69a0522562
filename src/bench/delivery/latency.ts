/**
 * How long after the moment that it describes an event is at the receiver, with calls at one a second, then
 * at higher and higher rates until that takes too long.
 */
import type { Progress } from '../../embedded/progress.ts';
import type { Database } from '../../db/pool.ts';
import type { Receiver } from '../../drill/index.ts';
import type { BenchInstance } from '../bench-instance.ts';
import { callsLeftOpen } from '../bench-servers.ts';
import { pause } from '../play-call.ts';
import { summarize } from '../statistics.ts';
import type { Summary } from '../statistics.ts';
import { arrivalsOf, delaysByType, delaysOf } from './arrivals.ts';
import type { Arrival } from './arrivals.ts';
import { callsAtRate } from './calls-at-rate.ts';
import type { Customer } from './customer.ts';
import { waitingFor } from './delivery-states.ts';

export interface LatencyOptions {
  /** Whoever is told of the calls. */
  customer: Customer;
  receiver: Pick<Receiver, 'received'>;
  owner: Database;
  bench: BenchInstance;
  /** At one call a second; at the higher rates for a part of it. */
  seconds: number;
  /** No higher rate is tried. */
  fastest: number;
  progress: Progress;
}

/** One rate. Milliseconds from the moment that an event tells of to its arrival. */
export interface RateFigures {
  callsPerSecond: number;
  seconds: number;
  calls: number;
  events: number;
  /** Wrong or missing answers to webhooks of the calls. */
  callErrors: number;
  callProblems: string[];
  /** Events that had not arrived a minute after the last call. */
  missing: number;
  /** All of them. */
  delay: Summary;
  byType: Record<string, Summary>;
  /** Of the calls' own webhooks. */
  turn: Summary;
}

export const LIMIT_MS = 1000;
const SHAPE = { turns: 3, pauseMs: 1000 };
const RATES = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32];
/** The higher rates take this part of the time at one a second. */
const PART = 1 / 3;
const ARRIVE_MS = 60_000;
const LOOK_AGAIN_MS = 1000;

/** @returns the rates up to the first one at which it takes too long */
export async function measureLatency(options: LatencyOptions): Promise<RateFigures[]> {
  const { bench, seconds, fastest, progress } = options;
  const figures: RateFigures[] = [];
  for (const callsPerSecond of RATES) {
    if (bench.stopping.aborted || callsPerSecond > fastest) break;
    const time = callsPerSecond === 1 ? seconds : Math.ceil(seconds * PART);
    progress.say(`${callsPerSecond} calls a second for ${time} s ...`);
    const rate = await measureRate(callsPerSecond, time, options);
    if (bench.stopping.aborted) break;
    figures.push(rate);
    if (isTooSlow(rate)) break;
    // What they still do is not to be measured with the next ones.
    if (callsPerSecond < fastest) await callsLeftOpen(bench);
  }
  return figures;
}

export function isTooSlow({ delay, missing, callErrors }: RateFigures): boolean {
  return missing > 0 || callErrors > 0 || (delay.p95 ?? Infinity) > LIMIT_MS;
}

async function measureRate(
  callsPerSecond: number,
  seconds: number,
  { bench, receiver, customer, owner }: LatencyOptions,
): Promise<RateFigures> {
  const sinceMs = Date.now();
  const played = await callsAtRate(bench, SHAPE, { perSecond: callsPerSecond, seconds });
  const here = () =>
    arrivalsOf(receiver.received(), customer.path).filter(
      ({ happenedMs }) => happenedMs >= sinceMs,
    );
  const missing = await untilAllHere(played.callers.length, { bench, owner, customer, here });
  const arrivals = here();
  const lost = Array.from({ length: missing }, () => Infinity);
  return {
    callsPerSecond,
    seconds,
    calls: played.callers.length,
    events: arrivals.length,
    callErrors: played.samples.errors,
    callProblems: played.samples.problems(),
    missing,
    delay: summarize([...delaysOf(arrivals), ...lost]),
    byType: delaysByType(arrivals),
    turn: played.samples.figures().turn,
  };
}

interface Arriving {
  bench: BenchInstance;
  owner: Database;
  customer: Customer;
  here: () => Arrival[];
}

/** Until each call's end is here and nothing waits. @returns how many are not, when the time is up */
async function untilAllHere(
  calls: number,
  { bench, owner, customer, here }: Arriving,
): Promise<number> {
  const end = Date.now() + ARRIVE_MS;
  for (;;) {
    const ends = here().filter(({ type }) => type === 'call.ended').length;
    const waiting = await waitingFor(owner, customer.endpointId);
    const missing = Math.max(waiting, calls - ends);
    if (missing === 0 || Date.now() > end || bench.stopping.aborted) return missing;
    await pause(LOOK_AGAIN_MS, bench.stopping);
  }
}
