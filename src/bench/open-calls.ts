/** Which calls' workflows are still open. */
import { CALL_WORKFLOW } from '../../workflows/contract.ts';

const LOOK_AGAIN_MS = 500;

/** What is needed of a Temporal client. */
export interface WorkflowList {
  workflow: { list(options: { query: string }): AsyncIterable<{ workflowId: string }> };
}

export async function openCalls(client: WorkflowList): Promise<string[]> {
  const query = `WorkflowType = '${CALL_WORKFLOW}' AND ExecutionStatus = 'Running'`;
  const open: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query })) open.push(workflowId);
  return open;
}

/**
 * Waits until all are closed.
 * @returns those that are still open when the time is up; undefined when Temporal could not be asked
 *   then: nothing is known
 */
export async function untilAllClosed(
  client: WorkflowList,
  withinMs: number,
  stopping: AbortSignal,
): Promise<string[] | undefined> {
  const end = Date.now() + withinMs;
  for (;;) {
    const open = await openCalls(client).catch(() => undefined);
    if (open?.length === 0 || Date.now() > end || stopping.aborted) return open;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
