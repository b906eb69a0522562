/** What the streams of events share: how an event is shown, and which are wanted. */
import { z } from 'zod';
import type { FeedEvent } from '../../../db/event-feed.ts';
import type { EventHub } from '../../../event-stream/event-hub.ts';
import type { SharedReads } from '../../../event-stream/shared-reads.ts';
import { eventBody } from '../../../webhooks/event-body.ts';
import type { ServerSentEvent } from '../frame/server-sent-events.ts';
import type { StreamParts } from '../frame/stream.ts';

export interface EventStreamParts extends StreamParts {
  hub: EventHub;
  reads: SharedReads;
}

/** Events that are read at once; each has at most some 20 kB. */
export const PAGE = 50;

export function shown(event: FeedEvent): ServerSentEvent {
  return { id: event.id, type: event.type, data: JSON.stringify(eventBody(event)) };
}

const MAX_TYPES = 50;
const FILTER = /^(\*|[a-z_]{1,40}(\.[a-z_]{1,40}){0,3}(\.\*)?)$/;

/** `call.ended,session.*` */
export const typesParameter = z
  .string()
  .max(2_000)
  .refine((text) => {
    const types = text.split(',');
    return types.length <= MAX_TYPES && types.every((type) => FILTER.test(type));
  }, 'Not types of events such as call.ended,session.*')
  .transform((text) => text.split(','))
  .meta({
    description: 'Only these types: `call.ended`, `call.*` or `*`, with commas between them',
    examples: ['call.*,session.ended'],
  });

/** Whether one of the filters means the type. */
export function wants(filters: readonly string[], type: string): boolean {
  return filters.some(
    (filter) =>
      filter === '*' ||
      filter === type ||
      (filter.endsWith('.*') && type.startsWith(filter.slice(0, -1))),
  );
}

export const EXAMPLE =
  'retry: 1000\n\n' +
  'id: evt_0VPc1V5n2kQ7xGm3yT8bRaW4eZ\nevent: call.ended\ndata: {"id":"evt_0VPc1V5n2kQ7xGm3yT8bRaW4eZ","object":"event",…}\n\n' +
  ': ping\n\n';
