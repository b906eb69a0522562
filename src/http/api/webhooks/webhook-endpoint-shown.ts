/** A webhook endpoint as the API and the events show it. */
import { z } from 'zod';
import type { StoredEndpoint } from '../../../db/webhook-endpoint-row.ts';
import { API_VERSIONS } from '../../../webhooks/event-body.ts';
import { idField, time } from '../frame/fields.ts';

export const endpointStatus = z.enum(['enabled', 'disabled']);
export const apiVersion = z
  .enum(API_VERSIONS)
  .meta({ description: 'The form of the events that it understands; it keeps the one it has' });

export const webhookEndpointSchema = z
  .object({
    id: idField('we'),
    object: z.literal('webhook_endpoint'),
    url: z.string(),
    description: z.string().nullable(),
    events: z.array(z.string()).meta({ examples: [['call.*', 'session.ended']] }),
    max_per_second: z.int(),
    api_version: z.string(),
    status: endpointStatus,
    disabled_reason: z.enum(['failing', 'gone']).nullable().meta({
      description:
        '`failing`: for days every attempt has failed; `gone`: it answered 410; null: its owner wants it so',
    }),
    disabled_at: time.nullable(),
    failures: z.int().min(0).meta({ description: 'Attempts in a row that have failed' }),
    failing_since: time.nullable(),
    previous_secret_expires_at: time
      .nullable()
      .meta({ description: 'Until then the secret before this one signs, too' }),
    metadata: z.record(z.string(), z.string()),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'WebhookEndpoint' });

/** The answer to who has just made or rolled it: the secret is never shown again. */
export const freshWebhookEndpointSchema = webhookEndpointSchema
  .extend({
    secret: z.string().meta({
      description: 'Signs what is sent (Standard Webhooks); it is shown this once',
      examples: ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD6Hn3YMJk0y0='],
    }),
  })
  .meta({ id: 'FreshWebhookEndpoint' });

export type WebhookEndpointBody = z.output<typeof webhookEndpointSchema>;

export function presentEndpoint(stored: StoredEndpoint): WebhookEndpointBody {
  const { previousSecretUntil: until } = stored;
  const isRolling = until !== null && Date.parse(until) > Date.now();
  return {
    id: stored.id,
    object: 'webhook_endpoint',
    url: stored.url,
    description: stored.description,
    events: stored.events,
    max_per_second: stored.maxPerSecond,
    api_version: stored.apiVersion,
    status: stored.status,
    disabled_reason: stored.disabledReason,
    disabled_at: stored.disabledAt,
    failures: stored.failures,
    failing_since: stored.failingSince,
    previous_secret_expires_at: isRolling ? until : null,
    metadata: stored.metadata,
    created_at: stored.createdAt,
    updated_at: stored.updatedAt,
  };
}
