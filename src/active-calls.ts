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
}

const NOT_OVER =
  `WorkflowType = '${CALL_WORKFLOW}' AND ExecutionStatus = 'Running' ` +
  `AND ${SEARCH_ATTRIBUTES.status.name} != 'ended'`;

/** The newest first. @throws when Temporal cannot be asked. */
export async function listActiveCalls(client: Client): Promise<ActiveCall[]> {
  const { status, direction } = SEARCH_ATTRIBUTES;
  const calls: ActiveCall[] = [];
  for await (const info of client.workflow.list({ query: NOT_OVER })) {
    calls.push({
      callId: info.workflowId,
      direction: (info.typedSearchAttributes.get(direction) ?? 'inbound') as Direction,
      status: info.typedSearchAttributes.get(status) ?? 'unknown',
      startedAt: info.startTime.toISOString(),
    });
  }
  return calls;
}
