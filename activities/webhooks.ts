/** Sends events to customers' servers. Temporal gets ids and outcomes; the rest is in the database. */
import { Context } from '@temporalio/activity';
import type {
  DeliveryStanding,
  DispatchRound,
  TakeUpOrder,
} from '../workflows/webhook-contract.ts';
import { beating } from './heartbeat.ts';
import { standingOf } from './webhook-outcome.ts';
import type { WebhookDeps } from './webhook-ports.ts';
import { runRound } from './webhook-round.ts';
import type { RoundOrder } from './webhook-round.ts';

/** There may be hundreds of rounds whose receivers do not answer. */
const BEAT_MS = 1_500;

export function createWebhookActivities(deps: WebhookDeps) {
  return {
    /** @throws when the database is away. */
    async dispatchRound(order: RoundOrder): Promise<DispatchRound> {
      const { cancellationSignal } = Context.current();
      return beating(() => runRound(deps, order, cancellationSignal), { everyMs: BEAT_MS });
    },

    /** Its workflow has begun, or looks again; when it is due, it is put back into the queue. */
    async takeUpDelivery(order: TakeUpOrder): Promise<DeliveryStanding> {
      const standing = await beating(() => deps.queue.takeUp(order));
      const { deliveryId } = order;
      if (standing) return standingOf(standing);
      return { deliveryId, eventType: '', status: 'gone', attempts: 0 };
    },
  };
}

export type WebhookActivities = ReturnType<typeof createWebhookActivities>;
