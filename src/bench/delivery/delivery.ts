/**
 * `npm run bench -- delivery`: how fast events are at a customer's server, what becomes of them when it is
 * down, what sending costs, and whether anything is lost when everything is killed at random.
 */
import { cpus, loadavg } from 'node:os';
import type { BenchInstance } from '../bench-instance.ts';
import { withInstance } from '../bench-instance.ts';
import { withInstantModel } from '../bench-servers.ts';
import type { Benchmark, BenchContext, BenchResult } from '../benchmark.ts';
import { keepEvidence } from '../recovery/keep-evidence.ts';
import { startDrillModel } from '../recovery/drill-model.ts';
import { startPatientTwilio } from '../recovery/patient-twilio.ts';
import type { Simulator } from '../../simulator/index.ts';
import { deliveryGoals, endOfLatency, problemsOf } from './delivery-figures.ts';
import type { DeliveryFigures, DeliveryParts } from './delivery-figures.ts';
import { renderDelivery } from './delivery-report.ts';
import { killDuringCalls } from './killed-calls.ts';
import type { KilledCalls } from './killed-calls.ts';
import { measureParts } from './measure-parts.ts';

export type DeliveryOption =
  | 'seconds'
  | 'fastest'
  | 'idle'
  | 'endpoints'
  | 'flow'
  | 'events'
  | 'rate'
  | 'closed'
  | 'failing'
  | 'slow'
  | 'slow-answer'
  | 'kills'
  | 'calls'
  | 'turns'
  | 'seed'
  | 'sealed';
export type DeliveryOptions = Record<DeliveryOption, number>;

const NOTHING: DeliveryParts = {
  latency: null,
  idle: null,
  flow: null,
  outage: null,
  drain: null,
  killed: null,
};

export const deliveryBenchmark: Benchmark<DeliveryOption> = {
  summary: "events at a customer's server: how soon, after an outage, at what cost, under kills",
  options: {
    seconds: { what: 'with one call a second, 0 for none', default: 60, min: 0, max: 3600 },
    fastest: { what: 'calls a second that are tried at most', default: 32, min: 1, max: 32 },
    idle: { what: 'seconds without anything to send, twice', default: 60, min: 0, max: 3600 },
    endpoints: { what: 'endpoints meanwhile', default: 100, min: 1, max: 10_000 },
    flow: { what: 'seconds of 20 events each, 0 for none', default: 60, min: 0, max: 3600 },
    events: { what: 'that pile up in an outage, 0 for none', default: 10_000, min: 0, max: 1e6 },
    rate: { what: 'deliveries a second at most after it', default: 50, min: 1, max: 100 },
    closed: { what: 'seconds of refused connections', default: 60, min: 0, max: 86_400 },
    failing: { what: 'seconds of 500s, after that', default: 60, min: 0, max: 86_400 },
    slow: { what: 'seconds of slow answers, after that', default: 60, min: 0, max: 86_400 },
    'slow-answer': { what: 'ms that each of these takes', default: 14_000, min: 1, max: 60_000 },
    kills: { what: 'calls while all is killed, 0 for none', default: 1000, min: 0, max: 100_000 },
    calls: { what: 'of these at any time', default: 6, min: 1, max: 500 },
    turns: { what: 'answered turns of each', default: 3, min: 1, max: 99 },
    seed: { what: 'of everything that is random', default: 1, min: 0, max: 999_999_999 },
    sealed: { what: '1 to seal payloads with a key, 0 not to', default: 1, min: 0, max: 1 },
  },
  texts: {
    logdir: 'where the evidence of the kills is kept, for `npm run check:history`',
  },
  async run(options, context) {
    const loadBefore = loadavg()[0] ?? 0;
    const { idle, seconds, flow, events } = options;
    const measured =
      idle + seconds + flow + events === 0
        ? { ...NOTHING, interrupted: false }
        : await withInstantModel(context, options, (bench) =>
            measureParts(bench, options, context),
          );
    const killed =
      options.kills === 0 || measured.interrupted ? undefined : await kill(options, context);
    const { interrupted, ...rest } = measured;
    const parts: DeliveryParts = { ...NOTHING, ...rest, killed: killed?.figures ?? null };
    keepEvidence(killed?.evidence, killed?.figures.verdict?.ok ?? true, context);
    return result(options, parts, {
      load: [loadBefore, loadavg()[0] ?? 0],
      interrupted: interrupted || killed?.figures.verdict === null,
    });
  },
};

/** An instance of its own: callers at a simulated Twilio, whose log is the truth. */
async function kill(options: DeliveryOptions, context: BenchContext): Promise<KilledCalls> {
  const { seed, calls, turns, kills: total } = options;
  const model = await startDrillModel();
  let simulator: Simulator | undefined;
  try {
    const surroundings = {
      modelUrl: model.baseUrl,
      isSealed: options.sealed === 1,
      twilio: async (place: Parameters<typeof startPatientTwilio>[0]) =>
        (simulator = await startPatientTwilio(place)),
    };
    return await withInstance(context, surroundings, (bench: BenchInstance) => {
      if (!simulator) throw new Error('There is no simulated Twilio.');
      context.progress.say(
        `${total} calls, ${calls} at any time, while all is killed at random ...`,
      );
      const command = commandOf({ ...options, seconds: 0, idle: 0, flow: 0, events: 0 });
      return killDuringCalls({
        ...{ bench, simulator, model, total, calls, turns, seed, command, context },
      });
    });
  } finally {
    await model.close();
  }
}

function result(
  options: DeliveryOptions,
  parts: DeliveryParts,
  { load, interrupted }: { load: [number, number]; interrupted: boolean },
): BenchResult {
  const problems = problemsOf(parts);
  const figures: DeliveryFigures = {
    benchmark: 'delivery',
    command: commandOf(options),
    sealed: options.sealed === 1,
    ...parts,
    ...endOfLatency(parts.latency),
    goals: deliveryGoals(parts),
    errors: problems.length,
    ...{ node: process.version, cores: cpus().length, load, interrupted },
  };
  return {
    report: renderDelivery(figures, problems),
    json: { ...figures },
    errors: figures.errors,
    interrupted,
  };
}

function commandOf(options: DeliveryOptions): string {
  const flags = Object.entries(options)
    .map(([name, value]) => `--${name} ${value}`)
    .join(' ');
  return `npm run bench -- delivery ${flags}`;
}
