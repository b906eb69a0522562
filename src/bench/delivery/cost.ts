/** What sending costs: processors, history events, rows; and what endpoints cost to which nothing is sent. */
import type { Database } from '../../db/pool.ts';
import type { BenchInstance } from '../bench-instance.ts';
import { withTemporal } from '../bench-servers.ts';
import { pause } from '../play-call.ts';
import { byPart, instancePids, measureProcesses } from '../process-meter.ts';
import type { Usages } from '../process-meter.ts';
import { tenths } from '../statistics.ts';
import { historiesOf, storedOf } from './delivery-states.ts';
import type { Histories, Stored } from './delivery-states.ts';
import { EventMaker } from './made-events.ts';

/** One look at everything. */
export interface Look {
  atMs: number;
  usages: Usages;
  histories: Histories;
  stored: Stored;
}

export interface CostFigures {
  deliveries: number;
  seconds: number;
  /** Milliseconds of processors a delivery, by part of the instance, and in all. */
  cpuMs: Record<string, number>;
  /** Of Temporal, a delivery. */
  historyEvents: number;
  workflowRuns: number;
  /** Of the database, a delivery: the row of its event, and its own. */
  rows: number;
  bytes: number;
}

export interface IdleFigures {
  endpoints: number;
  seconds: number;
  /** Milliseconds of processors a second, by part of the instance. */
  cpuMsPerSecond: Record<string, number>;
  historyEvents: number;
  workflowRuns: number;
}

const PARTS = ['api', 'worker', 'temporal', 'postgres'] as const;

export async function lookAt(bench: BenchInstance, owner: Database): Promise<Look> {
  return {
    atMs: performance.now(),
    usages: byPart(measureProcesses(instancePids(bench.dataDir))),
    histories: await withTemporal(bench, historiesOf),
    stored: await storedOf(owner),
  };
}

/** @param idle what the instance uses by itself, which is no part of the cost */
export function costOf(
  before: Look,
  after: Look,
  deliveries: number,
  idle?: IdleFigures,
): CostFigures | null {
  if (deliveries === 0) return null;
  const seconds = (after.atMs - before.atMs) / 1000;
  const used = cpuBetween(before, after);
  const cpu = PARTS.map((part): [string, number] => {
    const ms = (used[part] ?? 0) - (idle?.cpuMsPerSecond[part] ?? 0) * seconds;
    return [part, ms / deliveries];
  });
  const total = cpu.reduce((sum, [, ms]) => sum + ms, 0);
  return {
    deliveries,
    seconds: tenths(seconds),
    cpuMs: hundredths(Object.fromEntries([...cpu, ['total', total]])),
    historyEvents: hundredth((after.histories.events - before.histories.events) / deliveries),
    workflowRuns: hundredth((after.histories.runs - before.histories.runs) / deliveries),
    rows: hundredth((after.stored.rows - before.stored.rows) / deliveries),
    bytes: Math.round((after.stored.bytes - before.stored.bytes) / deliveries),
  };
}

/** Nothing is sent for so long. */
export async function measureIdle(
  bench: BenchInstance,
  owner: Database,
  { endpoints, seconds }: { endpoints: number; seconds: number },
): Promise<IdleFigures> {
  const before = await lookAt(bench, owner);
  await pause(seconds * 1000, bench.stopping);
  const after = await lookAt(bench, owner);
  const took = (after.atMs - before.atMs) / 1000;
  const used = cpuBetween(before, after);
  return {
    endpoints,
    seconds: tenths(took),
    cpuMsPerSecond: hundredths(
      Object.fromEntries(PARTS.map((part) => [part, (used[part] ?? 0) / took])),
    ),
    historyEvents: after.histories.events - before.histories.events,
    workflowRuns: after.histories.runs - before.histories.runs,
  };
}

export interface FlowOptions {
  bench: BenchInstance;
  owner: Database;
  workspaceId: string;
  perSecond: number;
  seconds: number;
  idle: IdleFigures | undefined;
  /** Settles when everything that was made is delivered. */
  untilDelivered: () => Promise<number>;
}

/** A steady flow of events, one at a time, evenly. */
export async function measureFlow(options: FlowOptions): Promise<CostFigures | null> {
  const { bench, owner, workspaceId, perSecond, seconds, idle } = options;
  const before = await lookAt(bench, owner);
  const maker = new EventMaker(owner, workspaceId);
  const count = perSecond * seconds;
  await maker.keepMaking({ count, everyMs: 1000 / perSecond }, bench.stopping);
  const left = await options.untilDelivered();
  return costOf(before, await lookAt(bench, owner), maker.made - left, idle);
}

/** In milliseconds. */
function cpuBetween(before: Look, after: Look): Record<string, number> {
  return Object.fromEntries(
    PARTS.map((part) => {
      const [start, end] = [before.usages[part], after.usages[part]];
      return [part, start && end ? (end.cpuSeconds - start.cpuSeconds) * 1000 : 0];
    }),
  );
}

function hundredths(values: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, each]) => [name, hundredth(each)]));
}

function hundredth(value: number): number {
  return Math.round(value * 100) / 100;
}
