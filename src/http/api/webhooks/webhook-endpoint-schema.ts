/** A webhook endpoint as the API takes it. */
import { z } from 'zod';
import { NEWEST_VERSION } from '../../../webhooks/event-body.ts';
import { givenTime, metadata, textField } from '../frame/fields.ts';
import { apiVersion, endpointStatus } from './webhook-endpoint-shown.ts';

const MAX_URL = 2_048;
const MAX_FILTERS = 50;
const MAX_FILTER = 100;
const MAX_DESCRIPTION = 500;
const MAX_PER_SECOND = 100;
const PER_SECOND = 50;
const MAX_OVERLAP_SECONDS = 7 * 24 * 3_600;
const OVERLAP_SECONDS = 24 * 3_600;

const url = textField(MAX_URL, 1).meta({
  description: 'https; its host must have public addresses alone',
  examples: ['https://receiver.example/voca'],
});

const events = z
  .array(textField(MAX_FILTER, 1))
  .min(1)
  .max(MAX_FILTERS)
  .refine((list) => new Set(list).size === list.length, 'Each one once')
  .meta({
    description:
      'What it wants: types such as `call.ended`, all that begin alike (`call.*`), or `*`',
    examples: [['call.*', 'session.ended']],
  });

const description = textField(MAX_DESCRIPTION).nullable();
const perSecond = z
  .int()
  .min(1)
  .max(MAX_PER_SECOND)
  .meta({ description: 'It is sent no more events in a second; what is more waits' });

export const newWebhookEndpoint = z.strictObject({
  url,
  events,
  description: description.default(null),
  max_per_second: perSecond.default(PER_SECOND),
  api_version: apiVersion.default(NEWEST_VERSION),
  metadata: metadata.default({}),
});

/** What comes of a change, once more as a whole. */
export const endpointContent = z.strictObject({
  url,
  events,
  description: description.default(null),
  max_per_second: perSecond.default(PER_SECOND),
  status: endpointStatus,
  metadata: metadata.default({}),
});

export type EndpointFields = z.output<typeof endpointContent>;

/** A merge patch. */
export const webhookEndpointChanges = z.strictObject({
  url: url.optional(),
  events: events.optional(),
  description: description.optional(),
  max_per_second: perSecond.nullable().optional(),
  status: endpointStatus.optional(),
  metadata: z.record(z.string(), z.string().nullable()).nullable().optional(),
});

const roll = z.strictObject({
  overlap_seconds: z
    .int()
    .min(0)
    .max(MAX_OVERLAP_SECONDS)
    .default(OVERLAP_SECONDS)
    .meta({ description: 'So long the old secret signs, too' }),
});

/** Without a body it is rolled in the usual way. */
export const rollSecretBody = roll.nullish().transform((given) => given ?? roll.parse({}));

export const recoverBody = z.strictObject({
  since: givenTime.meta({ description: 'At most 30 days ago' }),
});

export const recoverySchema = z
  .object({
    object: z.literal('recovery'),
    deliveries: z.int().min(0).meta({ description: 'So many will be sent' }),
    has_more: z.boolean(),
    next_since: z
      .string()
      .nullable()
      .meta({ description: 'Ask again with this as `since` to go on; null: that was all' }),
  })
  .meta({ id: 'Recovery' });
