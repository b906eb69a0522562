/** What a receiver's log says of how long events take and how fast they come. Pure. */
import type { ReceivedWebhook } from '../../drill/index.ts';
import { summarize } from '../statistics.ts';
import type { Summary } from '../statistics.ts';

export interface Arrival {
  id: string;
  type: string;
  /** When it happened, as the event says, and when it was there; milliseconds since 1970. */
  happenedMs: number;
  atMs: number;
}

/** The first time that each event was there and accepted. */
export function arrivalsOf(received: readonly ReceivedWebhook[], path: string): Arrival[] {
  const arrivals = new Map<string, Arrival>();
  for (const { id, body, atMs, answer, path: at } of received) {
    const isAccepted = answer !== null && answer >= 200 && answer < 300;
    if (at !== path || !isAccepted || arrivals.has(id)) continue;
    const { type, timestamp } = JSON.parse(body) as { type: string; timestamp: string };
    arrivals.set(id, { id, type, happenedMs: Date.parse(timestamp), atMs });
  }
  return [...arrivals.values()];
}

/** From the moment that an event tells of to its arrival, in milliseconds. */
export function delaysOf(arrivals: readonly Arrival[]): number[] {
  return arrivals.map(({ happenedMs, atMs }) => Math.max(0, atMs - happenedMs));
}

export function delaysByType(arrivals: readonly Arrival[]): Record<string, Summary> {
  const types = [...new Set(arrivals.map(({ type }) => type))].sort();
  return Object.fromEntries(
    types.map((type) => [type, summarize(delaysOf(arrivals.filter((each) => each.type === type)))]),
  );
}

/** The most that came in any span of so long, wherever it begins. */
export function mostWithin(spanMs: number, timesMs: readonly number[]): number {
  const sorted = timesMs.toSorted((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (const [at, timeMs] of sorted.entries()) {
    while (timeMs - (sorted[first] ?? 0) >= spanMs) first += 1;
    most = Math.max(most, at - first + 1);
  }
  return most;
}
