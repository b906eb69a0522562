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
  pool: CallerPool;
  model: DrillModel;
  victims: Victims;
  /** How long the model thinks when turns are to be hit in their middle, in milliseconds. */
  thinkMs: number;
  stopping: AbortSignal;
  progress: Progress;
}

/** Whoever waits for a moment that does not come takes the next best. */
const MOMENT_MS = 15_000;
const BACK_MS = 30_000;
/** After a kill everybody has been answered; before the next one things are calm for so long. */
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
  for (const planned of plan) {
    if (stopping.aborted) break;
    progress.live(
      `kill ${done.length + 1} of ${plan.length}: ${planned.process}, ${planned.moment} ` +
        `(${options.pool.calls} calls so far)`,
    );
    model.thinkMs = planned.moment === 'mid-turn' ? options.thinkMs : 0;
    await theMoment(planned, options);
    await pause(planned.delayMs, stopping);
    if (stopping.aborted) break;
    const kill = await killOne(planned, options);
    if (kill) done.push(kill);
    await untilCalm(options);
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

/** Nothing is killed where nothing runs: a process that does not come back is counted once. */
async function killOne(
  { victim, process, moment }: PlannedKill,
  { victims, stopping }: KillsOptions,
): Promise<DoneKill | undefined> {
  const wait = { withinMs: BACK_MS, stopping };
  if (!(await victims.isThere(process, wait))) return undefined;
  const atMs = Date.now();
  const pid = victims.kill(process);
  const kill: DoneKill = { victim, process, moment, pid, atMs };
  const isBack = await victims.isThere(process, { ...wait, killedPid: pid });
  if (isBack) return { ...kill, backAtMs: Date.now() };
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

/** Everybody who waited has been answered, and a while has passed. */
async function untilCalm({ pool, stopping, model }: KillsOptions): Promise<void> {
  const since = Date.now();
  model.thinkMs = 0;
  const isCalm = () => pool.live.every(({ waitingMs = 0 }) => waitingMs < Date.now() - since);
  await until(isCalm, BACK_MS, stopping);
  await pause(CALM_MS, stopping);
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
