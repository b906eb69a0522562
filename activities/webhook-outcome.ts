/** What an attempt means for its delivery. */
import type { DeliveryStanding } from '../workflows/webhook-contract.ts';
import type { DeliveryAttempt, QueuedDelivery, Standing } from './webhook-ports.ts';

/** A redirect is a failure: it is not followed. */
export function succeeded({ status = 0 }: DeliveryAttempt): boolean {
  return status >= 200 && status < 300;
}

/** As a person reads it. */
export function resultOf({ status, error = 'none' }: DeliveryAttempt): string {
  return status === undefined ? error : `HTTP ${status}`;
}

/** As its workflow is told of it. */
export function standingOf({ newest, ...stored }: Standing): DeliveryStanding {
  return { ...stored, ...(newest && { result: resultOf(newest) }) };
}

export function standingAfter(
  { deliveryId, event, attempts }: QueuedDelivery,
  outcome: {
    status: DeliveryStanding['status'];
    attempt: DeliveryAttempt;
    nextAt?: string | undefined;
  },
): DeliveryStanding {
  return {
    deliveryId,
    eventType: event.type,
    status: outcome.status,
    attempts: attempts + 1,
    result: resultOf(outcome.attempt),
    ...(outcome.nextAt !== undefined && { nextAt: outcome.nextAt }),
  };
}
