/**
 * The runs of a call's workflow: one, or several when it has continued as new. Asked for without
 * opening a payload, so that it works for calls whose key is gone.
 */
import { isGrpcServiceError } from '@temporalio/client';
import type { Client } from '@temporalio/client';

export interface CallRun {
  runId: string;
  isOpen: boolean;
  /** Undefined while it is open. Milliseconds since 1970. */
  closedAtMs?: number;
}

const NOT_FOUND = 5;
/** Temporal's number of the status Running. */
const RUNNING = 1;

/**
 * Every run that Temporal still has, none when it has none. The list of workflows lags behind and
 * would miss a new run, the chain from the newest run back misses one that somebody has reset: so
 * both are looked at.
 */
export async function runsOf(client: Client, callId: string): Promise<CallRun[]> {
  const runs = new Map<string, CallRun>();
  for (let next = await lookAt(client, callId, ''); next && !runs.has(next.runId);) {
    runs.set(next.runId, next);
    const before = await runBefore(client, callId, next.runId);
    next = before === undefined ? undefined : await lookAt(client, callId, before);
  }
  for (const runId of await listedRuns(client, callId)) {
    const run = runs.has(runId) ? undefined : await lookAt(client, callId, runId);
    if (run) runs.set(run.runId, run);
  }
  return [...runs.values()];
}

/** Temporal does it soon after it has said yes. A run that is gone already is a success. */
export async function deleteRun(client: Client, callId: string, runId: string): Promise<void> {
  await foundOrNot(
    client.workflowService.deleteWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId: callId, runId },
    }),
  );
}

/** @param runId empty for the newest one */
async function lookAt(client: Client, workflowId: string, runId: string) {
  const found = await foundOrNot(
    client.workflowService.describeWorkflowExecution({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
    }),
  );
  const info = found?.workflowExecutionInfo;
  if (!info?.execution?.runId) return undefined;
  const closed = info.closeTime;
  return {
    runId: info.execution.runId,
    isOpen: info.status === RUNNING,
    ...(closed && { closedAtMs: Number(closed.seconds) * 1000 + (closed.nanos ?? 0) / 1e6 }),
  };
}

/** By the first event of a run's history. */
async function runBefore(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<string | undefined> {
  const found = await foundOrNot(
    client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    }),
  );
  const [first] = found?.history?.events ?? [];
  return first?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
}

async function listedRuns(client: Client, callId: string): Promise<string[]> {
  const { executions } = await client.workflowService.listWorkflowExecutions({
    namespace: client.options.namespace,
    query: `WorkflowId = '${callId}'`,
    pageSize: 1000,
  });
  return (executions ?? []).flatMap(({ execution }) => execution?.runId ?? []);
}

async function foundOrNot<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isGrpcServiceError(error) && Number(error.code) === NOT_FOUND) return undefined;
    throw error;
  }
}
