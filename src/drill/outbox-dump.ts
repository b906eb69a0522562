import type { Database } from '../db/pool.ts';
import type { DatabaseDump } from './evidence.ts';

type OutboxDump = Pick<DatabaseDump, 'outbox' | 'endpoints' | 'deliveries'>;

/** Events (those of these calls, or all) with their deliveries, and all endpoints. */
export async function dumpOutbox(
  database: Database,
  callIds?: readonly string[],
): Promise<OutboxDump> {
  let events = database.selectFrom('events').selectAll();
  let deliveries = database
    .selectFrom('deliveries')
    .select(['id', 'endpoint_id', 'event_id', 'status', 'attempt_count'])
    .orderBy('endpoint_id')
    .orderBy('position');
  if (callIds) {
    events = events.where('call_id', 'in', callIds);
    deliveries = deliveries.where('lane', 'in', callIds);
  }
  const endpoints = database.selectFrom('webhook_endpoints').selectAll();
  return {
    outbox: (await events.orderBy('workspace_id').orderBy('position').execute()).map((row) => ({
      id: row.id,
      workspaceId: row.workspace_id,
      position: Number(row.position),
      type: row.type,
      callId: row.call_id,
      sequence: row.sequence,
      occurredAt: row.occurred_at.toISOString(),
      createdAt: row.created_at.toISOString(),
      data: row.data,
    })),
    endpoints: (await endpoints.where('deleted_at', 'is', null).execute()).map((row) => ({
      id: row.id,
      workspaceId: row.workspace_id,
      path: new URL(row.url).pathname,
      events: row.events,
      status: row.status,
      createdAt: row.created_at.toISOString(),
    })),
    deliveries: (await deliveries.execute()).map((row) => ({
      id: row.id,
      endpointId: row.endpoint_id,
      eventId: row.event_id,
      status: row.status,
      attemptCount: row.attempt_count,
    })),
  };
}

/** Whether a delivery (of these calls' events, or any) has neither succeeded nor failed yet. */
export async function isSomethingUndelivered(
  database: Database,
  callIds?: readonly string[],
): Promise<boolean> {
  let waiting = database
    .selectFrom('deliveries')
    .select('id')
    .where('status', 'in', ['pending', 'retrying'])
    .limit(1);
  if (callIds) waiting = waiting.where('lane', 'in', callIds);
  return (await waiting.execute()).length > 0;
}
