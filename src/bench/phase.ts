/** One phase of a benchmark: calls that are played, timed, and what processors were used for it. */
import { cpuPerWebhook } from './cpu-cost.ts';
import type { CpuCost } from './cpu-cost.ts';
import type { LoadShape, Played, Target } from './load.ts';
import { byPart, measureProcesses } from './process-meter.ts';
import type { Kind, KindFigures } from './samples.ts';
import { tenths } from './statistics.ts';

export interface PhaseFigures extends Record<Kind, KindFigures> {
  calls: number;
  turns: number;
  pauseMs: number;
  seconds: number;
  errors: number;
  /** Processor time in ms, by part, `total` without the load generator. */
  cpuMsPerWebhook: CpuCost;
}

export type Play = (target: Target, shape: LoadShape, calls: number) => Promise<Played>;

/** @param pids of the processes to look at, by name */
export async function measurePhase(
  play: Play,
  target: Target,
  { calls, ...shape }: LoadShape & { calls: number },
  pids: Readonly<Record<string, number>>,
): Promise<{ figures: PhaseFigures; played: Played }> {
  const before = byPart(measureProcesses(pids));
  const startedAt = performance.now();
  const played = await play(target, shape, calls);
  const seconds = tenths((performance.now() - startedAt) / 1000);
  const after = byPart(measureProcesses(pids));
  const { samples } = played;
  const figures: PhaseFigures = {
    ...shape,
    calls,
    seconds,
    errors: samples.errors,
    ...samples.figures(),
    cpuMsPerWebhook: cpuPerWebhook(before, after, samples.count),
  };
  return { figures, played };
}
