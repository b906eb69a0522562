/**
 * An endpoint is down in every way, one after the other, while events pile up for it; then it comes back.
 * Meanwhile another customer's endpoint gets a steady trickle.
 */
import type { Database } from '../../db/pool.ts';
import { OK } from '../../drill/index.ts';
import type { Receiver, ReceiverMode } from '../../drill/index.ts';
import type { Progress } from '../../embedded/progress.ts';
import type { BenchInstance } from '../bench-instance.ts';
import { pause } from '../play-call.ts';
import { summarize, tenths } from '../statistics.ts';
import type { Summary } from '../statistics.ts';
import { arrivalsOf, delaysOf, mostWithin } from './arrivals.ts';
import type { Customer } from './customer.ts';
import { attemptTimes, untilNoneWaits, waitingFor } from './delivery-states.ts';
import { EventMaker } from './made-events.ts';

export interface OutageOptions {
  bench: BenchInstance;
  owner: Database;
  /** Goes down. */
  receiver: Receiver;
  customer: Customer;
  maxPerSecond: number;
  /** Goes on, at a receiver of its own. */
  other: { receiver: Pick<Receiver, 'received'>; customer: Customer };
  events: number;
  /** Seconds: connections refused; answers of 500; answers that come after `slowMs`. */
  closed: number;
  failing: number;
  slow: number;
  slowMs: number;
  /** Looks at what it costs, when it has come back and when all is delivered. */
  look: () => Promise<void>;
  progress: Progress;
}

export interface OutageFigures {
  events: number;
  maxPerSecond: number;
  /** How long each kind of outage took, in seconds. */
  closed: number;
  failing: number;
  slow: number;
  slowAnswerMs: number;
  /** Deliveries that waited when it came back. */
  waiting: number;
  /** From then until all were delivered; null: not in time. */
  drainSeconds: number | null;
  /** From then to the first one that arrived. */
  firstSeconds: number | null;
  /** Of all events that were made, those that never arrived. */
  missing: number;
  /** Webhooks that arrived more than once, accepted. */
  repeated: number;
  /** Attempts after it came back, by the log of the deliveries. */
  mostInOneSecond: number;
  mostInTenSeconds: number;
  /** As they arrived: what the way and a busy machine hold up for a moment comes together. */
  mostArrivedInOneSecond: number;
  /** The other customer: from the moment of an event to its arrival. */
  otherQuiet: Summary;
  otherMeanwhile: Summary;
  otherMissing: number;
}

const TRICKLE_MS = 250;
const QUIET_SECONDS = 20;
const BATCH = 100;
/** Longer than the goal, so that what misses it is measured. */
const DRAIN_MS = 900_000;
const ARRIVE_MS = 30_000;

export async function measureOutage(options: OutageOptions): Promise<OutageFigures> {
  const { bench, owner, receiver, customer, other, progress } = options;
  const stopTrickle = new AbortController();
  const stopping = AbortSignal.any([bench.stopping, stopTrickle.signal]);
  const trickle = new EventMaker(owner, other.customer.workspaceId);
  const trickling = trickle.keepMaking({ everyMs: TRICKLE_MS }, stopping);
  progress.say('An endpoint goes down, another one goes on ...');
  await pause(QUIET_SECONDS * 1000, bench.stopping);
  const downMs = Date.now();
  const maker = new EventMaker(owner, customer.workspaceId);
  await goDown(options, maker);
  const waiting = await waitingFor(owner, customer.endpointId);
  progress.say(`It comes back; ${waiting} deliveries wait ...`);
  await options.look();
  await receiver.become(OK);
  const backMs = Date.now();
  const left = await untilNoneWaits(owner, {
    endpointId: customer.endpointId,
    withinMs: DRAIN_MS,
    stopping: bench.stopping,
    onLook: (count) => progress.live(`${count} wait`),
  });
  const drainSeconds = left === 0 ? tenths((Date.now() - backMs) / 1000) : null;
  await options.look();
  stopTrickle.abort();
  await trickling;
  const otherMissing = await untilNoneWaits(owner, {
    endpointId: other.customer.endpointId,
    withinMs: ARRIVE_MS,
    stopping: bench.stopping,
  });
  const { closed, failing, slow, slowMs: slowAnswerMs, maxPerSecond } = options;
  const all = receiver.received().filter(({ path }) => path === customer.path);
  const after = all.filter(({ atMs }) => atMs >= backMs).map(({ atMs }) => atMs);
  const sent = (await attemptTimes(owner, customer.endpointId)).filter((atMs) => atMs >= backMs);
  const accepted = all.filter(({ answer }) => answer !== null && answer < 300).length;
  const arrivals = arrivalsOf(all, customer.path);
  const others = arrivalsOf(other.receiver.received(), other.customer.path);
  const lost = Array.from({ length: otherMissing }, () => Infinity);
  return {
    ...{ events: maker.made, maxPerSecond, closed, failing, slow, slowAnswerMs, waiting },
    drainSeconds,
    firstSeconds: after[0] === undefined ? null : tenths((after[0] - backMs) / 1000),
    missing: maker.made - arrivals.length,
    repeated: accepted - arrivals.length,
    mostInOneSecond: mostWithin(1000, sent),
    mostInTenSeconds: mostWithin(10_000, sent),
    mostArrivedInOneSecond: mostWithin(1000, after),
    otherQuiet: summarize(delaysOf(others.filter(({ happenedMs }) => happenedMs < downMs))),
    otherMeanwhile: summarize([
      ...delaysOf(others.filter(({ happenedMs }) => happenedMs >= downMs)),
      ...lost,
    ]),
    otherMissing,
  };
}

/** Events come evenly over all of it. */
async function goDown(options: OutageOptions, maker: EventMaker): Promise<void> {
  const { bench, receiver, events, closed, failing, slow, slowMs, progress } = options;
  const seconds = closed + failing + slow;
  const everyMs = (seconds * 1000) / Math.ceil(events / BATCH);
  const kinds: [string, number, ReceiverMode][] = [
    ['connections are refused', closed, { do: 'closed' }],
    ['500 to everything', failing, { do: 'answer', status: 500 }],
    [`answers after ${slowMs} ms`, slow, { do: 'answer', status: 200, afterMs: slowMs }],
  ];
  const making = maker.keepMaking({ count: events, batch: BATCH, everyMs }, bench.stopping);
  for (const [what, time, mode] of kinds) {
    if (time === 0 || bench.stopping.aborted) continue;
    await receiver.become(mode);
    progress.say(`  ${what} for ${time} s ...`);
    await pause(time * 1000, bench.stopping);
  }
  await making;
}
