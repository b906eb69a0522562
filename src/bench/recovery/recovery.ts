/**
 * `npm run bench -- recovery`: what callers notice of killed processes, cut lines and a Temporal
 * that is away, and whether anything that was said is lost or answered twice.
 */
import { cpus, loadavg } from 'node:os';
import { DEMO_CALLER, DEMO_NUMBER, DEMO_STREAM_NUMBER } from '../../demo/demo-config.ts';
import {
  checkHistory,
  collectEvidence,
  Lines,
  passwordIn,
  readProductLogs,
} from '../../drill/index.ts';
import { demoAssistant } from '../../orchestrator/index.ts';
import type { Simulator } from '../../simulator/index.ts';
import { withInstance } from '../bench-instance.ts';
import type { BenchInstance, Place } from '../bench-instance.ts';
import { callsLeftOpen, withDatabase, withTemporal } from '../bench-servers.ts';
import type { Benchmark, BenchContext, BenchResult } from '../benchmark.ts';
import { whenReady } from '../ready.ts';
import { runAway } from './away.ts';
import { CallerPool } from './caller-pool.ts';
import { CUTS, runCuts } from './cuts.ts';
import type { Done } from './done.ts';
import { whenAway } from './done.ts';
import { startDrillModel } from './drill-model.ts';
import { CALLERS_WORD } from './drill-caller.ts';
import type { DrillModel } from './drill-model.ts';
import { keepEvidence } from './keep-evidence.ts';
import { runKills } from './kills.ts';
import { evaluate } from './evaluate.ts';
import { asking, mediaPart, startSpeechVendors } from './media-part.ts';
import { startPatientTwilio } from './patient-twilio.ts';
import { renderRecovery } from './recovery-report.ts';
import { planKills } from './schedule.ts';
import { Victims } from './victims.ts';

export type RecoveryOption =
  | 'kills'
  | 'seed'
  | 'calls'
  | 'turns'
  | 'think'
  | 'streams'
  | 'stream-kills'
  | 'cuts'
  | 'away'
  | 'away-calls'
  | 'sealed';
type Options = Record<RecoveryOption, number>;

/** Between turns callers are quick: a second is long enough for kills, and they are many. */
const CALLER_THINKS_MS = { min: 500, max: 1800 };
/** A server that is started again takes requests so soon. */
const ANSWERS_MS = 60_000;

export const recoveryBenchmark: Benchmark<RecoveryOption> = {
  summary: 'what callers notice when processes are killed and lines are cut',
  options: {
    kills: { what: 'kills, of each part in turn', default: 200, min: 0, max: 100_000 },
    seed: { what: 'of everything that is random', default: 1, min: 0, max: 999_999_999 },
    calls: { what: 'calls at any time', default: 6, min: 1, max: 500 },
    turns: { what: 'answered turns of each call', default: 10, min: 1, max: 99 },
    think: { what: 'ms that the model thinks in mid-turn', default: 2000, min: 0, max: 15_000 },
    streams: { what: 'streams at any time, 0 for none', default: 50, min: 0, max: 500 },
    'stream-kills': { what: 'kills under streams', default: 16, min: 1, max: 100_000 },
    cuts: { what: 'seconds that each line is cut, 0 for not', default: 30, min: 0, max: 3600 },
    away: { what: 'seconds without Temporal, 0 for none', default: 300, min: 0, max: 3600 },
    'away-calls': { what: 'live calls meanwhile', default: 20, min: 1, max: 500 },
    sealed: { what: '1 to seal payloads with a key, 0 not to', default: 1, min: 0, max: 1 },
  },
  texts: {
    logdir: 'where the evidence is kept, for `npm run check:history`',
  },
  async run(options, context) {
    const model = await startDrillModel();
    const lines = new Lines();
    const vendors = options.streams > 0 ? await startSpeechVendors() : undefined;
    let simulator: Simulator | undefined;
    try {
      const surroundings = {
        modelUrl: model.baseUrl,
        isSealed: options.sealed === 1,
        twilio: async (place: Place) => (simulator = await startPatientTwilio(place)),
        addressesFor: lines.addressesFor,
        ...(vendors && { environment: asking(vendors) }),
      };
      return await withInstance(context, surroundings, (bench) => {
        if (!simulator) throw new Error('There is no simulated Twilio.');
        return recover({ bench, simulator, model, lines, options, context });
      });
    } finally {
      await lines.close();
      await vendors?.stop();
      await model.close();
    }
  },
};

interface Drill {
  bench: BenchInstance;
  simulator: Simulator;
  model: DrillModel;
  lines: Lines;
  options: Options;
  context: BenchContext;
}

async function recover(drill: Drill): Promise<BenchResult> {
  const { bench, simulator, options, context } = drill;
  const loadBefore = loadavg()[0] ?? 0;
  const done = await disturb(drill);
  const { figures, problems } = evaluate({
    done,
    truth: simulator.log.entries,
    accountSid: simulator.accountSid,
    options: {
      seed: options.seed,
      calls: options.calls,
      thinkMs: options.think,
      command: commandOf(options),
      sealed: options.sealed === 1,
    },
    greeting: demoAssistant.firstMessage,
    verdict: done.evidence ? checkHistory(done.evidence) : null,
    machine: {
      node: process.version,
      cores: cpus().length,
      load: [loadBefore, loadavg()[0] ?? 0],
    },
    interrupted: bench.stopping.aborted,
  });
  keepEvidence(done.evidence, figures.verdict?.ok ?? true, context);
  return {
    report: renderRecovery(figures, problems),
    json: { ...figures },
    errors: figures.errors,
    interrupted: figures.interrupted,
  };
}

/** Does the same again. */
function commandOf(options: Options): string {
  const flags = Object.entries(options)
    .map(([name, value]) => `--${name} ${value}`)
    .join(' ');
  return `npm run bench -- recovery ${flags}`;
}

/** Does it all, one after the other, then waits until everything is over. */
async function disturb(drill: Drill): Promise<Done> {
  const { bench, options, simulator } = drill;
  const { stopping } = bench;
  const done: Done = {
    planned: options.kills,
    kills: [],
    cuts: [],
    away: undefined,
    media: undefined,
    problems: [],
    openAfterwards: undefined,
    evidence: undefined,
  };
  if (options.kills > 0) await killsPhase(drill, done);
  if (options.streams > 0 && !stopping.aborted) {
    const { seed, streams, 'stream-kills': kills } = options;
    const { model, context } = drill;
    const { progress } = context;
    const what = { bench, simulator, model, seed: String(seed), streams, kills, progress };
    const { part, problems } = await mediaPart(what);
    done.media = part;
    done.problems.push(...problems);
  }
  if (options.cuts > 0 && !stopping.aborted) await cutsPhase(drill, done);
  if (options.away > 0 && !stopping.aborted) {
    const { away: seconds, 'away-calls': calls, seed } = options;
    const victims = new Victims(bench);
    const { progress } = drill.context;
    const untilTemporalAnswers = answersOf(bench);
    done.away = await runAway({
      ...{ simulator, seed: String(seed), calls, stopping, seconds, victims, progress },
      untilTemporalAnswers,
    });
    done.problems.push(...done.away.problems);
  }
  if (!stopping.aborted) await settle(drill, done);
  return done;
}

/** An api process is ready when it reaches both servers. */
function answersOf({ instance, stopping }: BenchInstance): () => Promise<number | undefined> {
  return () => whenReady(instance.running.apiUrl, ANSWERS_MS, stopping);
}

function poolOf({ bench, simulator, options }: Drill, name: string): CallerPool {
  const { seed, calls, turns } = options;
  const { stopping } = bench;
  const thinkMs = CALLER_THINKS_MS;
  return new CallerPool({ simulator, seed: String(seed), name, calls, turns, thinkMs, stopping });
}

async function killsPhase(drill: Drill, done: Done): Promise<void> {
  const { bench, model, options, context } = drill;
  const { progress } = context;
  progress.say(`${options.kills} kills, ${options.calls} calls at any time ...`);
  const pool = poolOf(drill, 'guest');
  done.kills = await runKills({
    plan: planKills(String(options.seed), options.kills),
    pool,
    model,
    victims: new Victims(bench),
    untilTemporalAnswers: answersOf(bench),
    thinkMs: options.think,
    stopping: bench.stopping,
    progress,
  });
  await pool.close();
  done.problems.push(...pool.problems);
}

async function cutsPhase(drill: Drill, done: Done): Promise<void> {
  const { bench, lines, options, context } = drill;
  const pool = poolOf(drill, 'other guest');
  const { stopping } = bench;
  const { progress } = context;
  done.cuts = await runCuts({ plan: CUTS, lines, pool, seconds: options.cuts, stopping, progress });
  await pool.close();
  done.problems.push(...pool.problems);
}

async function settle({ bench, simulator, model, options, context }: Drill, done: Done) {
  context.progress.say('Waiting until all calls are closed, then looking at what they left ...');
  done.openAfterwards = await callsLeftOpen(bench);
  const run = {
    seed: String(options.seed),
    commands: [commandOf(options)],
    accountSid: simulator.accountSid,
    canaries: {
      numbers: [DEMO_CALLER, DEMO_NUMBER, DEMO_STREAM_NUMBER],
      secrets: [bench.authToken, ...bench.secretKeys, passwordIn(bench.instance.databaseUrl)],
      words: [CALLERS_WORD],
    },
    kills: killsOf(done),
    temporalAway: whenAway(done),
  };
  const logs = readProductLogs(bench.dataDir);
  const said = { truth: simulator.log.entries, model: model.requests };
  done.evidence = await withTemporal(bench, (client) =>
    withDatabase(bench, (database) => collectEvidence({ client, database, ...said, logs, run })),
  );
}

function killsOf({ kills, media }: Done): { atMs: number; process: string }[] {
  return [
    ...kills.map(({ atMs, process: name }) => ({ atMs, process: name })),
    ...(media?.kills ?? []).flatMap(({ atMs, processes }) =>
      processes.map((name) => ({ atMs, process: name })),
    ),
  ];
}
