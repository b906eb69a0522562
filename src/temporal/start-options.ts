import { TypedSearchAttributes } from '@temporalio/common';
import type { WorkflowStartOptions } from '@temporalio/client';
import { SEARCH_ATTRIBUTES, TASK_QUEUE } from '../../workflows/contract.ts';
import type { call, CallWorkflowInput } from '../../workflows/call.ts';

/**
 * How every call's workflow is started.
 *
 * `workflowTaskTimeout` decides how long a killed worker keeps a call waiting: 10 s by default,
 * which is longer than a caller stays. Lower than 2 s gives false alarms on busy machines.
 */
export function callStartOptions(
  input: CallWorkflowInput,
  taskQueue: string = TASK_QUEUE,
): WorkflowStartOptions<typeof call> {
  const { status, direction, workspace } = SEARCH_ATTRIBUTES;
  const { workspaceId } = input;
  return {
    taskQueue,
    workflowId: input.callId,
    args: [input],
    workflowTaskTimeout: '2s',
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    staticSummary: input.direction === 'inbound' ? 'Inbound call' : 'Outbound call',
    typedSearchAttributes: new TypedSearchAttributes([
      { key: status, value: input.direction === 'inbound' ? 'in-progress' : 'ringing' },
      { key: direction, value: input.direction },
      ...(workspaceId === undefined ? [] : [{ key: workspace, value: workspaceId }]),
    ]),
  };
}
