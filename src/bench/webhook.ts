/**
 * `npm run bench -- webhook`: first webhook, turn and status as Twilio sees them, with a model that
 * answers at once, against the real processes and against a bot that keeps everything in memory.
 */
import { cpus, loadavg } from 'node:os';
import { inboundCallId } from '../ids.ts';
import { demoAssistant } from '../orchestrator/index.ts';
import type { BenchInstance } from './bench-instance.ts';
import { callsLeftOpen, withInstantModel, withTemporal } from './bench-servers.ts';
import type { Benchmark, BenchContext, BenchResult } from './benchmark.ts';
import { eventsPerTurn } from './history-cost.ts';
import { measureHttp } from './http-baseline.ts';
import { startBot } from './in-memory-bot/start-bot.ts';
import type { InstantModel } from './instant-model.ts';
import type { Target } from './load.ts';
import { oneAtATime } from './load.ts';
import type { Caller } from './play-call.ts';
import { fieldsOf } from './play-call.ts';
import { instancePids } from './process-meter.ts';
import { summarize, tenths } from './statistics.ts';
import type { Summary } from './statistics.ts';
import { TwilioClient } from './twilio-client.ts';
import type { HistoryFigures, WebhookFigures } from './webhook-figures.ts';
import { ratiosOf, webhookGoals } from './webhook-figures.ts';
import { runPhases } from './webhook-phases.ts';
import type { Phases, WebhookOption, WebhookOptions } from './webhook-phases.ts';
import { renderReport } from './webhook-report.ts';

const HISTORIES = 5;
const MAX_HTTP_REQUESTS = 500;

export const webhookBenchmark: Benchmark<WebhookOption> = {
  summary: 'how fast and at what cost webhooks are answered, model instant',
  options: {
    calls: { what: 'calls one at a time', default: 40, min: 1, max: 100_000 },
    // The default assistant ends a call after 100 turns.
    turns: { what: 'turns of each of them', default: 10, min: 1, max: 99 },
    warmup: { what: 'calls before that', default: 10, min: 0, max: 100_000 },
    // Callers always pause. Without it the writing of one turn's record runs into the next turn,
    // and their workflow tasks are shared: the history looks smaller than that of a real call.
    pause: { what: 'ms before each next webhook of a call', default: 100, min: 0, max: 60_000 },
    // What is done when a call has ended is no part of the next one's first webhook.
    between: { what: 'ms from one of these calls to the next', default: 500, min: 0, max: 60_000 },
    many: { what: 'calls at once, 0 to leave out', default: 50, min: 0, max: 2000 },
    'many-turns': { what: 'turns of each of them', default: 8, min: 1, max: 99 },
    every: { what: 'ms between their turns', default: 5000, min: 0, max: 60_000 },
    callers: { what: 'callers without a pause, 0 to leave out', default: 8, min: 0, max: 500 },
    seconds: { what: 'how long they are measured', default: 30, min: 1, max: 3600 },
    settle: { what: 'seconds that they call before that', default: 20, min: 0, max: 600 },
    live: {
      what: 'live calls to measure memory, as many before, 0 to leave out',
      default: 200,
      min: 0,
      max: 5000,
    },
    'live-turns': {
      what: 'turns that each has made, 0 for one to ten',
      default: 0,
      min: 0,
      max: 99,
    },
    bot: { what: '1 to compare with a bot in memory, 0 not to', default: 1, min: 0, max: 1 },
    sealed: { what: '1 to seal payloads with a key, 0 not to', default: 1, min: 0, max: 1 },
  },
  async run(options, context) {
    return withInstantModel(context, options, (bench, model) =>
      measure(bench, model, options, context),
    );
  },
};

async function measure(
  bench: BenchInstance,
  model: InstantModel,
  options: WebhookOptions,
  { progress }: BenchContext,
): Promise<BenchResult> {
  const { stopping } = bench;
  const loadBefore = loadavg()[0] ?? 0;
  progress.say(`Warming up with ${options.warmup} calls ...`);
  const cold = await oneAtATime(bench, shapeOf(options), options.warmup);
  model.reset();
  const pids = instancePids(bench.dataDir);
  const voca = await runPhases(bench, options, {
    ...{ pids, part: 'worker', progress },
    untilQuiet: () => untilQuiet(bench, progress),
  });
  const modelTimes = summarize(model.timesMs);
  const open = await untilQuiet(bench, progress);
  const http = await baseline(bench, voca.one.played.callers, options);
  const history = await historyCost(bench, voca);
  const bot = options.bot === 1 ? await measureBot(bench, model, options, progress) : undefined;
  const problems = [
    ...cold.samples.problems().map((each) => `warm-up: ${each}`),
    ...voca.problems,
    ...(open === 0 ? [] : [`calls that did not close: ${open ?? 'not known'}`]),
    ...(bot?.problems.map((each) => `bot: ${each}`) ?? []),
  ];
  const { calls, turns, warmup, pause: pauseMs, between: betweenMs } = options;
  const parts = { one: voca.one.figures, ...voca.figures };
  const figures: WebhookFigures = {
    benchmark: 'webhook',
    calls,
    turns,
    warmup,
    pauseMs,
    betweenMs,
    sealed: options.sealed === 1,
    // A warm-up that fails is no less a failure, nor is a bot that does not answer a comparison.
    errors: voca.errors + cold.samples.errors + (bot?.errors ?? 0) + (open ?? 1),
    ...parts,
    http,
    model: modelTimes,
    ...history,
    bot: bot ? { one: bot.one.figures, ...bot.figures } : null,
    ratios: bot ? ratiosOf(parts, { one: bot.one.figures, ...bot.figures }) : null,
    goals: webhookGoals(parts, history),
    node: process.version,
    cores: cpus().length,
    load: [loadBefore, loadavg()[0] ?? 0],
    interrupted: stopping.aborted,
  };
  return {
    report: renderReport(figures, problems),
    json: { ...figures },
    errors: figures.errors,
    interrupted: stopping.aborted,
  };
}

function shapeOf({ turns, pause: pauseMs }: WebhookOptions) {
  return { turns, pauseMs };
}

/**
 * What comes next is measured by itself: calls that are over are still being closed.
 * @returns how many do not close; undefined when that is not known
 */
async function untilQuiet(
  bench: BenchInstance,
  progress: BenchContext['progress'],
): Promise<number | undefined> {
  const { stopping } = bench;
  if (stopping.aborted) return 0;
  progress.say('Waiting until all calls are closed ...');
  const open = await callsLeftOpen(bench);
  return stopping.aborted ? 0 : open?.length;
}

/** The same calls to the bot, when nobody calls the instance. */
async function measureBot(
  bench: BenchInstance,
  model: InstantModel,
  options: WebhookOptions,
  progress: BenchContext['progress'],
): Promise<Phases | undefined> {
  if (bench.stopping.aborted) return undefined;
  progress.say('The same with a bot that keeps its calls in memory:');
  const bot = await startBot(bench.authToken, model.baseUrl);
  try {
    const { accountSid, authToken, stopping } = bench;
    const target: Target = { urls: bot.urls, accountSid, authToken, stopping };
    await oneAtATime(target, shapeOf(options), options.warmup);
    const pids = { bot: bot.pid, generator: process.pid };
    return await runPhases(target, options, { pids, part: 'bot', progress });
  } finally {
    await bot.stop();
  }
}

/** The same requests to a server that has its answer ready. */
async function baseline(
  { authToken, stopping }: BenchInstance,
  callers: Caller[],
  { calls, turns }: WebhookOptions,
): Promise<Summary> {
  if (stopping.aborted) return summarize([]);
  const client = new TwilioClient({ authToken, connections: 1 });
  const fields = callers.slice(0, 1).flatMap((caller) => fieldsOf(caller, 'ringing'));
  const twiml = `<?xml version="1.0" encoding="UTF-8"?><Response><Gather><Say>${demoAssistant.firstMessage}</Say></Gather></Response>`;
  const count = Math.min(MAX_HTTP_REQUESTS, calls * turns);
  try {
    return summarize(await measureHttp(client, { fields, twiml, count }));
  } finally {
    client.close();
  }
}

/** From the histories of some calls, spread over the run, of each way of calling. */
async function historyCost(bench: BenchInstance, { one, many }: Phases): Promise<HistoryFigures> {
  const nothing = { historyEventsPerTurn: null, historiesRead: 0, manyHistoryEventsPerTurn: null };
  if (bench.stopping.aborted) return nothing;
  return withTemporal(bench, async (client) => {
    const read = async (callers: readonly Caller[]): Promise<number[]> => {
      const every = Math.max(1, Math.ceil(callers.length / HISTORIES));
      const costs: number[] = [];
      for (const { callSid } of callers.filter((_caller, at) => at % every === 0)) {
        const handle = client.workflow.getHandle(inboundCallId(bench.accountSid, callSid));
        const { events } = await handle.fetchHistory();
        costs.push(...[eventsPerTurn(events ?? [])].filter((cost) => cost !== undefined));
      }
      return costs;
    };
    const costs = await read(one.played.callers);
    const manyCosts = await read(many?.callers ?? []);
    return {
      historyEventsPerTurn: meanOf(costs),
      historiesRead: costs.length + manyCosts.length,
      manyHistoryEventsPerTurn: meanOf(manyCosts),
    };
  });
}

function meanOf(values: readonly number[]): number | null {
  const sum = values.reduce((total, each) => total + each, 0);
  return values.length === 0 ? null : tenths(sum / values.length);
}
