import type { Selectable } from 'kysely';
import type { StoredEvent } from '../webhooks/event-body.ts';
import type { Schema } from './schema.ts';

type EventRow = Pick<
  Selectable<Schema['events']>,
  'id' | 'type' | 'occurred_at' | 'call_id' | 'sequence' | 'data'
>;

/** A row of the outbox as everybody tells of it, so that an event says the same wherever it is had. */
export function storedEventOf(row: EventRow): StoredEvent {
  return {
    id: row.id,
    type: row.type,
    occurredAt: row.occurred_at.toISOString(),
    ...(row.call_id !== null && { callId: row.call_id }),
    ...(row.sequence !== null && { sequence: row.sequence }),
    data: row.data,
  };
}
