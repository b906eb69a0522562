/** An event as it is sent and shown. */
import { z } from 'zod';
import { API_VERSIONS, eventBody, NEWEST_VERSION } from '../../../webhooks/event-body.ts';
import type { EventBody } from '../../../webhooks/event-body.ts';
import { idField, time } from '../frame/fields.ts';
import { CATALOGUE, EVENT_TYPES } from './catalogue.ts';
import type { EventType } from './catalogue.ts';

const frame = {
  id: idField('evt').meta({ description: 'The same however often it is sent' }),
  object: z.literal('event'),
  timestamp: time.meta({ description: 'When it happened' }),
  api_version: z.enum(API_VERSIONS),
  sequence: z
    .int()
    .min(1)
    .nullable()
    .meta({ description: 'Counts the events of one call from 1, without gaps; null for others' }),
};

/** Of any type, also of one that is told no more. */
export const eventSchema = z
  .object({
    ...frame,
    type: z.string().meta({ examples: EVENT_TYPES }),
    data: z.looseObject({}).meta({ description: 'By its type: see the webhooks of this API' }),
  })
  .meta({ id: 'Event' });

/** By type, each with an example. */
export const EVENT_SCHEMAS = Object.fromEntries(
  EVENT_TYPES.map((type) => [type, schemaOf(type)]),
) as Record<EventType, z.ZodType<EventBody>>;

function schemaOf(type: EventType): z.ZodType {
  return z
    .object({ ...frame, type: z.literal(type), data: CATALOGUE[type].data })
    .meta({ id: schemaName(type), examples: [exampleOf(type)] });
}

/** `call.turn.completed` is `CallTurnCompletedEvent` in the description of the API. */
export function schemaName(type: EventType): string {
  const words = type.split(/[._]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Event`;
}

export function exampleOf(type: EventType): EventBody {
  return eventBody(
    {
      id: 'evt_0VPc1V5n2kQ7xGm3yT8bRaW4eZ',
      type,
      occurredAt: '2026-03-01T12:00:00.000Z',
      ...(type.startsWith('call.') && { sequence: 1 + EVENT_TYPES.indexOf(type) }),
      data: CATALOGUE[type].example,
    },
    NEWEST_VERSION,
  );
}
