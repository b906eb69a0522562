/** Which calls' workflows are still open. */
import type { Client } from '@temporalio/client';
import { CALL_WORKFLOW } from '../../workflows/contract.ts';

const LOOK_AGAIN_MS = 500;

export async function openCalls(client: Client): Promise<string[]> {
  const query = `WorkflowType = '${CALL_WORKFLOW}' AND ExecutionStatus = 'Running'`;
  const open: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query })) open.push(workflowId);
  return open;
}

/** Waits until all are closed; @returns those that are still open when the time is up. */
export async function untilAllClosed(
  client: Client,
  withinMs: number,
  stopping: AbortSignal,
): Promise<string[]> {
  const end = Date.now() + withinMs;
  for (;;) {
    const open = await openCalls(client).catch(() => undefined);
    if (open?.length === 0 || Date.now() > end || stopping.aborted) return open ?? [];
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
