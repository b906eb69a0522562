/**
 * Erases a call that is over: its workflow with all its runs, then its rows.
 *
 * In this order, because whoever could still write a row must be gone first: with the workflow, no
 * more work is given out, and work that was under way is waited for. Broken off anywhere, it can be
 * run again: what is left of the call is found by the same id.
 *
 * The row of the call stays, without numbers and words, and remembers that it was erased: whatever is
 * recorded of it later is dropped. A signed webhook of its beginning that comes late, or is replayed by
 * somebody who has it, begins the same call id anew all the same: its workflow is what can be erased
 * again then.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { CallRequestError, NotReadyError } from './call-manager.ts';
import { workspaceOfCall } from './db/call-workspace.ts';
import { eraseCallRows } from './db/erase-call-rows.ts';
import type { Database } from './db/pool.ts';
import { inWorkspace } from './db/scope.ts';
import { isId } from './ids.ts';
import type { CallRun } from './temporal/call-runs.ts';
import { deleteRun, runsOf } from './temporal/call-runs.ts';
import { Clock, persist, TIMED_OUT } from './temporal/persist.ts';

export interface EraseResult {
  callId: string;
  /**
   * `open`: the call is not over, or a late webhook began it anew; what is left is found when this is
   * run again. `unknown`: there was nothing to erase.
   */
  result: 'erased' | 'open' | 'unknown';
}

export interface EraseOptions {
  /** Needs no key: nothing is opened. */
  client: Client;
  /** Sees all workspaces. */
  database: Database;
  /** Whose call it must be; a call of another workspace is `unknown`. Left out: anybody's. */
  workspaceId?: string;
  /**
   * How long after the end of a workflow a worker may still be writing what it was given before, in
   * milliseconds. An attempt that Temporal took for dead has no other limit than those of the
   * database.
   */
  settleMs?: number;
}

const SETTLE_MS = 15_000;
const ASK_MS = 10_000;
/**
 * Temporal deletes a workflow some half a minute after it was asked: when it has noted down, every
 * 30 s, that everything else of that workflow is done. Asked again, it looks again at once.
 */
const GONE_MS = 120_000;
const LOOK_AGAIN_MS = 1000;

/**
 * Takes about half a minute. What Twilio keeps (its log of calls) and backups are not touched.
 * @throws {CallRequestError} when `callId` has not the form of one; {NotReadyError} when Temporal
 * does not answer or does not delete in time, {DatabaseError} likewise: run it again then.
 */
export async function eraseCall(options: EraseOptions, callId: string): Promise<EraseResult> {
  if (!isId('call', callId)) throw new CallRequestError('A call id looks like call_0V…');
  const { client, database, workspaceId, settleMs = SETTLE_MS } = options;
  if (workspaceId !== undefined && (await workspaceOfCall(database, callId)) !== workspaceId) {
    return { callId, result: 'unknown' };
  }
  const runs = await ask(client, () => runsOf(client, callId));
  if (runs.some(({ isOpen }) => isOpen)) return { callId, result: 'open' };
  await sleep(settlingMs(runs, settleMs));
  if ((await eraseRuns(client, callId, runs)) === 'open') return { callId, result: 'open' };
  const hadRows = await eraseRows(database, callId);
  const newer = await ask(client, () => runsOf(client, callId));
  if (newer.some(({ isOpen }) => isOpen)) return { callId, result: 'open' };
  return { callId, result: hadRows || runs.length > 0 ? 'erased' : 'unknown' };
}

/** Looks for the owner again: what was being recorded is there by now. */
async function eraseRows(database: Database, callId: string): Promise<boolean> {
  const owner = await workspaceOfCall(database, callId);
  if (owner === undefined) return false;
  return inWorkspace(database, owner, 'Erasing a call', (scope) => eraseCallRows(scope, callId));
}

function settlingMs(runs: CallRun[], settleMs: number): number {
  const closedAtMs = Math.max(0, ...runs.map((run) => run.closedAtMs ?? 0));
  return Math.min(settleMs, Math.max(0, closedAtMs + settleMs - Date.now()));
}

/**
 * The oldest first: the newest leads to the others when this is broken off.
 * @returns `open` when Twilio came back to the call meanwhile: deleting an open run would end it.
 */
async function eraseRuns(
  client: Client,
  callId: string,
  found: CallRun[],
): Promise<'gone' | 'open'> {
  const clock = new Clock(GONE_MS);
  let runs = found;
  while (runs.length > 0) {
    for (const { runId } of [...runs].reverse()) {
      await ask(client, () => deleteRun(client, callId, runId));
    }
    if (clock.leftMs() === 0) {
      throw new NotReadyError('Temporal has not deleted the call yet: run this again later.');
    }
    await sleep(LOOK_AGAIN_MS);
    runs = await ask(client, () => runsOf(client, callId));
    if (runs.some(({ isOpen }) => isOpen)) return 'open';
  }
  return 'gone';
}

async function ask<T>(client: Client, question: () => Promise<T>): Promise<T> {
  const answer = await persist(client, new Clock(ASK_MS), question);
  if (answer === TIMED_OUT) throw new NotReadyError('Temporal does not answer.');
  return answer as T;
}
