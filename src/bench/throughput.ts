/** As many webhooks as go: short calls without a pause, from a fixed number of callers. */
import { byPart, measureProcesses } from './process-meter.ts';
import type { CpuCost } from './cpu-cost.ts';
import { cpuPerWebhook } from './cpu-cost.ts';
import { callAgainAndAgain, newPlayed } from './load.ts';
import type { Played, Target } from './load.ts';
import { pause } from './play-call.ts';
import type { Kind } from './samples.ts';
import type { Summary } from './statistics.ts';
import { tenths } from './statistics.ts';

export interface ThroughputFigures {
  callers: number;
  seconds: number;
  webhooks: number;
  perSecond: number;
  errors: number;
  first: Summary;
  turn: Summary;
  status: Summary;
  /** Processor time in ms, by part, `total` without the load generator. */
  cpuMsPerWebhook: CpuCost;
}

export interface ThroughputOptions {
  callers: number;
  seconds: number;
  /** How long the load runs before it is measured. */
  settleMs: number;
  /** The processes to look at, by name. */
  pids: Readonly<Record<string, number>>;
}

/** The mix of a short call: the first webhook, five turns, the status at the end. */
export const SHORT_CALL = { turns: 5, pauseMs: 0 } as const;

export async function measureThroughput(
  target: Target,
  { callers, seconds, settleMs, pids }: ThroughputOptions,
): Promise<{ figures: ThroughputFigures; played: Played }> {
  const played = newPlayed();
  const { samples } = played;
  const look = () => ({
    atMs: performance.now(),
    mark: samples.mark(),
    count: samples.count,
    usages: byPart(measureProcesses(pids)),
  });
  const window = async () => {
    await pause(settleMs, target.stopping);
    const start = look();
    await pause(seconds * 1000, target.stopping);
    return { start, end: look() };
  };
  const windowed = window();
  await callAgainAndAgain(target, SHORT_CALL, callers, { until: windowed, played });
  const { start, end } = await windowed;
  const tookSeconds = (end.atMs - start.atMs) / 1000;
  const webhooks = end.count - start.count;
  const figures: ThroughputFigures = {
    callers,
    seconds: tenths(tookSeconds),
    webhooks,
    perSecond: tookSeconds === 0 ? 0 : tenths(webhooks / tookSeconds),
    errors: samples.errors,
    ...(samples.between(start.mark, end.mark) satisfies Record<Kind, Summary>),
    cpuMsPerWebhook: cpuPerWebhook(start.usages, end.usages, webhooks),
  };
  return { figures, played };
}
