/**
 * Holds the retries of one delivery, over days. When one is due the delivery is put back into the queue of
 * its endpoint, whose dispatcher sends it (so that its rate and its order hold for retries, too) and tells
 * what came of it.
 */
import {
  condition,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { WebhookActivities } from '../activities/webhooks.ts';
import { settledSignal } from './webhook-contract.ts';
import type { DeliveryRef, DeliveryStanding, TakeUpOrder } from './webhook-contract.ts';
import { PLAN } from './webhook-plan.ts';

const { takeUpDelivery } = proxyActivities<WebhookActivities>({
  startToCloseTimeout: '30s',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '1s', maximumInterval: '1 minute' },
});

/**
 * How long its dispatcher may need before it is looked whether its word got lost; doubles. A receiver that
 * is down keeps deliveries waiting for days.
 */
const WORD_MS = { first: 5 * 60_000, last: 6 * 3_600_000 };

/** @returns what became of it, and after how many attempts. */
export async function deliverWebhook(
  delivery: DeliveryRef,
): Promise<Pick<DeliveryStanding, 'status' | 'attempts'>> {
  const heard: DeliveryStanding[] = [];
  setHandler(settledSignal, (standing) => {
    heard.push(standing);
  });
  const isTold = () => heard.length > 0;
  let patienceMs = WORD_MS.first;
  // Whatever it was told already: from now on it is known that the delivery has a workflow.
  let standing = await look(delivery);
  for (;;) {
    setCurrentDetails(details(standing));
    const { status, attempts, nextAt = '' } = standing;
    if (status !== 'pending' && status !== 'retrying') return { status, attempts };
    if (workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof deliverWebhook>(delivery);
    }
    if (status === 'pending') {
      await condition(isTold, patienceMs, { summary: 'Its dispatcher has it' });
      patienceMs = Math.min(patienceMs * 2, WORD_MS.last);
    } else {
      patienceMs = WORD_MS.first;
      const ms = Date.parse(nextAt) - Date.now();
      if (ms > 0) await condition(isTold, ms, { summary: `Until attempt ${attempts + 1}` });
    }
    standing =
      heard.splice(0).at(-1) ?? (await look({ ...delivery, ...(nextAt && { dueAt: nextAt }) }));
  }
}

function look(order: TakeUpOrder): Promise<DeliveryStanding> {
  return takeUpDelivery.executeWithOptions({ summary: 'Look, and queue it when it is due' }, [
    order,
  ]);
}

function details({ status, attempts, result, nextAt }: DeliveryStanding): string {
  const last = result === undefined ? '' : `, last result: ${result}`;
  const next = status === 'pending' ? 'now, by its dispatcher' : (nextAt ?? 'none');
  return `**${status}** after attempt ${attempts} of ${PLAN.delaysMs.length}${last}\n\nNext attempt: ${next}`;
}
