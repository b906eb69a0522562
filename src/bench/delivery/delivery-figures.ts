/** What the delivery benchmark finds out, and what it ought to find. Pure. */
import type { Goal, Machine } from '../report-lines.ts';
import type { CostFigures, IdleFigures } from './cost.ts';
import type { KilledCallsFigures } from './killed-calls.ts';
import { isTooSlow, LIMIT_MS } from './latency.ts';
import type { RateFigures } from './latency.ts';
import type { OutageFigures } from './outage.ts';

/** Parts that were not asked for, or were stopped before their end, are null. */
export interface DeliveryParts {
  latency: RateFigures[] | null;
  idle: { without: IdleFigures; withEndpoints: IdleFigures } | null;
  /** In a steady flow of events. */
  flow: CostFigures | null;
  outage: OutageFigures | null;
  /** Of what was sent after the outage. */
  drain: CostFigures | null;
  killed: KilledCallsFigures | null;
}

export interface DeliveryFigures extends DeliveryParts, Machine {
  benchmark: 'delivery';
  sealed: boolean;
  /** The command that does the same again. */
  command: string;
  /** The highest rate of calls at which the 95th percentile was within a second, and the first one above. */
  keepsUpAt: number | null;
  endsAt: number | null;
  goals: Goal[];
  errors: number;
  interrupted: boolean;
}

const DRAIN_SECONDS = 600;
const OTHER_MS = 2000;
/** Processors used beside what the instance uses by itself: less cannot be told from nothing. */
const IDLE_CPU_MS = 5;

export function endOfLatency(
  rates: readonly RateFigures[] | null,
): Pick<DeliveryFigures, 'keepsUpAt' | 'endsAt'> {
  const fast = rates?.filter((rate) => !isTooSlow(rate)).at(-1);
  const slow = rates?.find(isTooSlow);
  return { keepsUpAt: fast?.callsPerSecond ?? null, endsAt: slow?.callsPerSecond ?? null };
}

export function deliveryGoals(parts: DeliveryParts): Goal[] {
  const { latency, idle, outage, killed } = parts;
  const first = latency?.at(0);
  const violations = killed?.verdict?.violations.length;
  const idleCpu = idle && cpuOf(idle.withEndpoints) - cpuOf(idle.without);
  return [
    {
      name: 'an event at the receiver, one call a second, p95',
      value: first ? (first.missing > 0 ? Infinity : first.delay.p95) : null,
      limit: LIMIT_MS,
      unit: 'ms',
    },
    {
      name: 'after an outage, all delivered within',
      value: outage ? (outage.drainSeconds ?? Infinity) : null,
      limit: DRAIN_SECONDS,
      unit: 's',
    },
    { name: 'after an outage, never delivered', value: outage?.missing ?? null, limit: 0 },
    {
      name: 'after an outage, most attempts in any second',
      value: outage?.mostInOneSecond ?? null,
      limit: outage?.maxPerSecond ?? 0,
    },
    {
      name: "meanwhile, another customer's p99",
      value: outage?.otherMeanwhile.p99 ?? null,
      limit: OTHER_MS,
      unit: 'ms',
    },
    {
      name: 'idle endpoints, history events',
      value: idle?.withEndpoints.historyEvents ?? null,
      limit: 0,
    },
    {
      name: 'idle endpoints, processors a second',
      value: idleCpu === null ? null : Math.max(0, idleCpu),
      limit: IDLE_CPU_MS,
      unit: 'ms',
    },
    { name: 'killed at random, violations', value: violations ?? null, limit: 0 },
    { name: 'killed at random, calls left open', value: killed?.openAfterwards ?? null, limit: 0 },
  ];
}

function cpuOf({ cpuMsPerSecond }: IdleFigures): number {
  return Object.values(cpuMsPerSecond).reduce((sum, each) => sum + each, 0);
}

/** What went wrong; a goal that is missed is none of it. */
export function problemsOf({ latency, outage, killed }: DeliveryParts): string[] {
  const first = latency?.at(0);
  return [
    ...(first?.callProblems ?? []),
    ...(first && first.missing > 0 ? [`${first.missing} events of calls did not arrive`] : []),
    ...(outage && outage.missing > 0 ? [`${outage.missing} events did not arrive`] : []),
    ...(outage && outage.otherMissing > 0
      ? [`${outage.otherMissing} events of the other customer did not arrive`]
      : []),
    ...(killed?.endedOtherwise ?? []),
    ...(killed && killed.notBack > 0 ? [`${killed.notBack} processes did not come back`] : []),
    ...(killed?.verdict?.violations.map(({ kind }) => kind) ?? []),
    ...(killed && killed.openAfterwards !== null && killed.openAfterwards > 0
      ? [`${killed.openAfterwards} calls were left open`]
      : []),
  ];
}
