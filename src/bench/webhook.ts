/**
 * `npm run bench -- webhook`: first webhook and turn as Twilio sees them, one call at a time, with
 * a model that answers at once, against the real processes.
 */
import { cpus, loadavg } from 'node:os';
import { inboundCallId } from '../ids.ts';
import { demoAssistant } from '../orchestrator/index.ts';
import { DEMO_CALLER, DEMO_NUMBER } from '../demo/demo-config.ts';
import { newSid } from '../simulator/ids.ts';
import { linkToTemporal } from '../temporal/connection.ts';
import type { BenchInstance } from './bench-instance.ts';
import { withInstance } from './bench-instance.ts';
import type { Benchmark, BenchContext, BenchResult } from './benchmark.ts';
import { eventsPerTurn } from './history-cost.ts';
import { measureHttp } from './http-baseline.ts';
import { replyTo, startInstantModel } from './instant-model.ts';
import type { InstantModel } from './instant-model.ts';
import type { CallPlan, Caller } from './play-call.ts';
import { fieldsOf, playCall } from './play-call.ts';
import { Samples } from './samples.ts';
import { summarize, tenths } from './statistics.ts';
import { TwilioClient } from './twilio-client.ts';
import { GOALS, renderReport } from './webhook-report.ts';
import type { WebhookFigures } from './webhook-report.ts';

type Option = 'calls' | 'turns' | 'warmup' | 'pause';
type Options = Record<Option, number>;

/** Each api process gets one: connections are handed out in turn. */
const CONNECTIONS = 2;
const HISTORIES = 5;
const MAX_HTTP_REQUESTS = 500;

export const webhookBenchmark: Benchmark<Option> = {
  summary: 'first webhook and turn, one call at a time, model instant',
  options: {
    calls: { what: 'calls that are measured', default: 40, min: 1, max: 100_000 },
    // The default assistant ends a call after 100 turns.
    turns: { what: 'turns of each call', default: 10, min: 1, max: 99 },
    warmup: { what: 'calls before that', default: 10, min: 0, max: 100_000 },
    // Callers always pause. Without it the writing of one turn's record runs into the next turn,
    // and their workflow tasks are shared: the history looks smaller than that of a real call.
    pause: { what: 'ms before each next webhook of a call', default: 100, min: 0, max: 60_000 },
  },
  async run(options, context) {
    const model = await startInstantModel();
    try {
      return await withInstance(context, model.baseUrl, (bench) =>
        measure(bench, model, options, context),
      );
    } finally {
      await model.close();
    }
  },
};

async function measure(
  bench: BenchInstance,
  model: InstantModel,
  options: Options,
  { progress }: BenchContext,
): Promise<BenchResult> {
  const client = new TwilioClient({ authToken: bench.authToken, connections: CONNECTIONS });
  try {
    const { calls, turns, warmup, pause: pauseMs } = options;
    progress.say(`Warming up with ${warmup} calls ...`);
    const cold = new Samples();
    await playCalls(client, cold, bench, options, warmup);
    model.reset();
    progress.say(`Measuring ${calls} calls of ${turns} turns ...`);
    const loadBefore = loadavg()[0] ?? 0;
    const samples = new Samples();
    const callers = await playCalls(client, samples, bench, options, calls);
    const loadAfter = loadavg()[0] ?? 0;
    const figures: WebhookFigures = {
      benchmark: 'webhook',
      calls,
      turns,
      warmup,
      pauseMs,
      // A warm-up that fails is no less a failure.
      errors: samples.errors + cold.errors,
      ...samples.figures(),
      http: summarize(await baseline(client, callers, Math.min(MAX_HTTP_REQUESTS, calls * turns))),
      model: summarize(model.timesMs),
      ...(await historyCost(bench, callers)),
      goals: GOALS,
      node: process.version,
      cores: cpus().length,
      load: [loadBefore, loadAfter],
    };
    const problems = [...samples.problems(), ...cold.problems().map((each) => `warm-up: ${each}`)];
    return {
      report: renderReport(figures, problems),
      json: { ...figures },
      errors: figures.errors,
    };
  } finally {
    client.close();
  }
}

/** Plays calls one after the other. */
async function playCalls(
  client: TwilioClient,
  samples: Samples,
  { urls, accountSid }: BenchInstance,
  { turns, pause: pauseMs }: Options,
  count: number,
): Promise<Caller[]> {
  const greeting = demoAssistant.firstMessage;
  const plan: CallPlan = { urls, greeting, turns, pauseMs, replyTo };
  const callers: Caller[] = [];
  for (let line = 0; line < count; line += 1) {
    const callSid = newSid('CA');
    const caller = { callSid, accountSid, from: DEMO_CALLER, to: DEMO_NUMBER, line };
    callers.push(caller);
    await playCall(client, samples, caller, plan);
  }
  return callers;
}

function baseline(client: TwilioClient, callers: Caller[], count: number): Promise<number[]> {
  const fields = callers.slice(0, 1).flatMap((caller) => fieldsOf(caller, 'ringing'));
  const twiml = `<?xml version="1.0" encoding="UTF-8"?><Response><Gather><Say>${demoAssistant.firstMessage}</Say></Gather></Response>`;
  return measureHttp(client, { fields, twiml, count });
}

/** From the histories of some calls, spread over the run. */
async function historyCost(
  { instance, accountSid }: BenchInstance,
  callers: Caller[],
): Promise<Pick<WebhookFigures, 'historyEventsPerTurn' | 'historiesRead'>> {
  const { temporalAddress: address, namespace } = instance.running;
  const link = linkToTemporal({ address, namespace });
  const every = Math.max(1, Math.ceil(callers.length / HISTORIES));
  const costs: number[] = [];
  try {
    for (const { callSid } of callers.filter((_caller, at) => at % every === 0)) {
      const handle = link.client.workflow.getHandle(inboundCallId(accountSid, callSid));
      const { events } = await handle.fetchHistory();
      const cost = eventsPerTurn(events ?? []);
      if (cost !== undefined) costs.push(cost);
    }
  } finally {
    await link.close();
  }
  const mean = costs.reduce((sum, each) => sum + each, 0) / costs.length;
  return {
    historyEventsPerTurn: costs.length === 0 ? null : tenths(mean),
    historiesRead: costs.length,
  };
}
