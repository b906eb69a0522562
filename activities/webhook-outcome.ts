/** What an attempt means for its delivery. */
import type { DeliveryStanding } from '../workflows/webhook-contract.ts';
import { retryDelayMs } from '../workflows/webhook-plan.ts';
import type { WebhookPlan } from '../workflows/webhook-plan.ts';
import type { DeliveryAttempt, QueuedDelivery, SendResult, Standing } from './webhook-ports.ts';

const GONE = 410;

export interface Verdict {
  status: 'retrying' | 'succeeded' | 'failed';
  attempt: DeliveryAttempt;
  /** RFC 3339; of one that is `retrying`. */
  nextAt?: string;
}

/** A redirect is a failure: it is not followed. */
export function verdictOn(
  { attempt, retryAfterMs }: SendResult,
  { attempts }: QueuedDelivery,
  plan: WebhookPlan,
): Verdict {
  const { status = 0 } = attempt;
  if (status >= 200 && status < 300) return { status: 'succeeded', attempt };
  const delayMs = isGone(attempt)
    ? undefined
    : retryDelayMs(plan, attempts + 1, Math.random(), retryAfterMs);
  if (delayMs === undefined) return { status: 'failed', attempt };
  return { status: 'retrying', attempt, nextAt: new Date(Date.now() + delayMs).toISOString() };
}

/** The receiver wants nothing more, ever. */
export function isGone({ status }: DeliveryAttempt): boolean {
  return status === GONE;
}

/** As a person reads it. */
function resultOf({ status, error = 'none' }: DeliveryAttempt): string {
  return status === undefined ? error : `HTTP ${status}`;
}

/** As its workflow is told of it. */
export function standingOf({ newest, ...stored }: Standing): DeliveryStanding {
  return { ...stored, ...(newest && { result: resultOf(newest) }) };
}

export function standingAfter(
  { deliveryId, event, attempts }: QueuedDelivery,
  { status, attempt, nextAt }: Verdict,
): DeliveryStanding {
  return {
    deliveryId,
    eventType: event.type,
    status,
    attempts: attempts + 1,
    result: resultOf(attempt),
    ...(nextAt !== undefined && { nextAt }),
  };
}
