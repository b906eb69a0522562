/** What the activities that send webhooks need from the outside. */
import type { DeliveryAttempt } from '../src/db/delivery-attempt.ts';
import type { DeliveryQueue } from '../src/db/delivery-queue.ts';
import type { Standing } from '../src/db/delivery-retries.ts';
import type { QueuedDelivery, SendingEndpoint } from '../src/db/waiting-deliveries.ts';
import type { WebhookPlan } from '../workflows/webhook-plan.ts';

export type { DeliveryAttempt, DeliveryQueue, QueuedDelivery, SendingEndpoint, Standing };

export interface SendResult {
  attempt: DeliveryAttempt;
  /** As the receiver asks, from now on. */
  retryAfterMs?: number;
}

export interface WebhookSender {
  /**
   * One attempt. What goes wrong with it is a result.
   * @throws the reason of the signal, when that ends it: nothing is known then
   */
  send(
    endpoint: SendingEndpoint,
    event: QueuedDelivery['event'],
    signal: AbortSignal,
  ): Promise<SendResult>;
}

export interface WebhookDeps {
  queue: Omit<DeliveryQueue, 'disable'> & {
    /** Once, however often it is asked for, with the event that tells of it. @returns whether it was done now */
    disable(
      endpoint: { workspaceId: string; endpointId: string },
      reason: 'failing' | 'gone',
    ): Promise<boolean>;
  };
  sender: WebhookSender;
  /**
   * Calls back when something may wait for a workspace's endpoints; never too seldom for long.
   * @returns ends it
   */
  onNews: (workspaceId: string, look: () => void) => () => void;
  /** This worker is about to stop: what can wait is left to another one. */
  stopping: AbortSignal;
  plan: WebhookPlan;
  /** Told of each attempt whose outcome was written, to be counted. */
  onAttempt?: (result: SendResult) => void;
  /** Told when an endpoint was disabled, to be logged and counted. */
  onDisabled?: (endpointId: string, reason: 'failing' | 'gone') => void;
}
