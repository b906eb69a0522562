/** The ways of calling that the webhook benchmark measures, one after the other. */
import type { Progress } from '../embedded/progress.ts';
import { measureLiveMemory } from './live-memory.ts';
import type { Played, Target } from './load.ts';
import { manyAtOnce, oneAtATime } from './load.ts';
import { measurePhase } from './phase.ts';
import type { PhaseFigures } from './phase.ts';
import { measureThroughput } from './throughput.ts';
import type { PartFigures } from './webhook-figures.ts';

export type WebhookOption =
  | 'calls'
  | 'turns'
  | 'warmup'
  | 'pause'
  | 'between'
  | 'many'
  | 'many-turns'
  | 'every'
  | 'callers'
  | 'seconds'
  | 'settle'
  | 'live'
  | 'live-turns'
  | 'bot'
  | 'sealed';
export type WebhookOptions = Record<WebhookOption, number>;

export interface Phases {
  one: { figures: PhaseFigures; played: Played };
  many: Played | undefined;
  figures: PartFigures;
  errors: number;
  problems: string[];
}

export interface Watched {
  /** The processes, by name, and the part whose memory is measured. */
  pids: Readonly<Record<string, number>>;
  part: string;
  progress: Progress;
  /** Settles when what ended calls leave to do is done; left out where they leave nothing. */
  untilQuiet?: () => Promise<unknown>;
}

export async function runPhases(
  target: Target,
  options: WebhookOptions,
  watched: Watched,
): Promise<Phases> {
  const { pids, progress } = watched;
  const { calls, turns, pause: pauseMs, between } = options;
  progress.say(`Measuring ${calls} calls of ${turns} turns, one at a time ...`);
  const one = await measurePhase(
    (...load) => oneAtATime(...load, between),
    target,
    { calls, turns, pauseMs },
    pids,
  );
  // Before anything fills the memory with calls that are over.
  const memory = await memoryPhase(target, options, watched);
  await watched.untilQuiet?.();
  const many = await manyPhase(target, options, watched);
  const most = await throughputPhase(target, options, watched);
  const parts = [one, many, most].filter((part) => part !== undefined);
  return {
    one,
    many: many?.played,
    figures: {
      many: many?.figures ?? null,
      throughput: most?.figures ?? null,
      memory: memory?.figures ?? null,
    },
    errors: [...parts, ...(memory ? [memory] : [])].reduce(
      (sum, { figures }) => sum + figures.errors,
      0,
    ),
    problems: [
      ...parts.flatMap(({ played }) => played.samples.problems()),
      ...(memory?.problems ?? []),
    ],
  };
}

async function memoryPhase(target: Target, options: WebhookOptions, watched: Watched) {
  const { live, 'live-turns': turns } = options;
  if (live === 0 || target.stopping.aborted) return undefined;
  const { pids, part, progress } = watched;
  progress.say(`Measuring memory with up to ${live} live calls ...`);
  return measureLiveMemory(target, { live, turns, part, pids });
}

async function manyPhase(target: Target, options: WebhookOptions, { pids, progress }: Watched) {
  const { many: calls, every: pauseMs } = options;
  const turns = options['many-turns'];
  if (calls === 0 || target.stopping.aborted) return undefined;
  progress.say(`Measuring ${calls} calls at once, a turn every ${pauseMs} ms each ...`);
  return measurePhase(manyAtOnce, target, { calls, turns, pauseMs }, pids);
}

async function throughputPhase(
  target: Target,
  { callers, seconds, settle }: WebhookOptions,
  { pids, progress }: Watched,
) {
  if (callers === 0 || target.stopping.aborted) return undefined;
  progress.say(`Measuring ${callers} callers without a pause for ${settle} + ${seconds} s ...`);
  return measureThroughput(target, { callers, seconds, settleMs: settle * 1000, pids });
}
