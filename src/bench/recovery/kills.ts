/** The drill of kills: one after the other, each at its moment, while callers talk. */
import type { Progress } from '../../embedded/progress.ts';
import { pause } from '../play-call.ts';
import type { DoneKill } from './attribution.ts';
import type { CallerPool } from './caller-pool.ts';
import type { DrillModel } from './drill-model.ts';
import type { PlannedKill } from './schedule.ts';
import type { Victims } from './victims.ts';

export interface KillsOptions {
  plan: readonly PlannedKill[];
  pool: Pick<CallerPool, 'live' | 'calls'>;
  model: Pick<DrillModel, 'thinkMs'>;
  victims: Pick<Victims, 'isThere' | 'kill'>;
  /** When Temporal takes requests again; undefined when it does not in time. */
  untilTemporalAnswers: () => Promise<number | undefined>;
  /** How long the model thinks when turns are to be hit in their middle, in milliseconds. */
  thinkMs: number;
  stopping: AbortSignal;
  progress: Progress;
}

/** Whoever waits for a moment that does not come takes the next best. */
const MOMENT_MS = 15_000;
const BACK_MS = 30_000;
/** Before the next kill of the same part things are calm for so long. */
const CALM_MS = 1500;
const LOOK_AGAIN_MS = 20;
const QUIET_TURNS = 3;
/** Long enough in a turn for the model to have been asked. */
const ASKED_MS = 400;

/** @returns what was done, in order. */
export async function runKills(options: KillsOptions): Promise<DoneKill[]> {
  const { plan, stopping, progress, model } = options;
  const done: DoneKill[] = [];
  await undisturbed(options);
  for (const [at, planned] of plan.entries()) {
    if (stopping.aborted) break;
    progress.live(
      `kill ${at + 1} of ${plan.length}: ${planned.process}, ${planned.moment} ` +
        `(${options.pool.calls} calls so far)`,
    );
    model.thinkMs = planned.moment === 'mid-turn' ? options.thinkMs : 0;
    await theMoment(planned, options);
    await pause(planned.delayMs, stopping);
    if (stopping.aborted) break;
    const isCalm = calmAfter(options.pool);
    const kill = await killOne(planned, options);
    if (kill) done.push(kill);
    await until(isCalm, BACK_MS, stopping);
    // Not before: a reply that is asked for once more takes as long as any.
    model.thinkMs = 0;
    if (plan[at + 1]?.victim === planned.victim) await pause(CALM_MS, stopping);
  }
  model.thinkMs = 0;
  return done;
}

/** Everybody is answered a few times, so that there is something to compare with. */
async function undisturbed({ pool, stopping }: KillsOptions): Promise<void> {
  const isAnswered = () =>
    pool.live.length > 0 && pool.live.every(({ answered }) => answered >= QUIET_TURNS);
  await until(isAnswered, BACK_MS, stopping);
}

/**
 * Nothing is killed where nothing runs: a process that does not come back is counted once, and a
 * kill that could not be done is missing from what was done.
 */
async function killOne(
  { victim, process, moment }: PlannedKill,
  { victims, stopping, untilTemporalAnswers }: KillsOptions,
): Promise<DoneKill | undefined> {
  const wait = { withinMs: BACK_MS, stopping };
  if (!(await victims.isThere(process, wait))) return undefined;
  const atMs = Date.now();
  const pid = victims.kill(process);
  const kill: DoneKill = { victim, process, moment, pid, atMs };
  const isBack = await victims.isThere(process, { ...wait, killedPid: pid });
  if (isBack) {
    const backAtMs = Date.now();
    const answersAtMs = victim === 'temporal' ? await untilTemporalAnswers() : undefined;
    return { ...kill, backAtMs, ...(answersAtMs !== undefined && { answersAtMs }) };
  }
  return stopping.aborted ? undefined : kill; // nothing comes back to what is being stopped
}

/** Waits until at least half of the callers are where they are to be hit. */
async function theMoment(
  { moment }: PlannedKill,
  { pool, stopping, thinkMs }: KillsOptions,
): Promise<void> {
  const asked = Math.min(ASKED_MS, thinkMs / 2);
  const isThere = () => {
    const { live } = pool;
    const hit = live.filter((caller) =>
      moment === 'between' ? caller.isBetweenTurns : (caller.waitingMs ?? 0) >= asked,
    );
    return live.length > 0 && hit.length * 2 >= live.length;
  };
  await until(isThere, MOMENT_MS, stopping);
}

/**
 * Whether everybody who was on the line at this moment has been answered since, or is gone: whoever
 * was waiting, and whoever was about to speak.
 */
function calmAfter(pool: KillsOptions['pool']): () => boolean {
  const before = new Map(pool.live.map((caller) => [caller, caller.answered]));
  return () => pool.live.every((caller) => caller.answered > (before.get(caller) ?? -1));
}

export async function until(
  isSo: () => boolean,
  withinMs: number,
  stopping: AbortSignal,
): Promise<boolean> {
  const end = Date.now() + withinMs;
  while (!isSo()) {
    if (Date.now() > end || stopping.aborted) return false;
    await pause(LOOK_AGAIN_MS, stopping);
  }
  return true;
}
