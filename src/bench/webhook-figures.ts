/** What the webhook benchmark finds out, and what it ought to find. Pure. */
import type { MemoryFigures } from './live-memory.ts';
import type { PhaseFigures } from './phase.ts';
import type { Goal, Machine } from './report-lines.ts';
import type { Summary } from './statistics.ts';
import type { ThroughputFigures } from './throughput.ts';

/** What can be left out. */
export interface PartFigures {
  /** Many calls at once, with pauses. */
  many: PhaseFigures | null;
  /** As many webhooks as go. */
  throughput: ThroughputFigures | null;
  memory: MemoryFigures | null;
}

export interface AllParts extends PartFigures {
  /** One call at a time. */
  one: PhaseFigures;
}

export interface HistoryFigures {
  /** With one call at a time, all bookkeeping included. */
  historyEventsPerTurn: number | null;
  /** With many at once. */
  manyHistoryEventsPerTurn: number | null;
  historiesRead: number;
}

export interface WebhookFigures extends AllParts, HistoryFigures, Machine {
  benchmark: 'webhook';
  calls: number;
  turns: number;
  warmup: number;
  pauseMs: number;
  /** From the end of one call to the beginning of the next, one at a time. */
  betweenMs: number;
  /** What Temporal keeps was sealed. */
  sealed: boolean;
  errors: number;
  /** The same requests to a server of this process that has its answer ready. */
  http: Summary;
  /** How long the model server held a request; part of each turn. */
  model: Summary;
  /** The same calls to a bot that keeps them in a Map. */
  bot: AllParts | null;
  /** How many times as much as with the bot. */
  ratios: Ratios | null;
  goals: Goal[];
  interrupted: boolean;
}

export interface Ratios {
  firstP50: number | null;
  turnP50: number | null;
  manyTurnP95: number | null;
  cpuPerWebhook: number | null;
  /** Below 1: so much of the bot's throughput. */
  perSecond: number | null;
  kbPerCall: number | null;
}

/** With a model that answers at once, on two cores. */
export const LIMITS = {
  firstP50Ms: 35,
  turnP50Ms: 35,
  turnP95Ms: 80,
  manyTurnP95Ms: 150,
  perSecond: 40,
  historyEventsPerTurn: 20,
  kbPerCall: 300,
} as const;

export function webhookGoals(
  { one, many, throughput, memory }: AllParts,
  { historyEventsPerTurn, manyHistoryEventsPerTurn }: HistoryFigures,
): Goal[] {
  // A webhook that got no answer has no time, and the others have more room: nothing is said then.
  const ofOne = (value: number | null) => (one.errors === 0 ? value : null);
  const times: Goal[] = [
    {
      name: 'first webhook p50',
      value: ofOne(one.first.p50),
      limit: LIMITS.firstP50Ms,
      unit: 'ms',
    },
    { name: 'turn p50', value: ofOne(one.turn.p50), limit: LIMITS.turnP50Ms, unit: 'ms' },
    { name: 'turn p95', value: ofOne(one.turn.p95), limit: LIMITS.turnP95Ms, unit: 'ms' },
    {
      name: 'turn p95, many calls',
      value: many && many.errors === 0 ? many.turn.p95 : null,
      limit: LIMITS.manyTurnP95Ms,
      unit: 'ms',
    },
  ];
  // Of a run with errors the rate says nothing.
  const rate = throughput && throughput.errors === 0 ? throughput.perSecond : null;
  const events = [historyEventsPerTurn, manyHistoryEventsPerTurn].filter((each) => each !== null);
  return [
    ...times,
    { name: 'webhooks a second', value: rate, limit: LIMITS.perSecond, atLeast: true },
    {
      name: 'history events a turn',
      value: events.length === 0 ? null : Math.max(...events),
      limit: LIMITS.historyEventsPerTurn,
    },
    {
      name: 'worker memory a live call',
      value: memory?.errors === 0 ? memory.kbPerCall : null,
      limit: LIMITS.kbPerCall,
      unit: 'kB',
    },
  ];
}

export function ratiosOf(voca: AllParts, bot: AllParts): Ratios {
  return {
    firstP50: ratio(voca.one.first.p50, bot.one.first.p50),
    turnP50: ratio(voca.one.turn.p50, bot.one.turn.p50),
    manyTurnP95: ratio(voca.many?.turn.p95, bot.many?.turn.p95),
    cpuPerWebhook: ratio(
      voca.throughput?.cpuMsPerWebhook['total'],
      bot.throughput?.cpuMsPerWebhook['total'],
    ),
    perSecond: ratio(voca.throughput?.perSecond, bot.throughput?.perSecond),
    kbPerCall: ratio(voca.memory?.kbPerCall, bot.memory?.kbPerCall),
  };
}

function ratio(a: number | null | undefined, b: number | null | undefined): number | null {
  if (a === null || a === undefined || b === null || b === undefined || b <= 0) return null;
  return Math.round((a / b) * 100) / 100;
}
