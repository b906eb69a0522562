/**
 * `npm run bench -- flood`: whether calls go on undisturbed while strangers hold thousands of connections
 * and send what nobody asked for; quiet times and floods in turn, with the same calls.
 */
import { cpus, loadavg } from 'node:os';
import type { Progress } from '../../embedded/progress.ts';
import type { BenchInstance } from '../bench-instance.ts';
import { withDatabase, withInstantModel } from '../bench-servers.ts';
import type { Benchmark, BenchContext, BenchResult } from '../benchmark.ts';
import { oneAtATime } from '../load.ts';
import { pause } from '../play-call.ts';
import { byPart, instancePids, measureProcesses } from '../process-meter.ts';
import { summarize } from '../statistics.ts';
import { newKey, newWorkspace } from '../workspace.ts';
import type { CallersTimes } from './callers-order.ts';
import { floodGoals, renderFlood } from './flood-figures.ts';
import type { CallTimes, FloodReport } from './flood-figures.ts';
import type { FloodFigures, FloodOrder } from './order.ts';
import { playCallers } from './start-callers.ts';
import { startStrangers } from './start-strangers.ts';
import { addFigures, noFigures } from './tally.ts';

type Option =
  'callers' | 'every' | 'seconds' | 'rounds' | 'warmup' | 'addresses' | 'idle' | 'slow' | 'asking';
type Options = Record<Option, number>;

const TURNS = 5;
const LOOK_EVERY_MS = 1_000;
/** After a flood, before anything else is measured: strangers' connections are closed by then. */
const EBB_MS = 8_000;
const SETTLE_MS = 2_000;

export const floodBenchmark: Benchmark<Option> = {
  summary: 'calls beside thousands of strangers who hold connections and send nonsense',
  options: {
    callers: { what: 'callers at any time', default: 10, min: 1, max: 500 },
    every: { what: 'ms between the turns of each', default: 1000, min: 0, max: 60_000 },
    seconds: { what: 'of each quiet time and each flood', default: 60, min: 1, max: 3600 },
    rounds: { what: 'how often both', default: 3, min: 1, max: 1000 },
    warmup: { what: 'calls before that', default: 10, min: 0, max: 10_000 },
    addresses: { what: 'from which strangers come', default: 8, min: 1, max: 200 },
    idle: { what: 'connections that say nothing', default: 2000, min: 0, max: 20_000 },
    slow: {
      what: 'connections with slow headers; as many bodies',
      default: 100,
      min: 0,
      max: 5000,
    },
    asking: {
      what: 'bad keys a second; as many unsigned webhooks',
      default: 50,
      min: 0,
      max: 5000,
    },
  },
  async run(options, context) {
    return withInstantModel(context, { sealed: 1 }, (bench) => flood(bench, options, context));
  },
};

/** What all times of a kind have seen. */
interface Times {
  played: CallersTimes[];
  /** The largest api process in each of the times, in MB. */
  mb: number[];
  /** The most sockets of all api processes. */
  sockets: number;
  /** Seconds of processors, by part, and how many seconds that took. */
  cpu: Record<string, number>;
  seconds: number;
}

async function flood(
  bench: BenchInstance,
  options: Options,
  { progress }: BenchContext,
): Promise<BenchResult> {
  const { stopping } = bench;
  const loadBefore = loadavg()[0] ?? 0;
  progress.say(`Warming up with ${options.warmup} calls ...`);
  const cold = await oneAtATime(bench, { turns: TURNS, pauseMs: 100 }, options.warmup);
  const order = await orderOf(bench, options);
  const before = lookAtApi(bench).sockets;
  const { quiet, flooded, strangers } = await inTurn(bench, options, order, progress);
  const after = lookAtApi(bench).sockets;
  const problems = [
    ...cold.samples.problems().map((each) => `warm-up: ${each}`),
    ...quiet.played.flatMap((each) => each.problems),
    ...flooded.played.flatMap((each) => each.problems).map((each) => `flood: ${each}`),
  ];
  const { addresses, held, perSecond } = order;
  const measured = {
    quiet: timesOf(quiet.played),
    flooded: timesOf(flooded.played),
    strangers,
    // Only the first quiet knows no flood: memory is given back late.
    apiMb: { quiet: quiet.mb[0] ?? 0, floods: flooded.mb },
    usedCores: { quiet: coresOf(quiet), flooded: coresOf(flooded) },
    sockets: before < 0 ? null : { before, most: flooded.sockets, after },
  };
  const report: FloodReport = {
    benchmark: 'flood',
    callers: options.callers,
    everyMs: options.every,
    seconds: options.seconds,
    rounds: options.rounds,
    order: { addresses, held, perSecond },
    ...measured,
    goals: floodGoals(measured),
    errors: cold.samples.errors + measured.quiet.errors + measured.flooded.errors,
    node: process.version,
    cores: cpus().length,
    load: [loadBefore, loadavg()[0] ?? 0],
    interrupted: stopping.aborted,
  };
  return {
    report: renderFlood(report, problems),
    json: { ...report },
    errors: report.errors,
    interrupted: stopping.aborted,
  };
}

async function orderOf(bench: BenchInstance, options: Options): Promise<FloodOrder> {
  const { idle, slow, asking, addresses } = options;
  const key = await withDatabase(bench, async (owner) => newKey(owner, await newWorkspace(owner)));
  return {
    port: Number(new URL(bench.instance.running.apiUrl).port),
    key,
    addresses,
    held: { idle, 'slow headers': slow, 'slow bodies': slow },
    perSecond: {
      'huge bodies': Math.min(2, asking),
      'deep JSON': Math.min(2, asking),
      'bad keys': asking,
      'unsigned webhooks': asking,
    },
  };
}

async function inTurn(
  bench: BenchInstance,
  options: Options,
  order: FloodOrder,
  progress: Progress,
): Promise<{ quiet: Times; flooded: Times; strangers: FloodFigures }> {
  const { stopping } = bench;
  const [quiet, flooded] = [noTimes(), noTimes()];
  const strangers = noFigures();
  for (let round = 1; round <= options.rounds && !stopping.aborted; round += 1) {
    progress.say(`Round ${round} of ${options.rounds}: quiet ...`);
    await callFor(bench, options, quiet);
    if (stopping.aborted) break;
    progress.say(`Round ${round} of ${options.rounds}: strangers come ...`);
    const running = startStrangers(order);
    try {
      await pause(SETTLE_MS, stopping);
      await callFor(bench, options, flooded);
      addFigures(strangers, await running.stop());
    } finally {
      running.kill();
    }
    await pause(EBB_MS, stopping);
  }
  return { quiet, flooded, strangers };
}

/** Calls for one time, and looks at the api meanwhile. */
async function callFor(
  bench: BenchInstance,
  { callers, every: pauseMs, seconds }: Options,
  times: Times,
): Promise<void> {
  const { accountSid, authToken, dataDir, instance, stopping } = bench;
  const startedAt = performance.now();
  const before = byPart(measureProcesses(instancePids(dataDir)));
  const at = times.mb.push(0) - 1;
  const timer = setInterval(() => {
    const { mb, sockets } = lookAtApi(bench);
    times.mb[at] = Math.max(times.mb[at] ?? 0, mb);
    times.sockets = Math.max(times.sockets, sockets);
  }, LOOK_EVERY_MS);
  try {
    const load = { callers, turns: TURNS, pauseMs, seconds };
    const place = { baseUrl: instance.running.apiUrl, accountSid, authToken };
    const played = await playCallers({ ...place, ...load }, stopping);
    if (played) times.played.push(played);
    times.seconds += (performance.now() - startedAt) / 1000;
    for (const [part, { cpuSeconds }] of Object.entries(
      byPart(measureProcesses(instancePids(dataDir))),
    )) {
      const spent = cpuSeconds - (before[part]?.cpuSeconds ?? cpuSeconds);
      times.cpu[part] = (times.cpu[part] ?? 0) + spent;
    }
  } finally {
    clearInterval(timer);
  }
}

function lookAtApi({ dataDir }: BenchInstance): { mb: number; sockets: number } {
  const pids = Object.entries(instancePids(dataDir)).filter(([name]) => name.includes('api'));
  const usages = Object.values(measureProcesses(Object.fromEntries(pids)));
  return {
    mb: Math.max(0, ...usages.map(({ residentKb }) => residentKb / 1024)),
    // Negative where the system does not tell.
    sockets: usages.reduce((sum, usage) => sum + (usage.sockets ?? -1_000_000), 0),
  };
}

/** How many processors each part has used. This process is the supervisor. */
function coresOf({ cpu, seconds }: Times): Record<string, number> {
  const entries = Object.entries(cpu).map(([part, spent]): [string, number] => [
    part === 'generator' ? 'supervisor' : part,
    Math.round((100 * spent) / seconds) / 100,
  ]);
  return Object.fromEntries(entries);
}

function noTimes(): Times {
  return { played: [], mb: [], sockets: 0, cpu: {}, seconds: 0 };
}

function timesOf(played: readonly CallersTimes[]): CallTimes {
  const all = (kind: 'first' | 'turn' | 'status') =>
    summarize(played.flatMap(({ timesMs }) => timesMs[kind]));
  return {
    first: all('first'),
    turn: all('turn'),
    status: all('status'),
    errors: played.reduce((sum, { errors }) => sum + errors, 0),
  };
}
