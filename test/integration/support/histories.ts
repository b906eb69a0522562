/**
 * Histories of real calls, kept to prove that new code still decides as they did: a folder for each
 * version of VOCA that recorded them. They are recorded by the tests themselves, with
 * `VOCA_RECORD_HISTORIES=1`: see CONTRIBUTING.md.
 *
 * Kept as plain JSON of the protocol's messages; the SDK's own `historyToJSON` is broken in 1.24
 * (it converts with a schema of another protobufjs than the one that the history was made with).
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowExecutionInfo } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { runsOf } from '../../../src/temporal/call-runs.ts';
import type { TemporalLink } from '../../../src/temporal/connection.ts';
import { packageVersion } from '../../../src/worker-versions.ts';

const { History } = temporal.api.history.v1;
export type RecordedHistory = ReturnType<typeof History.fromObject>;

/** The `VOCA_SECRET_KEY` of recordings that are sealed. */
export const RECORDING_SECRET = 'recordings-of-invented-people-are-sealed-with-this';

const FOLDER = join(import.meta.dirname, '..', '..', 'histories');

/**
 * Waits until the call is closed, and keeps its history when that is asked for; of a call that went on
 * in new runs each one, `NAME-1` being the first.
 */
export async function keepHistory(link: TemporalLink, callId: string, name: string): Promise<void> {
  if (process.env['VOCA_RECORD_HISTORIES'] === undefined) return;
  await link.client.workflow.getHandle(callId).result();
  const runs = (await runsOf(link.client, callId)).toReversed();
  for (const [at, { runId }] of runs.entries()) {
    const file = runs.length === 1 ? name : `${name}-${at + 1}`;
    await keepRun(link, callId, runId, file);
  }
}

/** Keeps, when that is asked for, the longest history of all workflows of a type that have ended well. */
export async function keepLongest(link: TemporalLink, type: string, name: string): Promise<void> {
  if (process.env['VOCA_RECORD_HISTORIES'] === undefined) return;
  const query = `WorkflowType = '${type}' AND ExecutionStatus = 'Completed'`;
  let longest: WorkflowExecutionInfo | undefined;
  for await (const each of link.client.workflow.list({ query })) {
    if (each.historyLength > (longest?.historyLength ?? 0)) longest = each;
  }
  if (!longest) throw new Error(`no ${type} has ended`);
  await keepRun(link, longest.workflowId, longest.runId, name);
}

async function keepRun(link: TemporalLink, id: string, runId: string, name: string): Promise<void> {
  const folder = join(FOLDER, packageVersion());
  mkdirSync(folder, { recursive: true });
  const run = link.client.workflow.getHandle(id, runId);
  const history = History.fromObject(await run.fetchHistory());
  const plain = History.toObject(history, { longs: String, enums: String, bytes: String });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(plain, withoutMachine)}\n`);
}

/** Replay does not need to know on which machine a call was recorded. */
function withoutMachine(key: string, value: unknown): unknown {
  if (key === 'identity') return 'recorder';
  // The name of a worker's own queue: process, machine, and a random part.
  if (typeof value === 'string' && /^\d+@[\w.-]+$/.test(value)) return 'recorder';
  return key === 'stackTrace' ? '' : value;
}

/** Of all versions, such as `0.1.0/inbound-keys.json`. */
export function recordedNames(): string[] {
  const names = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.json')).sort();
}

export function loadHistory(name: string): RecordedHistory {
  const plain: unknown = JSON.parse(readFileSync(join(FOLDER, name), 'utf8'));
  return History.fromObject(plain as Record<string, unknown>);
}
