/**
 * `npm run bench -- long-call`: one call of 1,000 turns. It goes on in new runs of its workflow; what
 * was said must be complete, old webhooks must get their old answers, and a late turn must cost what
 * an early one does.
 */
import { cpus, loadavg } from 'node:os';
import * as assistants from '../db/assistants.ts';
import { findCall } from '../db/calls.ts';
import * as phoneNumbers from '../db/phone-numbers.ts';
import { FIRST_WORKSPACE, inWorkspace } from '../db/scope.ts';
import { DEMO_CALLER, DEMO_NUMBER } from '../demo/demo-config.ts';
import { inboundCallId } from '../ids.ts';
import { demoAssistant } from '../orchestrator/index.ts';
import { newSid } from '../simulator/ids.ts';
import { CALL_WORKFLOW } from '../../workflows/contract.ts';
import type { BenchInstance } from './bench-instance.ts';
import { callsLeftOpen, withDatabase, withInstantModel, withTemporal } from './bench-servers.ts';
import type { Benchmark, BenchContext, BenchResult } from './benchmark.ts';
import { replyTo } from './instant-model.ts';
import type { InstantModel } from './instant-model.ts';
import { judgeLongCall, renderLongCall } from './long-call-figures.ts';
import type { LongCallFigures, Run } from './long-call-figures.ts';
import { pause, playCall } from './play-call.ts';
import { Samples } from './samples.ts';
import { TwilioClient } from './twilio-client.ts';
import type { TimedAnswer } from './twilio-client.ts';

type Option = 'turns' | 'pause' | 'duplicate' | 'part' | 'sealed';
type Options = Record<Option, number>;

const RECORD_MS = 60_000;
const LOOK_AGAIN_MS = 200;

export const longCallBenchmark: Benchmark<Option> = {
  summary: 'one call of 1,000 turns: is anything lost, does it slow down?',
  options: {
    turns: { what: 'turns of the call', default: 1000, min: 2, max: 100_000 },
    pause: { what: 'ms before each next webhook', default: 50, min: 0, max: 60_000 },
    duplicate: { what: 'after so many turns one is sent again', default: 25, min: 1, max: 100_000 },
    part: { what: 'turns of the first and last part compared', default: 100, min: 1, max: 10_000 },
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
  options: Options,
  { progress }: BenchContext,
): Promise<BenchResult> {
  const { turns, pause: pauseMs, duplicate, part } = options;
  await allowLongCalls(bench);
  const loadBefore = loadavg()[0] ?? 0;
  const caller = {
    callSid: newSid('CA'),
    accountSid: bench.accountSid,
    from: DEMO_CALLER,
    to: DEMO_NUMBER,
    line: 0,
  };
  const client = new TwilioClient({ authToken: bench.authToken, connections: 1 });
  const samples = new Samples();
  const old = new OldWebhooks(client, duplicate, (turn) =>
    progress.live(`turn ${turn} of ${turns}`),
  );
  progress.say(`A call of ${turns} turns ...`);
  try {
    await playCall(old, samples, caller, {
      urls: bench.urls,
      greeting: demoAssistant.firstMessage,
      turns,
      pauseMs,
      replyTo,
      stopping: bench.stopping,
    });
  } finally {
    client.close();
  }
  const callId = inboundCallId(bench.accountSid, caller.callSid);
  const end = samples.mark();
  const [first, last] = [
    { ...end, turn: part },
    { ...end, turn: Math.max(0, end.turn - part) },
  ];
  const figures: LongCallFigures = {
    benchmark: 'long-call',
    turns,
    pauseMs,
    errors: samples.errors,
    turn: samples.figures().turn,
    firstPart: samples.between({ first: 0, turn: 0, status: 0 }, first).turn,
    lastPart: samples.between(last).turn,
    ...old.counts(),
    ...(await recorded(bench, callId, turns)),
    runs: await runsOf(bench, callId),
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
}

/** Sends every now and then the webhook before the last one again, and compares the answers. */
class OldWebhooks {
  readonly #client: TwilioClient;
  readonly #every: number;
  readonly #onTurn: (turn: number) => void;
  readonly #sent: { url: string; fields: Parameters<TwilioClient['post']>[1]; body: string }[] = [];
  #turn = 0;
  #repeated = 0;
  #differing = 0;

  constructor(client: TwilioClient, every: number, onTurn: (turn: number) => void) {
    this.#client = client;
    this.#every = every;
    this.#onTurn = onTurn;
  }

  async post(...[url, fields, line]: Parameters<TwilioClient['post']>): Promise<TimedAnswer> {
    const answer = await this.#client.post(url, fields, line);
    this.#sent.push({ url, fields, body: answer.body });
    if (this.#sent.length > 2) this.#sent.shift();
    this.#turn += 1;
    this.#onTurn(this.#turn - 1);
    const [before] = this.#sent;
    if (before && this.#sent.length > 1 && this.#turn % this.#every === 0) {
      const again = await this.#client.post(before.url, before.fields, line);
      this.#repeated += 1;
      if (again.body !== before.body) this.#differing += 1;
    }
    return answer;
  }

  counts() {
    return { sentAgain: this.#repeated, answeredDifferently: this.#differing };
  }
}

/** The default assistant ends a call after 100 turns. */
function allowLongCalls(bench: BenchInstance): Promise<void> {
  return withDatabase(bench, (database) =>
    inWorkspace(database, FIRST_WORKSPACE, 'Allowing long calls', async (scope) => {
      const number = await phoneNumbers.findByNumber(scope, DEMO_NUMBER);
      const stored = await assistants.find(scope, number?.assistantId ?? '', { lock: true });
      if (!stored) throw new Error('The number of the demo has no assistant.');
      const { id, assistant } = stored;
      const limits = { ...assistant.limits, turns: 1_000_000, callSeconds: 24 * 3600 };
      await assistants.update(scope, id, { ...assistant, limits });
    }),
  );
}

/** What the database has of the call, once all of it is there. */
function recorded(bench: BenchInstance, callId: string, turns: number) {
  return withDatabase(bench, async (database) => {
    const until = Date.now() + RECORD_MS;
    for (;;) {
      const call = await inWorkspace(database, FIRST_WORKSPACE, 'Finding the call', (scope) =>
        findCall(scope, callId),
      );
      const isWhole = call?.status === 'ended' && call.turns.length >= turns;
      if (call && (isWhole || Date.now() > until || bench.stopping.aborted)) {
        const isInOrder = call.turns.every(
          ({ heard, status, position }, at) =>
            position === at + 1 &&
            status === 'answered' &&
            heard.kind === 'speech' &&
            heard.text === `This is sentence ${at + 1} of this call`,
        );
        return { turnsRecorded: call.turns.length, isInOrder, isEnded: call.status === 'ended' };
      }
      await pause(LOOK_AGAIN_MS);
    }
  });
}

/** The runs of the call's workflow, the first one first. Their size is known once it is closed. */
async function runsOf(bench: BenchInstance, callId: string): Promise<Run[]> {
  await callsLeftOpen(bench);
  return withTemporal(bench, async (client) => {
    const runs: (Run & { at: number })[] = [];
    const query = `WorkflowId = '${callId}' AND WorkflowType = '${CALL_WORKFLOW}'`;
    for await (const run of client.workflow.list({ query })) {
      const { historyLength, historySize = 0, startTime } = run;
      runs.push({ events: historyLength, bytes: historySize, at: startTime.getTime() });
    }
    return runs.sort((a, b) => a.at - b.at).map(({ events, bytes }) => ({ events, bytes }));
  });
}
