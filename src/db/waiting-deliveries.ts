/** What is read by whoever sends to an endpoint: the endpoint itself, and what waits for it. */
import type { StoredEvent } from '../webhooks/event-body.ts';
import type { EndpointRef } from './endpoint-lease.ts';
import type { Database } from './pool.ts';
import { storedEventOf } from './stored-event.ts';

/** An endpoint as a sender needs it. */
export interface SendingEndpoint extends EndpointRef {
  url: string;
  apiVersion: string;
  maxPerSecond: number;
  /** Sealed; all of them sign. */
  secrets: string[];
  /** Attempts in a row that have failed. */
  failures: number;
}

export interface QueuedDelivery {
  deliveryId: string;
  /** Attempts that were made. */
  attempts: number;
  /** Deliveries of one lane are not sent at the same time. */
  lane?: string;
  event: StoredEvent;
}

/** Undefined: it is deleted or disabled, or was never there. */
export async function endpointOf(
  system: Database,
  { workspaceId, endpointId }: EndpointRef,
): Promise<SendingEndpoint | undefined> {
  const row = await system
    .selectFrom('webhook_endpoints')
    .leftJoin('webhook_dispatch', 'webhook_dispatch.endpoint_id', 'webhook_endpoints.id')
    .select(['url', 'api_version', 'max_per_second', 'secret', 'previous_secret'])
    .select(['previous_secret_until', 'failures'])
    .where('webhook_endpoints.id', '=', endpointId)
    .where('webhook_endpoints.workspace_id', '=', workspaceId)
    .where('status', '=', 'enabled')
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  const { previous_secret: previous, previous_secret_until: until } = row;
  const both = previous !== null && until !== null && until.getTime() > Date.now();
  return {
    workspaceId,
    endpointId,
    url: row.url,
    apiVersion: row.api_version,
    maxPerSecond: row.max_per_second,
    secrets: both ? [row.secret, previous] : [row.secret],
    failures: row.failures ?? 0,
  };
}

/**
 * Of those that wait. What was never tried goes first, in the order of the events: what a receiver refuses
 * again and again keeps nothing else waiting.
 * @param isProbe the receiver is down: the newest first, as the oldest may be what it refuses
 */
export async function pendingOf(
  system: Database,
  { endpointId }: EndpointRef,
  limit: number,
  isProbe: boolean,
): Promise<QueuedDelivery[]> {
  const rows = await system
    .selectFrom('deliveries')
    .innerJoin('events', 'events.id', 'deliveries.event_id')
    .select(['deliveries.id', 'attempt_count', 'lane'])
    .select(['event_id', 'type', 'occurred_at', 'call_id', 'sequence', 'data'])
    .where('endpoint_id', '=', endpointId)
    .where('status', '=', 'pending')
    .orderBy('attempt_count')
    .orderBy('deliveries.position', isProbe ? 'desc' : 'asc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    deliveryId: row.id,
    attempts: row.attempt_count,
    ...(row.lane !== null && { lane: row.lane }),
    event: storedEventOf({ ...row, id: row.event_id }),
  }));
}
