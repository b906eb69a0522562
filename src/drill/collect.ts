/**
 * Collects the evidence of a run from a live instance, before it is stopped:
 *
 *     const evidence = await collectEvidence({
 *       client: link.client,       // with the payload codec set on it when payloads are sealed
 *       database,
 *       truth: simulator.log.entries,
 *       model: requests,           // see ModelRequest
 *       logs: [{ name: 'voca.log', text }],
 *       run: { seed, commands, accountSid, canaries, kills },
 *     });
 *     writeEvidence(logDir, evidence); // or judge it at once: checkHistory(evidence)
 */
import type { Client } from '@temporalio/client';
import type { Database } from '../db/pool.ts';
import { FIXED_LINES } from '../http/answers.ts';
import type { TruthEntry } from '../simulator/index.ts';
import { CALL_WORKFLOW } from '../../workflows/contract.ts';
import { dumpDatabase } from './database-dump.ts';
import type { Evidence, ModelRequest, ProductLog, ReceivedWebhook, RunInfo } from './evidence.ts';
import { isSomethingUndelivered } from './outbox-dump.ts';
import { readRun } from './run-history.ts';
import { fetchHistories } from './stored-history.ts';

export interface CollectOptions {
  /** Payloads are opened with its data converter. */
  client: Client;
  database: Database;
  truth: readonly TruthEntry[];
  model: readonly ModelRequest[];
  logs: readonly ProductLog[];
  /** What customers' servers have received; asked when everything is settled. */
  received?: () => ReceivedWebhook[];
  run: Omit<RunInfo, 'fixedLines' | 'isSettled'>;
  /** When the run began, in milliseconds since 1970: older workflows are not its own. */
  sinceMs?: number;
  /** Only these calls; all by default. */
  only?: readonly { callId: string; callSid: string }[];
  /**
   * How long to wait until every call is over, written and closed (a call closes 15 s after its
   * end), and no delivery of an event waits any longer where somebody is to receive it. What is not settled by then is collected as it is. With `mayStillClose` nobody waits for
   * the closing, and the checker does not ask for it.
   */
  settleMs?: number;
  mayStillClose?: boolean;
}

const SETTLE_MS = 60_000;
const LOOK_AGAIN_MS = 200;

export async function collectEvidence(options: CollectOptions): Promise<Evidence> {
  const { run, model, logs, only, mayStillClose = false } = options;
  const callIds = only?.map(({ callId }) => callId);
  await untilSettled(options, callIds);
  const { histories, database: rows } = await lookAtBoth(options, callIds);
  const callSids = only && new Set(only.map(({ callSid }) => callSid));
  return {
    run: { ...run, fixedLines: [...FIXED_LINES], isSettled: !mayStillClose },
    truth: options.truth.filter(
      ({ callSid }) => !callSids || callSid === undefined || callSids.has(callSid),
    ),
    model: [...model],
    database: rows,
    histories,
    logs: [...logs],
    ...(options.received && { received: options.received() }),
  };
}

type Both = Pick<Evidence, 'histories' | 'database'>;

/**
 * Histories and rows of one moment. A call that may still close goes on meanwhile: what was said is
 * summed up and recorded. So it is looked again, until neither knows more than the other.
 */
async function lookAtBoth(options: CollectOptions, callIds?: string[]): Promise<Both> {
  const { client, database, mayStillClose, settleMs = SETTLE_MS } = options;
  const end = Date.now() + settleMs;
  for (;;) {
    const histories = [];
    for (const callId of callIds ?? (await workflowIds(options))) {
      histories.push(...(await fetchHistories(client, callId)));
    }
    const both = { histories, database: await dumpDatabase(database, callIds) };
    if (!mayStillClose || agree(both) || Date.now() > end) return both;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

function agree({ histories, database }: Both): boolean {
  const handed = new Set(
    histories.flatMap((stored) =>
      readRun(stored).recorded.map(({ sequence }) => `${stored.callId} ${sequence}`),
    ),
  );
  const written = database.events.map(({ callId, sequence }) => `${callId} ${sequence}`);
  return written.length === handed.size && written.every((event) => handed.has(event));
}

/** Every call's workflow of this namespace. */
async function workflowIds(
  { client, sinceMs }: CollectOptions,
  status?: 'Running',
): Promise<string[]> {
  const ids = new Set<string>();
  const since =
    sinceMs === undefined ? '' : ` AND StartTime >= '${new Date(sinceMs).toISOString()}'`;
  const only = status === undefined ? '' : ` AND ExecutionStatus = '${status}'`;
  const query = `WorkflowType = '${CALL_WORKFLOW}'${since}${only}`;
  for await (const { workflowId } of client.workflow.list({ query })) ids.add(workflowId);
  return [...ids];
}

async function untilSettled(options: CollectOptions, callIds?: string[]): Promise<void> {
  const end = Date.now() + (options.settleMs ?? SETTLE_MS);
  while (!(await isSettled(options, callIds).catch(() => false)) && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

async function isSettled(options: CollectOptions, callIds?: string[]): Promise<boolean> {
  const { database, mayStillClose } = options;
  if (options.received && (await isSomethingUndelivered(database, callIds))) return false;
  const { calls } = await dumpDatabase(database, callIds);
  if (calls.some(({ status }) => status !== 'ended')) return false;
  if (callIds && calls.length < callIds.length) return false;
  if (mayStillClose) return true;
  const open = await workflowIds(options, 'Running');
  return callIds ? !open.some((callId) => callIds.includes(callId)) : open.length === 0;
}
