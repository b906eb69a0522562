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
  /** From one that dies to the next, in milliseconds. */
  gapMs: { min: number; max: number };
  /** Nobody starts the customer's server again by itself. */
  receiverAwayMs: { min: number; max: number };
}

const PACE: Pace = {
  gapMs: { min: 300, max: 6000 },
  receiverAwayMs: { min: 200, max: 8000 },
};
const BACK_MS = 30_000;

/** So many are away at the same time; more, and callers are told by Twilio that something is wrong. */
const AWAY_AT_MOST = 2;

/** @returns what was done, in order */
export async function killAtRandom(options: RandomKillsOptions): Promise<RandomKill[]> {
  const { seed, stopping, progress, calls, pace = PACE } = options;
  const { gapMs, receiverAwayMs } = pace;
  const random = seededRandom(seed, 'random kills');
  const over = new AbortController();
  void options.until.finally(() => over.abort());
  const ending = AbortSignal.any([over.signal, stopping]);
  const away = new Map<Killed, Promise<void>>();
  const done: RandomKill[] = [];
  for (let count = 1; !ending.aborted; count += 1) {
    await pause(random.integer(gapMs.min, gapMs.max), ending);
    const process = KILLED[random.integer(0, KILLED.length - 1)] ?? 'receiver';
    const awayMs = random.integer(receiverAwayMs.min, receiverAwayMs.max);
    await away.get(process); // nobody dies who is not back yet
    while (away.size >= AWAY_AT_MOST) await Promise.race(away.values());
    if (ending.aborted) break;
    progress.live(`kill ${count}: ${process} (${calls()} calls so far)`);
    const killing =
      process === 'receiver'
        ? killReceiver(options.receiver, awayMs, stopping)
        : killProcess(process, options);
    const back = killing.then((kill) => {
      away.delete(process);
      if (kill) done.push(kill);
    });
    away.set(process, back);
  }
  await Promise.all(away.values());
  return done.toSorted((a, b) => a.atMs - b.atMs);
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
