/** What the database and Temporal say of a long call. */
import * as assistants from '../../db/assistants.ts';
import { findCall } from '../../db/calls.ts';
import type { StoredCall, StoredTurn } from '../../db/calls.ts';
import * as phoneNumbers from '../../db/phone-numbers.ts';
import { FIRST_WORKSPACE, inWorkspace } from '../../db/scope.ts';
import { DEMO_NUMBER } from '../../demo/demo-config.ts';
import { CALL_WORKFLOW, snapshotQuery } from '../../../workflows/contract.ts';
import type { BenchInstance } from '../bench-instance.ts';
import { callsLeftOpen, withDatabase, withTemporal } from '../bench-servers.ts';
import { pause } from '../play-call.ts';
import type { LongCallFigures, Run } from './figures.ts';

const RECORD_MS = 60_000;
const LOOK_AGAIN_MS = 200;
/** So much later than it should, and the call is not waited for any more. */
const LATE_MS = 60_000;

/** The default assistant ends a call after 100 turns. @param seconds the longest that one may last */
export function allowLongCalls(bench: BenchInstance, seconds: number): Promise<void> {
  return withDatabase(bench, (database) =>
    inWorkspace(database, FIRST_WORKSPACE, 'Allowing long calls', async (scope) => {
      const number = await phoneNumbers.findByNumber(scope, DEMO_NUMBER);
      const stored = await assistants.find(scope, number?.assistantId ?? '', { lock: true });
      if (!stored) throw new Error('The number of the demo has no assistant.');
      const { id, assistant } = stored;
      const limits = { ...assistant.limits, turns: 1_000_000, callSeconds: seconds };
      await assistants.update(scope, id, { ...assistant, limits });
    }),
  );
}

/** Until the assistant ends the call by itself. @param withinMs when it should have, at the latest */
export function untilItEnds(bench: BenchInstance, callId: string, withinMs: number): Promise<void> {
  return withTemporal(bench, async (client) => {
    const handle = client.workflow.getHandle(callId);
    const until = Date.now() + withinMs + LATE_MS;
    while (Date.now() < until && !bench.stopping.aborted) {
      // One that fails is no answer: what came of the call is in the record.
      const now = await handle.query(snapshotQuery).catch(() => undefined);
      if (now?.status === 'speaking' || now?.status === 'ended') return;
      await pause(LOOK_AGAIN_MS, bench.stopping);
    }
  });
}

type Recorded = Pick<
  LongCallFigures,
  'turnsRecorded' | 'isInOrder' | 'isEnded' | 'endReason' | 'lastedSeconds'
>;

/** What the database has of the call, once all of it is there. */
export function recorded(bench: BenchInstance, callId: string, turns: number): Promise<Recorded> {
  return withDatabase(bench, async (database) => {
    const until = Date.now() + RECORD_MS;
    for (;;) {
      const call = await inWorkspace(database, FIRST_WORKSPACE, 'Finding the call', (scope) =>
        findCall(scope, callId),
      );
      const isWhole = call?.status === 'ended' && call.turns.length >= turns;
      if (call && (isWhole || Date.now() > until || bench.stopping.aborted)) return facts(call);
      await pause(LOOK_AGAIN_MS);
    }
  });
}

function facts(call: StoredCall & { turns: StoredTurn[] }): Recorded {
  const isInOrder = call.turns.every(
    ({ heard, status, position }, at) =>
      position === at + 1 &&
      status === 'answered' &&
      heard.kind === 'speech' &&
      heard.text === `This is sentence ${at + 1} of this call`,
  );
  const { answeredAt = '', endedAt = '', endReason } = call;
  const lastedSeconds = (Date.parse(endedAt) - Date.parse(answeredAt)) / 1000;
  return {
    turnsRecorded: call.turns.length,
    isInOrder,
    isEnded: call.status === 'ended',
    ...(endReason && { endReason }),
    ...(Number.isFinite(lastedSeconds) && { lastedSeconds }),
  };
}

/** The newest run of the call's workflow, whether it is listed yet or not. */
export function newestRun(bench: BenchInstance, callId: string): Promise<string> {
  return withTemporal(bench, async (client) => {
    const { runId } = await client.workflow.getHandle(callId).describe();
    return runId;
  });
}

/** The runs of the call's workflow, the first one first. Their size is known once it is closed. */
export async function runsOf(bench: BenchInstance, callId: string): Promise<Run[]> {
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
