/** A delivery as the API shows it. */
import { z } from 'zod';
import type { StoredDelivery } from '../../../db/deliveries.ts';
import { idField, time } from '../frame/fields.ts';

export const deliveryStatus = z.enum(['pending', 'retrying', 'succeeded', 'failed']).meta({
  description:
    '`pending`: is sent as soon as its endpoint takes it; `retrying`: has failed and waits for its next attempt; ' +
    '`failed`: there will be no other one, unless somebody asks for it',
});

const attempt = z.object({
  at: time,
  duration_ms: z.int().min(0),
  status: z.int().nullable().meta({ description: 'Of the answer; null: there was none' }),
  error: z
    .string()
    .nullable()
    .meta({
      description: 'Why there was no answer',
      examples: ['timeout', 'connection', 'refused-address'],
    }),
  answer: z.string().nullable().meta({ description: 'Its start' }),
});

const fields = {
  id: idField('dlv'),
  object: z.literal('delivery'),
  webhook_endpoint_id: idField('we'),
  event_id: idField('evt').meta({ description: 'Sent as `webhook-id`' }),
  event_type: z.string().meta({ examples: ['call.ended'] }),
  status: deliveryStatus,
  reason: z
    .string()
    .nullable()
    .meta({
      description: 'Why it has failed, when not for its attempts',
      examples: ['endpoint_disabled'],
    }),
  attempt_count: z
    .int()
    .min(0)
    .meta({ description: 'Since it was sent for the first time, or again after it was over' }),
  next_attempt_at: time.nullable(),
  created_at: time,
  finished_at: time.nullable(),
};

export const deliverySchema = z.object(fields).meta({ id: 'Delivery' });

export const deliveryWithAttempts = z
  .object({
    ...fields,
    attempts: z.array(attempt).meta({ description: 'The newest ones, the oldest of them first' }),
  })
  .meta({ id: 'DeliveryWithAttempts' });

export function presentDelivery(stored: StoredDelivery): z.output<typeof deliverySchema> {
  return {
    id: stored.id,
    object: 'delivery',
    webhook_endpoint_id: stored.endpointId,
    event_id: stored.eventId,
    event_type: stored.eventType,
    status: stored.status,
    reason: stored.reason,
    attempt_count: stored.attemptCount,
    next_attempt_at: stored.nextAttemptAt,
    created_at: stored.createdAt,
    finished_at: stored.finishedAt,
  };
}

export function presentWithAttempts(stored: StoredDelivery): z.output<typeof deliveryWithAttempts> {
  return {
    ...presentDelivery(stored),
    attempts: stored.attempts.map(({ at, ms, status = null, error = null, answer = null }) => ({
      at,
      duration_ms: ms,
      status,
      error,
      answer,
    })),
  };
}
