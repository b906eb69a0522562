/** The drill of a Temporal that is away for minutes while calls are live. */
import type { Progress } from '../../embedded/progress.ts';
import { pause } from '../play-call.ts';
import { CallerPool } from './caller-pool.ts';
import type { PoolOptions } from './caller-pool.ts';
import { until } from './kills.ts';
import type { Victims } from './victims.ts';

export interface AwayOptions extends Omit<PoolOptions, 'name' | 'turns' | 'thinkMs'> {
  seconds: number;
  victims: Victims;
  /** When Temporal takes requests again; undefined when it does not in time. */
  untilTemporalAnswers: () => Promise<number | undefined>;
  progress: Progress;
}

export interface DoneAway {
  fromMs: number;
  /** From when on it was to come back. */
  toMs: number;
  /** When it took requests again; absent when that is not known. */
  answersAtMs?: number;
  calls: number;
  /** Callers who were answered again afterwards. */
  answeredAfter: number;
  problems: readonly string[];
}

/** As people do who are asked again and again; speech takes its time, too. */
const THINK_MS = { min: 3000, max: 6000 };
const BEGUN_MS = 60_000;
/** After it is back everybody is answered so soon, or never. */
const ANSWERED_MS = 60_000;
const TEMPORAL = 'voca-temporal';
const TELL_EVERY_MS = 10_000;

export async function runAway(options: AwayOptions): Promise<DoneAway> {
  const { seconds, victims, stopping, progress, untilTemporalAnswers } = options;
  const pool = new CallerPool({
    ...options,
    name: 'patient guest',
    turns: Infinity,
    thinkMs: THINK_MS,
  });
  const callers = pool.live;
  await until(() => callers.every(({ answered }) => answered > 0), BEGUN_MS, stopping);
  progress.say(`Temporal goes away for ${seconds} s, with ${callers.length} live calls ...`);
  const letGo = victims.hold(TEMPORAL);
  const fromMs = Date.now();
  try {
    victims.kill(TEMPORAL);
    for (let leftMs = seconds * 1000; leftMs > 0 && !stopping.aborted;) {
      await pause(Math.min(leftMs, TELL_EVERY_MS), stopping);
      leftMs = fromMs + seconds * 1000 - Date.now();
      progress.live(`${Math.max(0, Math.round(leftMs / 1000))} s to go`);
    }
  } finally {
    letGo();
  }
  const toMs = Date.now();
  progress.say('Temporal comes back ...');
  const before = new Map(callers.map((caller) => [caller, caller.answered]));
  const isAnswered = (caller: (typeof callers)[number]) =>
    caller.answered > (before.get(caller) ?? 0);
  const answers = untilTemporalAnswers();
  await until(() => callers.every(isAnswered), ANSWERED_MS, stopping);
  const answersAtMs = await answers;
  const answeredAfter = callers.filter(isAnswered).length;
  await pool.close();
  return {
    fromMs,
    toMs,
    ...(answersAtMs !== undefined && { answersAtMs }),
    calls: callers.length,
    answeredAfter,
    problems: pool.problems,
  };
}
