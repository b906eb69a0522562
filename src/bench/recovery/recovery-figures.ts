/** What the recovery benchmark finds out, and what it ought to find. Pure. */
import type { Counts, Violation } from '../../drill/index.ts';
import type { Goal, Machine } from '../report-lines.ts';
import { summarize } from '../statistics.ts';
import type { Summary } from '../statistics.ts';
import type { AffectedWait, DoneKill, Hit } from './attribution.ts';
import { SOON_MS } from './attribution.ts';
import type { DoneAway } from './away.ts';
import type { DoneCut } from './cuts.ts';
import type { MediaPartFigures } from './media-figures.ts';
import type { Victim } from './schedule.ts';
import type { HeldCaller, Wait } from './waits.ts';

/**
 * What callers waited, in milliseconds from the webhook with their words. A wait without an end is
 * infinite: it shows in every percentile that it reaches.
 */
export interface WaitFigures {
  callers: number;
  /** To the first words: a filler, or the answer. */
  first: Summary;
  /** To the answer. */
  answer: Summary;
  /** Those who were asked to say it again, or have not been answered. */
  notAnswered: number;
}

export interface KillFigures extends WaitFigures {
  victim: Victim;
  moment: Hit;
  /** Workers only: whose call it was. */
  whose?: 'its calls' | 'calls of the other';
  /** Those that hit anybody so. */
  kills: number;
}

/** A wait to look at: its call is in the evidence. */
export interface LongWait {
  callId: string;
  victim: Victim;
  moment: Hit;
  /** When the kill came, from the webhook with the words on. */
  killedAfterMs: number;
  answerMs: number | null;
}

export interface CutFigures extends WaitFigures, Pick<DoneCut, 'line' | 'way'> {
  seconds: number;
}

export interface AwayFigures {
  seconds: number;
  calls: number;
  /** How often callers waited for something to be heard meanwhile. */
  waits: Summary;
  /** Webhooks after which nothing was heard at all. */
  unheard: number;
  answeredAfter: number;
}

export interface Judged {
  ok: boolean;
  counts: Counts;
  violations: Violation[];
}

export interface RecoveryFigures extends Machine {
  benchmark: 'recovery';
  seed: number;
  calls: number;
  thinkMs: number;
  /** The command that does the same again. */
  command: string;
  sealed: boolean;
  planned: number;
  /** Those that were done: nothing is killed where nothing runs. */
  kills: number;
  /** So many processes were not seen to come back in time. */
  notBack: number;
  byKill: KillFigures[];
  /** The longest of them, the longest first. */
  longest: LongWait[];
  /** Turns that nothing disturbed, with an instant model. */
  undisturbed: WaitFigures;
  cuts: CutFigures[];
  away: AwayFigures | null;
  /** Calls over streams. */
  media: MediaPartFigures | null;
  applicationErrors: number;
  openAfterwards: number | null;
  endedOtherwise: number;
  /** The history checker's; null when the benchmark was stopped. */
  verdict: Judged | null;
  goals: Goal[];
  errors: number;
  interrupted: boolean;
}

export function waitFigures(waits: readonly Wait[]): WaitFigures {
  const times = (of: (wait: Wait) => number | undefined) =>
    summarize(waits.map((wait) => of(wait) ?? Infinity));
  return {
    callers: waits.length,
    first: times(({ firstMs }) => firstMs),
    answer: times(({ answerMs }) => answerMs),
    notAnswered: waits.filter(({ answerMs }) => answerMs === undefined).length,
  };
}

/** By what was killed and what the caller was doing then; workers also by whose call it was. */
export function killFigures(affected: readonly AffectedWait[]): KillFigures[] {
  const groups = new Map<string, AffectedWait[]>();
  for (const wait of affected) {
    const key = [wait.victim, wait.moment, wait.isOwn].join();
    groups.set(key, [...(groups.get(key) ?? []), wait]);
  }
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, waits]) => {
      const [first] = waits;
      if (!first) return [];
      const { victim, moment, isOwn } = first;
      const whose =
        isOwn === undefined
          ? {}
          : { whose: isOwn ? ('its calls' as const) : ('calls of the other' as const) };
      const kills = new Set(waits.map(({ killedAtMs }) => killedAtMs)).size;
      return [{ victim, moment, ...whose, kills, ...waitFigures(waits) }];
    });
}

const LONGEST = 5;

/** Those who were not answered come first. */
export function longestWaits(
  affected: readonly AffectedWait[],
  callIdOf: (callSid: string) => string,
): LongWait[] {
  return affected
    .toSorted((a, b) => (b.answerMs ?? Infinity) - (a.answerMs ?? Infinity) || 0)
    .slice(0, LONGEST)
    .map(({ callSid, victim, moment, killedAtMs, sentAtMs, answerMs }) => ({
      callId: callIdOf(callSid),
      victim,
      moment,
      killedAfterMs: killedAtMs - sentAtMs,
      answerMs: answerMs ?? null,
    }));
}

export function cutFigures(waits: readonly Wait[], cuts: readonly DoneCut[]): CutFigures[] {
  return cuts.map(({ line, way, fromMs, toMs }) => ({
    line,
    way,
    seconds: Math.round((toMs - fromMs) / 1000),
    ...waitFigures(waits.filter((wait) => overlaps(wait, fromMs, toMs))),
  }));
}

export function awayFigures(
  held: readonly HeldCaller[],
  { fromMs, toMs, calls, answeredAfter }: DoneAway,
): AwayFigures {
  // Those who already wait when it goes away wait on.
  const meanwhile = held.filter(
    ({ sentAtMs, heardMs, goneMs }) =>
      sentAtMs + (heardMs ?? goneMs ?? Infinity) > fromMs && sentAtMs <= toMs,
  );
  const heard = meanwhile.flatMap(({ heardMs }) => heardMs ?? []);
  return {
    seconds: Math.round((toMs - fromMs) / 1000),
    calls,
    waits: summarize(heard),
    unheard: meanwhile.length - heard.length,
    answeredAfter,
  };
}

/** What lies well away from every disturbance. */
export function undisturbedWaits(
  waits: readonly Wait[],
  kills: readonly DoneKill[],
  spans: readonly { fromMs: number; toMs: number }[],
): Wait[] {
  const all = [...kills.map(({ atMs }) => ({ fromMs: atMs, toMs: atMs })), ...spans];
  return waits.filter((wait) => !all.some(({ fromMs, toMs }) => overlaps(wait, fromMs, toMs)));
}

/** From a turn that was under way at the start to one that began soon after the end. */
function overlaps({ sentAtMs, answerMs, firstMs }: Wait, fromMs: number, toMs: number): boolean {
  const endMs = sentAtMs + (answerMs ?? firstMs ?? SOON_MS);
  return endMs >= fromMs && sentAtMs <= toMs + SOON_MS;
}
