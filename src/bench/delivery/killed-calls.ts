/**
 * Calls with deliveries while every process is killed at random, the customer's server too; afterwards the
 * history checker judges what everybody has written down.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { FIRST_WORKSPACE } from '../../db/scope.ts';
import { DEMO_CALLER, DEMO_NUMBER } from '../../demo/demo-config.ts';
import {
  checkHistory,
  collectEvidence,
  passwordIn,
  readProductLogs,
  Receiver,
} from '../../drill/index.ts';
import type { Evidence, RunInfo, Verdict } from '../../drill/index.ts';
import type { Simulator } from '../../simulator/index.ts';
import type { BenchInstance } from '../bench-instance.ts';
import { callsLeftOpen, withDatabase, withTemporal } from '../bench-servers.ts';
import type { BenchContext } from '../benchmark.ts';
import { whenReady } from '../ready.ts';
import { tenths } from '../statistics.ts';
import { CallerPool } from '../recovery/caller-pool.ts';
import { CALLERS_WORD } from '../recovery/drill-caller.ts';
import type { DrillModel } from '../recovery/drill-model.ts';
import { Victims } from '../recovery/victims.ts';
import { newCustomer } from './customer.ts';
import type { Customer } from './customer.ts';
import { untilAllIsTold } from './delivery-states.ts';
import { killAtRandom } from './random-kills.ts';
import type { RandomKill } from './random-kills.ts';

export interface KilledCallsOptions {
  bench: BenchInstance;
  simulator: Simulator;
  model: DrillModel;
  /** In all, and at any time. */
  total: number;
  calls: number;
  turns: number;
  seed: number;
  /** Does the same again. */
  command: string;
  context: BenchContext;
}

export interface KilledCallsFigures {
  seed: number;
  calls: number;
  seconds: number;
  /** By process. */
  kills: Record<string, number>;
  notBack: number;
  /** Calls that did not end by their callers. */
  endedOtherwise: string[];
  openAfterwards: number | null;
  /** From the last call's end until all ends were recorded and delivered, in seconds; null: not in time. */
  settledSeconds: number | null;
  verdict: Pick<Verdict, 'ok' | 'counts' | 'violations'> | null;
}

export interface KilledCalls {
  figures: KilledCallsFigures;
  evidence: Evidence | undefined;
}

const THINK_MS = { min: 300, max: 1200 };
/** So that kills hit turns in their middle. */
const MODEL_THINKS_MS = 300;
/** The third attempt at a delivery comes after five minutes; nothing else takes so long. */
const SETTLE_MS = 420_000;
const ANSWERS_MS = 60_000;
/** As high as the API allows: it is not the endpoint's own rate that is to hold anything up. */
const MAX_PER_SECOND = 100;

export async function killDuringCalls(options: KilledCallsOptions): Promise<KilledCalls> {
  const { bench, simulator, model, total, calls, turns, context } = options;
  const { stopping } = bench;
  const receiver = await Receiver.start({ logFile: join(bench.dataDir, 'receiver.jsonl') });
  try {
    const customer = await withDatabase(bench, (owner) =>
      newCustomer({
        ...{ owner, bench, receiver, workspaceId: FIRST_WORKSPACE },
        // Found wherever it is written down: URLs are the customer's.
        ...{ name: `calls-${randomBytes(8).toString('hex')}`, maxPerSecond: MAX_PER_SECOND },
      }),
    );
    model.thinkMs = MODEL_THINKS_MS;
    const startedMs = Date.now();
    const pool = new CallerPool({
      ...{ simulator, calls, total, turns, stopping, thinkMs: THINK_MS },
      ...{ seed: String(options.seed), name: 'guest' },
    });
    const kills = await killAtRandom({
      ...{ seed: String(options.seed), receiver, stopping, progress: context.progress },
      victims: new Victims(bench),
      untilTemporalAnswers: () => whenReady(bench.instance.running.apiUrl, ANSWERS_MS, stopping),
      until: pool.done(),
      calls: () => pool.calls,
    });
    await pool.done();
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    const settled = stopping.aborted
      ? undefined
      : await settle(options, { kills, receiver, customer });
    const figures: KilledCallsFigures = {
      ...{ seed: options.seed, calls: pool.calls, seconds },
      kills: countsOf(kills),
      notBack: kills.filter(({ backAtMs }) => backAtMs === undefined).length,
      endedOtherwise: [...pool.problems],
      openAfterwards: settled?.open ?? null,
      settledSeconds: settled?.settledSeconds ?? null,
      verdict: settled ? checkHistory(settled.evidence) : null,
    };
    return { figures, evidence: settled?.evidence };
  } finally {
    await receiver.stop();
  }
}

interface Done {
  kills: readonly RandomKill[];
  receiver: Receiver;
  customer: Customer;
}

async function settle(options: KilledCallsOptions, { kills, receiver, customer }: Done) {
  const { bench, simulator, model, context, seed, command } = options;
  context.progress.say('Waiting until everything is delivered and all calls are closed ...');
  const overMs = Date.now();
  const left = await withDatabase(bench, (owner) =>
    untilAllIsTold(owner, { withinMs: SETTLE_MS, stopping: bench.stopping }),
  );
  const settledSeconds = left === 0 ? tenths((Date.now() - overMs) / 1000) : null;
  const open = await callsLeftOpen(bench);
  const run = {
    ...{ seed: String(seed), commands: [command], accountSid: simulator.accountSid },
    canaries: {
      numbers: [DEMO_CALLER, DEMO_NUMBER],
      secrets: [
        ...[bench.authToken, ...bench.secretKeys, passwordIn(bench.instance.databaseUrl)],
        ...[customer.secret, customer.path.slice(1)],
      ],
      words: [CALLERS_WORD],
    },
    kills: kills.map(({ process, atMs }) => ({ process, atMs })),
    temporalAway: whenAway(kills),
  };
  const logs = readProductLogs(bench.dataDir);
  const said = { truth: simulator.log.entries, model: model.requests };
  const evidence = await withTemporal(bench, (client) =>
    withDatabase(bench, (database) =>
      collectEvidence({
        ...{ client, database, ...said, logs, run },
        received: () => receiver.received(),
      }),
    ),
  );
  return { evidence, settledSeconds, open: open?.length ?? null };
}

/** Only then may words be refused. */
function whenAway(kills: readonly RandomKill[]): NonNullable<RunInfo['temporalAway']> {
  return kills
    .filter(({ process }) => process === 'voca-temporal')
    .map(({ atMs, backAtMs = atMs, answersAtMs }) => ({
      ...{ fromMs: atMs, toMs: backAtMs },
      ...(answersAtMs !== undefined && { answersAtMs }),
    }));
}

function countsOf(kills: readonly RandomKill[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { process } of kills) counts[process] = (counts[process] ?? 0) + 1;
  return counts;
}
