/** Which waits a disturbance has to answer for. Pure. */
import type { Moment, Victim } from './schedule.ts';
import type { Wait } from './waits.ts';

/** A kill that was done. */
export interface DoneKill {
  victim: Victim;
  process: string;
  /** What was aimed at. The model is instant when it is `between`, and takes its time otherwise. */
  moment: Moment;
  pid: number;
  atMs: number;
  /** When the process was there again; absent when it was not seen to be. */
  backAtMs?: number;
  /** Temporal: when it took requests again; absent when that is not known. */
  answersAtMs?: number;
}

/** Where a caller was: as kills are aimed, or at the very beginning, where no kill is. */
export type Hit = Moment | 'first webhook';

export interface AffectedWait extends Wait {
  victim: Victim;
  moment: Hit;
  /** Of the kill. */
  killedAtMs: number;
  /** Workers: whether it was the one that this call was on; undefined when that is not known. */
  isOwn?: boolean;
}

/** The first words after a kill count when they come so soon after it. */
export const SOON_MS = 10_000;

/**
 * A kill in mid-turn answers for the turns that it hits; one between turns for the first turn of each
 * caller who was in none, when it began within 10 s and before the next kill. Callers who were not
 * where the kill was aimed at are left out: the model was not as it should be for them.
 * @param workerOf the pid of the worker that a call was on
 */
export function affectedWaits(
  waits: readonly Wait[],
  kills: readonly DoneKill[],
  workerOf: (callSid: string, atMs: number) => number | undefined,
): AffectedWait[] {
  const byCall = new Map<string, Wait[]>();
  for (const wait of waits) {
    byCall.set(wait.callSid, [...(byCall.get(wait.callSid) ?? []), wait]);
  }
  return kills.flatMap((kill, at) => {
    const untilMs = Math.min(kill.atMs + SOON_MS, kills[at + 1]?.atMs ?? Infinity);
    return [...byCall].flatMap(([callSid, all]): AffectedWait[] => {
      const found = affectedOf(all, kill.atMs, untilMs);
      if (found?.moment !== kill.moment) return [];
      const worker = kill.victim === 'worker' ? workerOf(callSid, kill.atMs) : undefined;
      const isOwn = worker === undefined ? {} : { isOwn: worker === kill.pid };
      const { victim, atMs: killedAtMs } = kill;
      return [{ ...found.wait, victim, moment: found.moment, killedAtMs, ...isOwn }];
    });
  });
}

/**
 * Callers whose first webhook was under way when something was killed, or was sent while it was not
 * back yet, wherever that kill was aimed at.
 * @param beginnings how long each caller waited for the greeting
 */
export function affectedBeginnings(
  beginnings: readonly Wait[],
  kills: readonly DoneKill[],
): AffectedWait[] {
  return kills.flatMap(({ victim, atMs: killedAtMs, backAtMs = killedAtMs }) =>
    beginnings
      .filter((wait) => wait.sentAtMs <= backAtMs && killedAtMs < endOf(wait))
      .map((wait) => ({ ...wait, victim, moment: 'first webhook', killedAtMs })),
  );
}

function affectedOf(
  waits: readonly Wait[],
  atMs: number,
  untilMs: number,
): { wait: Wait; moment: Moment } | undefined {
  const under = waits.find(
    ({ sentAtMs, ...wait }) => sentAtMs <= atMs && atMs < endOf({ sentAtMs, ...wait }),
  );
  if (under) return { wait: under, moment: 'mid-turn' };
  const next = waits.find(({ sentAtMs }) => sentAtMs > atMs && sentAtMs < untilMs);
  // Of a call that began after the kill nothing was disturbed.
  const isFirst = next === waits[0];
  return next && !isFirst ? { wait: next, moment: 'between' } : undefined;
}

/** When the caller had the answer, or was asked again. */
function endOf({ sentAtMs, answerMs, firstMs }: Wait): number {
  return sentAtMs + (answerMs ?? firstMs ?? Infinity);
}
