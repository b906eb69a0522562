/**
 * Sends what waits for one webhook endpoint, for as long as there is something: the order of sending, how
 * much at once and how fast are its rounds' to keep, and there is never more than one of it for an endpoint.
 * With nothing left it ends; who finds something new starts it again (`src/webhooks/waker.ts`).
 */
import {
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  startChild,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { WebhookActivities } from '../activities/webhooks.ts';
import { SEARCH_ATTRIBUTES } from './contract.ts';
import type { deliverWebhook } from './deliver-webhook.ts';
import { settledSignal, wakeSignal } from './webhook-contract.ts';
import type { DeliveryStanding, DispatchRound, EndpointRef } from './webhook-contract.ts';

const { dispatchRound } = proxyActivities<WebhookActivities>({
  // A round is over after a minute and the last answers.
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '8s',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/** Far below the limits of a history, so that one is quickly read. */
const ROUNDS = 200;

export async function dispatchWebhooks(endpoint: EndpointRef): Promise<void> {
  let isWoken = false;
  setHandler(wakeSignal, () => {
    isWoken = true;
  });
  let known: string[] = [];
  for (let rounds = 1; ; rounds += 1) {
    isWoken = false;
    const round = await dispatchRound.executeWithOptions({ summary: 'Send what waits' }, [
      { ...endpoint, known },
    ]);
    setCurrentDetails(details(round));
    await Promise.all([
      ...round.fresh.map((standing) => handOver(endpoint, standing)),
      ...round.held.map(tell),
    ]);
    known = round.fresh.map(({ deliveryId }) => deliveryId);
    if (round.next === 'hold') await hold(round, () => isWoken);
    // Who has found something after the round gave the endpoint back has sent a signal, and a workflow
    // that has got one while it was ending goes on.
    else if (round.next !== 'more' && !isWoken) return;
    if (rounds >= ROUNDS || workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof dispatchWebhooks>(endpoint);
    }
  }
}

/** Retries are held by a workflow of their own, which outlives this one. */
async function handOver(endpoint: EndpointRef, standing: DeliveryStanding): Promise<void> {
  const { deliveryId, eventType } = standing;
  try {
    await startChild<typeof deliverWebhook>('deliverWebhook', {
      workflowId: deliveryId,
      args: [{ ...endpoint, deliveryId }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: `${eventType} to ${endpoint.endpointId}`,
      typedSearchAttributes: [{ key: SEARCH_ATTRIBUTES.workspace, value: endpoint.workspaceId }],
    });
  } catch (error) {
    if (!isStarted(error)) throw error;
    await tell(standing);
  }
}

function isStarted(error: unknown): boolean {
  return error instanceof TemporalFailure && error.name === 'WorkflowExecutionAlreadyStartedError';
}

/** One that is not there any more, or is just ending, need not know. */
async function tell(standing: DeliveryStanding): Promise<void> {
  try {
    await getExternalWorkflowHandle(standing.deliveryId).signal(settledSignal, standing);
  } catch {
    // It looks by itself after a while, if there is one after all.
  }
}

async function hold({ until = '' }: DispatchRound, isWoken: () => boolean): Promise<void> {
  const ms = Date.parse(until) - Date.now();
  if (ms <= 0) return;
  await condition(isWoken, ms, { summary: 'Until the receiver is tried again' });
}

function details({ next, until, sent, succeeded, failures }: DispatchRound): string {
  const lines = [`Last round: ${succeeded} of ${sent} attempts succeeded.`];
  if (failures > 0) lines.push(`**${failures} failures in a row.**`);
  if (next === 'hold') lines.push(`Nothing is sent before ${until}.`);
  if (next === 'gone') lines.push('The endpoint is disabled or deleted.');
  return lines.join('\n\n');
}
