import { TypedSearchAttributes } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../workflows/contract.ts';
import type { dispatchWebhooks } from '../../workflows/dispatch-webhooks.ts';
import {
  DISPATCH_WORKFLOW,
  dispatcherId,
  wakeSignal,
  WEBHOOK_QUEUE,
} from '../../workflows/webhook-contract.ts';
import type { EndpointRef } from '../../workflows/webhook-contract.ts';
import { Clock, persist, TIMED_OUT } from '../temporal/persist.ts';
import { NotReadyError } from '../call-errors.ts';

const ASK_MS = 5_000;

/**
 * Starts the dispatcher of an endpoint, or tells it to look when there is one.
 * @param client must not repeat requests by itself, see `linkToTemporal`
 * @throws {NotReadyError} when Temporal does not answer
 */
export async function wakeDispatcher(
  client: Client,
  endpoint: EndpointRef,
  taskQueue: string = WEBHOOK_QUEUE,
): Promise<void> {
  const { endpointId, workspaceId } = endpoint;
  const answer = await persist(client, new Clock(ASK_MS), () =>
    client.workflow.signalWithStart<typeof dispatchWebhooks, []>(DISPATCH_WORKFLOW, {
      taskQueue,
      workflowId: dispatcherId(endpointId),
      args: [{ workspaceId, endpointId }],
      signal: wakeSignal,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowTaskTimeout: '5s',
      staticSummary: `Webhooks to ${endpointId}`,
      typedSearchAttributes: new TypedSearchAttributes([
        { key: SEARCH_ATTRIBUTES.workspace, value: workspaceId },
      ]),
    }),
  );
  if (answer === TIMED_OUT) throw new NotReadyError('Temporal does not answer.');
}
