/** Kills processes at random while callers talk: the same ones in the same order for the same seed. */
import type { Receiver } from '../../drill/index.ts';
import type { Progress } from '../../embedded/progress.ts';
import { seededRandom } from '../../simulator/faults/random.ts';
import { pause } from '../play-call.ts';
import type { Victims } from '../recovery/victims.ts';

export const KILLED = [
  'voca-api-1',
  'voca-api-2',
  'voca-worker-1',
  'voca-worker-2',
  'voca-temporal',
  'voca-postgres',
  'receiver',
] as const;
export type Killed = (typeof KILLED)[number];

export interface RandomKill {
  process: Killed;
  atMs: number;
  /** Absent: it was not seen to come back. */
  backAtMs?: number;
  /** Temporal: when it took requests again. */
  answersAtMs?: number;
}

export interface RandomKillsOptions {
  seed: string;
  victims: Pick<Victims, 'isThere' | 'kill'>;
  receiver: Pick<Receiver, 'kill' | 'restart'>;
  /** When Temporal takes requests again; undefined when it does not in time. */
  untilTemporalAnswers: () => Promise<number | undefined>;
  /** Settles when there is nobody left to disturb. */
  until: Promise<unknown>;
  stopping: AbortSignal;
  pace?: Pace;
  progress: Progress;
  /** For the progress. */
  calls: () => number;
}

export interface Pace {
  /** From one that is back to the next that dies, in milliseconds. */
  gapMs: { min: number; max: number };
  /** Nobody starts the customer's server again by itself. */
  receiverAwayMs: { min: number; max: number };
}

const PACE: Pace = {
  gapMs: { min: 300, max: 4000 },
  receiverAwayMs: { min: 200, max: 8000 },
};
const BACK_MS = 30_000;

/** @returns what was done, in order */
export async function killAtRandom(options: RandomKillsOptions): Promise<RandomKill[]> {
  const { seed, stopping, progress, calls, pace = PACE } = options;
  const { gapMs, receiverAwayMs } = pace;
  const random = seededRandom(seed, 'random kills');
  const over = new AbortController();
  void options.until.finally(() => over.abort());
  const ending = AbortSignal.any([over.signal, stopping]);
  const done: RandomKill[] = [];
  while (!ending.aborted) {
    await pause(random.integer(gapMs.min, gapMs.max), ending);
    if (ending.aborted) break;
    const process = KILLED[random.integer(0, KILLED.length - 1)] ?? 'receiver';
    progress.live(`kill ${done.length + 1}: ${process} (${calls()} calls so far)`);
    const awayMs = random.integer(receiverAwayMs.min, receiverAwayMs.max);
    const kill =
      process === 'receiver'
        ? await killReceiver(options.receiver, awayMs, stopping)
        : await killProcess(process, options);
    if (kill) done.push(kill);
  }
  return done;
}

async function killReceiver(
  receiver: RandomKillsOptions['receiver'],
  awayMs: number,
  stopping: AbortSignal,
): Promise<RandomKill> {
  const atMs = Date.now();
  await receiver.kill();
  await pause(awayMs, stopping);
  await receiver.restart();
  return { process: 'receiver', atMs, backAtMs: Date.now() };
}

/** Nothing is killed where nothing runs. */
async function killProcess(
  process: Exclude<Killed, 'receiver'>,
  { victims, stopping, untilTemporalAnswers }: RandomKillsOptions,
): Promise<RandomKill | undefined> {
  const wait = { withinMs: BACK_MS, stopping };
  if (!(await victims.isThere(process, wait))) return undefined;
  const atMs = Date.now();
  const killedPid = victims.kill(process);
  if (!(await victims.isThere(process, { ...wait, killedPid }))) {
    return stopping.aborted ? undefined : { process, atMs };
  }
  const backAtMs = Date.now();
  const answersAtMs = process === 'voca-temporal' ? await untilTemporalAnswers() : undefined;
  return { process, atMs, backAtMs, ...(answersAtMs !== undefined && { answersAtMs }) };
}
