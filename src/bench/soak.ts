/**
 * `npm run bench -- soak`: calls for a long time, one after the other on each line, and whether
 * anything grows, slows down or is left behind.
 */
import { cpus, loadavg } from 'node:os';
import { collectGarbage } from './collect-garbage.ts';
import { callsLeftOpen, withInstantModel } from './bench-servers.ts';
import type { BenchInstance } from './bench-instance.ts';
import type { Benchmark, BenchContext, BenchResult } from './benchmark.ts';
import { callAgainAndAgain, manyAtOnce, newPlayed } from './load.ts';
import type { Played } from './load.ts';
import { pause } from './play-call.ts';
import { changedProcesses, instancePids, measureProcesses, partOf } from './process-meter.ts';
import type { Usages } from './process-meter.ts';
import type { Samples } from './samples.ts';
import type { SoakFigures, SoakLook } from './soak-figures.ts';
import { growthOf, leftOf, renderSoak, soakGoals } from './soak-figures.ts';

type Option = 'calls' | 'seconds' | 'warmup' | 'settle' | 'turns' | 'every' | 'look' | 'sealed';
type Options = Record<Option, number>;

/** Idle connections to the database are given back in this time. */
const IDLE_MS = 20_000;
/** The first and the last part of the measured time that are compared. */
const PART = 1 / 3;

export const soakBenchmark: Benchmark<Option> = {
  summary: 'calls for a long time: does anything grow, slow down, stay open?',
  options: {
    calls: { what: 'calls at any time', default: 20, min: 1, max: 1000 },
    seconds: { what: 'seconds that are measured', default: 1800, min: 5, max: 1_000_000 },
    warmup: { what: 'seconds of calls in haste before', default: 600, min: 0, max: 100_000 },
    settle: { what: 'seconds of calls as measured before', default: 600, min: 0, max: 100_000 },
    turns: { what: 'turns of each call', default: 10, min: 1, max: 99 },
    every: { what: 'ms between its turns', default: 5000, min: 0, max: 60_000 },
    look: { what: 'seconds between looks at memory', default: 30, min: 1, max: 600 },
    sealed: { what: '1 to seal payloads with a key, 0 not to', default: 1, min: 0, max: 1 },
  },
  async run(options, context) {
    return withInstantModel(context, options, (bench) => soak(bench, options, context));
  },
};

async function soak(
  bench: BenchInstance,
  options: Options,
  { progress }: BenchContext,
): Promise<BenchResult> {
  const { stopping, dataDir } = bench;
  const pids = instancePids(dataDir);
  const { calls, turns, every: pauseMs, seconds, warmup, settle } = options;
  progress.say('A few calls first, so that what is opened once is open ...');
  const opening = { turns: 2, pauseMs: Math.min(pauseMs, 500) };
  const few = await manyAtOnce(bench, opening, calls);
  const hasty = await inHaste(bench, options, progress);
  const unmeasured = [few.samples, hasty.samples];
  const leftBefore = await untilQuiet(bench);
  const before = measureProcesses(pids);
  progress.say(`${calls} calls at any time for ${settle + seconds} s ...`);
  const loadBefore = loadavg()[0] ?? 0;
  const played = newPlayed();
  const { samples } = played;
  const looks: SoakLook[] = [];
  const until = watch({ options, bench, samples, pids, looks, progress });
  await callAgainAndAgain(bench, { turns, pauseMs }, calls, { until, played });
  const unclean = await until;
  progress.say('Waiting until all calls are closed ...');
  const open = await untilQuiet(bench);
  const workflowsLeft = stopping.aborted ? null : (open?.length ?? null);
  const after: Usages = stopping.aborted ? {} : measureProcesses(pids);
  const changes = stopping.aborted ? [] : changedProcesses(pids, instancePids(dataDir));
  const growth = growthOf(looks, settle);
  const figures: SoakFigures = {
    benchmark: 'soak',
    calls,
    turns,
    pauseMs,
    seconds,
    warmupSeconds: warmup,
    settleSeconds: settle,
    hastyCalls: hasty.callers.length,
    callsPlayed: played.callers.length,
    errors:
      [...unmeasured, samples].reduce((sum, { errors }) => sum + errors, 0) +
      (leftBefore?.length ?? 1) +
      changes.length,
    ...samples.figures(),
    ...partsOf(samples, looks, settle),
    growth,
    left: leftOf(before, after),
    sealed: options.sealed === 1,
    workflowsLeft,
    looksWithGarbage: unclean,
    goals: soakGoals(growth, workflowsLeft, leftOf(before, after)),
    node: process.version,
    cores: cpus().length,
    load: [loadBefore, loadavg()[0] ?? 0],
    interrupted: stopping.aborted,
  };
  return {
    report: renderSoak(figures, [
      ...[...unmeasured, samples].flatMap((each) => each.problems()),
      ...changes,
      ...garbageIn(unclean),
    ]),
    json: { ...figures },
    // Where Temporal could not be asked, that is one by itself.
    errors: figures.errors + (workflowsLeft ?? (stopping.aborted ? 0 : 1)),
    interrupted: stopping.aborted,
  };
}

/**
 * Code that is run often is compiled again, caches and buffers fill: all of it a matter of how many
 * calls there were. At the pace that is measured it would take hours, and look like a leak.
 */
async function inHaste(
  bench: BenchInstance,
  { calls, turns, warmup }: Options,
  progress: BenchContext['progress'],
): Promise<Played> {
  const played = newPlayed();
  if (warmup === 0) return played;
  progress.say(`Warming up with ${calls} calls at any time, without pauses, for ${warmup} s ...`);
  const until = pause(warmup * 1000, bench.stopping);
  await callAgainAndAgain(bench, { turns, pauseMs: 0 }, calls, { until, played });
  return played;
}

/** @returns the calls that do not close; undefined when that is not known. */
async function untilQuiet(bench: BenchInstance): Promise<string[] | undefined> {
  if (bench.stopping.aborted) return [];
  const left = await callsLeftOpen(bench);
  await pause(IDLE_MS, bench.stopping);
  return left;
}

interface Watch {
  options: Options;
  bench: BenchInstance;
  samples: Samples;
  pids: Readonly<Record<string, number>>;
  looks: SoakLook[];
  progress: BenchContext['progress'];
}

/**
 * Looks at the processes again and again; settles when the time is up.
 * @returns at how many looks there was garbage left in one of them
 */
async function watch({ options, bench, samples, pids, looks, progress }: Watch): Promise<number> {
  const startedAt = performance.now();
  const total = options.settle + options.seconds;
  let unclean = 0;
  for (;;) {
    // The first look comes at once, so that a soak that is stopped early has seen its processes.
    if (looks.length > 0 && !bench.stopping.aborted) {
      if (!(await collectGarbage(ofNode(pids)))) unclean += 1;
    }
    const seconds = (performance.now() - startedAt) / 1000;
    looks.push({ seconds, usages: measureProcesses(pids), mark: samples.mark() });
    const leftMs = (total - seconds) * 1000;
    if (leftMs <= 0 || bench.stopping.aborted) return unclean;
    progress.live(
      `${Math.round(seconds)} of ${total} s, ${samples.count} webhooks, ${samples.errors} errors`,
    );
    await pause(Math.min(leftMs, options.look * 1000), bench.stopping);
  }
}

function garbageIn(looks: number): string[] {
  return looks > 0 ? [`memory was read with garbage in it ${looks} times`] : [];
}

/** Of them we know how garbage is collected. */
function ofNode(pids: Readonly<Record<string, number>>): number[] {
  const names = Object.keys(pids).filter((name) =>
    ['api', 'worker', 'media'].includes(partOf(name)),
  );
  return names.flatMap((name) => pids[name] ?? []);
}

/** The times of the first and the last part of what was measured. */
function partsOf(samples: Samples, looks: readonly SoakLook[], settle: number) {
  const measured = looks.filter(({ seconds }) => seconds >= settle);
  const size = Math.floor((measured.length - 1) * PART);
  const [first, firstEnd] = [measured.at(0), measured.at(size)];
  const [lastStart, last] = [measured.at(-1 - size), measured.at(-1)];
  const nothing = { first: 0, turn: 0, status: 0 };
  const of = (start?: SoakLook, end?: SoakLook) =>
    samples.between(start?.mark ?? nothing, end?.mark ?? nothing).turn;
  return { firstPart: of(first, firstEnd), lastPart: of(lastStart, last) };
}
