/** The calls that are not over, as Temporal lists them; its list lags behind a little. */
import type { Client } from '@temporalio/client';
import type { Direction } from '../workflows/contract.ts';
import { CALL_WORKFLOW, SEARCH_ATTRIBUTES } from '../workflows/contract.ts';

export interface ActiveCall {
  callId: string;
  direction: Direction;
  status: string;
  /** RFC 3339. */
  startedAt: string;
  /** Left out before its assistant is known, and for calls that began before there were workspaces. */
  workspaceId?: string;
}

const NOT_OVER =
  `WorkflowType = '${CALL_WORKFLOW}' AND ExecutionStatus = 'Running' ` +
  `AND ${SEARCH_ATTRIBUTES.status.name} != 'ended'`;

/**
 * The newest first.
 * @param workspaceId leaves out the calls that are known to be another workspace's
 * @throws when Temporal cannot be asked.
 */
export async function listActiveCalls(client: Client, workspaceId?: string): Promise<ActiveCall[]> {
  const { status, direction, workspace } = SEARCH_ATTRIBUTES;
  const calls: ActiveCall[] = [];
  for await (const info of client.workflow.list({ query: NOT_OVER + perhapsOf(workspaceId) })) {
    const owner = info.typedSearchAttributes.get(workspace);
    calls.push({
      callId: info.workflowId,
      direction: (info.typedSearchAttributes.get(direction) ?? 'inbound') as Direction,
      status: info.typedSearchAttributes.get(status) ?? 'unknown',
      startedAt: info.startTime.toISOString(),
      ...(owner !== undefined && { workspaceId: owner }),
    });
  }
  return calls;
}

function perhapsOf(workspaceId: string | undefined): string {
  if (workspaceId === undefined) return '';
  if (!/^\w{1,100}$/.test(workspaceId)) throw new Error('No id of a workspace');
  const { name } = SEARCH_ATTRIBUTES.workspace;
  return ` AND (${name} = '${workspaceId}' OR ${name} IS NULL)`;
}
