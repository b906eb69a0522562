/**
 * `npm run bench -- long-call`: one call of 1,000 turns. It goes on in new runs of its workflow; what
 * was said must be complete, old webhooks must get their old answers, and a late turn must cost what
 * an early one does. With `--clock` hours of it pass in minutes, and every timer with them.
 */
import { cpus, loadavg } from 'node:os';
import { DEMO_CALLER, DEMO_NUMBER } from '../../demo/demo-config.ts';
import { inboundCallId } from '../../ids.ts';
import { demoAssistant } from '../../orchestrator/index.ts';
import { newSid } from '../../simulator/ids.ts';
import type { BenchInstance } from '../bench-instance.ts';
import { withInstantModel } from '../bench-servers.ts';
import type { Benchmark, BenchContext, BenchResult } from '../benchmark.ts';
import { withClock } from '../clock/hastened-temporal.ts';
import { isGoodbye } from '../expected-twiml.ts';
import { replyTo } from '../instant-model.ts';
import type { InstantModel } from '../instant-model.ts';
import { pause, playCall } from '../play-call.ts';
import type { Caller } from '../play-call.ts';
import { Samples } from '../samples.ts';
import { TwilioClient } from '../twilio-client.ts';
import { allowLongCalls, newestRun, recorded, runsOf, untilItEnds } from './facts.ts';
import { judgeLongCall, renderLongCall } from './figures.ts';
import type { LongCallFigures } from './figures.ts';
import { OldWebhooks } from './old-webhooks.ts';

type Option = 'turns' | 'pause' | 'duplicate' | 'part' | 'sealed' | 'clock' | 'minutes' | 'late';
type Options = Record<Option, number>;

const MINUTE_MS = 60_000;
const DAY_SECONDS = 24 * 3600;

export const longCallBenchmark: Benchmark<Option> = {
  summary: 'one call of 1,000 turns: is anything lost, does it slow down?',
  options: {
    turns: { what: 'turns of the call', default: 1000, min: 2, max: 100_000 },
    pause: { what: 'ms before each next webhook', default: 50, min: 0, max: 60_000 },
    duplicate: { what: 'after so many turns one is sent again', default: 25, min: 1, max: 100_000 },
    part: { what: 'turns of the first and last part compared', default: 100, min: 1, max: 10_000 },
    sealed: { what: '1 to seal payloads with a key, 0 not to', default: 1, min: 0, max: 1 },
    clock: { what: "how many times as fast Temporal's clock goes", default: 1, min: 1, max: 20 },
    minutes: { what: 'by that clock, until its assistant ends it', default: 0, min: 0, max: 1440 },
    late: { what: 'minutes until its last webhooks come again', default: 0, min: 0, max: 1440 },
  },
  async run(options, context) {
    const env = await withClock(options.clock, context.env, context.progress);
    return withInstantModel({ ...context, env }, options, (bench, model) =>
      measure(bench, model, options, context),
    );
  },
};

async function measure(
  bench: BenchInstance,
  model: InstantModel,
  options: Options,
  context: BenchContext,
): Promise<BenchResult> {
  const { turns, pause: pauseMs, minutes, clock } = options;
  await allowLongCalls(bench, minutes === 0 ? DAY_SECONDS : minutes * 60);
  const loadBefore = loadavg()[0] ?? 0;
  const client = new TwilioClient({ authToken: bench.authToken, connections: 1 });
  const samples = new Samples();
  try {
    const played = await play(bench, client, samples, options, context);
    const figures: LongCallFigures = {
      benchmark: 'long-call',
      turns,
      pauseMs,
      clock,
      minutes,
      errors: samples.errors,
      turn: samples.figures().turn,
      ...partsOf(samples, options.part),
      ...played,
      largestPromptChars: model.largestPromptChars,
      node: process.version,
      cores: cpus().length,
      load: [loadBefore, loadavg()[0] ?? 0],
    };
    const problems = [...samples.problems(), ...judgeLongCall(figures)];
    return {
      report: renderLongCall(figures, problems),
      json: { ...figures },
      errors: problems.length,
      interrupted: bench.stopping.aborted,
    };
  } finally {
    client.close();
  }
}

async function play(
  bench: BenchInstance,
  client: TwilioClient,
  samples: Samples,
  { turns, pause: pauseMs, duplicate, minutes, clock, late }: Options,
  { progress }: BenchContext,
) {
  const caller: Caller = {
    callSid: newSid('CA'),
    accountSid: bench.accountSid,
    from: DEMO_CALLER,
    to: DEMO_NUMBER,
    line: 0,
  };
  const callId = inboundCallId(bench.accountSid, caller.callSid);
  const ours = (clockMinutes: number) => (clockMinutes * MINUTE_MS) / clock;
  const old = new OldWebhooks(client, duplicate, (turn) =>
    progress.live(`turn ${turn} of ${turns}`),
  );
  progress.say(`A call of ${turns} turns ...`);
  const beganMs = Date.now();
  await playCall(old, samples, caller, {
    urls: bench.urls,
    greeting: demoAssistant.firstMessage,
    turns,
    pauseMs,
    replyTo,
    stopping: bench.stopping,
    ...(minutes > 0 && { beforeEnd: () => untilItEnds(bench, callId, ours(minutes)) }),
  });
  const tookSeconds = (Date.now() - beganMs) / 1000;
  const facts = { ...old.counts(), ...(await recorded(bench, callId, turns)), tookSeconds };
  const played = { ...facts, runs: await runsOf(bench, callId) };
  if (late === 0) return played;
  progress.say(`Waiting ${late} minutes of that clock ...`);
  await pause(ours(late), bench.stopping);
  return { ...played, ...(await replayed(bench, callId, old)) };
}

/** What the last webhooks come to when they are sent once more. */
async function replayed(bench: BenchInstance, callId: string, old: OldWebhooks) {
  if (bench.stopping.aborted) return {};
  const before = await newestRun(bench, callId);
  const answers = await old.replayNewest();
  const lateAnsweredElse = answers.filter((answer) => !answer || !isGoodbye(answer)).length;
  const hasBegun = (await newestRun(bench, callId)) !== before;
  return { lateSent: answers.length, lateAnsweredElse, lateHasBegun: hasBegun };
}

function partsOf(samples: Samples, part: number) {
  const end = samples.mark();
  const first = { ...end, turn: part };
  const last = { ...end, turn: Math.max(0, end.turn - part) };
  return {
    firstPart: samples.between({ first: 0, turn: 0, status: 0 }, first).turn,
    lastPart: samples.between(last).turn,
  };
}
