/**
 * What was, is or will be sent to the webhook endpoints of a workspace, for those who look at it and those
 * who want something sent again. Who sends it: see `delivery-queue.ts`.
 */
import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import type { DeliveryAttempt } from './delivery-attempt.ts';
import { DELIVERIES_CHANNEL } from './outbox.ts';
import { pageOf, positionOf as placeOf } from './page.ts';
import type { Page, PageRequest, Position } from './page.ts';
import type { DeliveryStatus, Schema } from './schema.ts';
import type { Scope } from './scope.ts';

/** Times are RFC 3339. */
export interface StoredDelivery extends Position {
  endpointId: string;
  eventId: string;
  eventType: string;
  status: DeliveryStatus;
  /** Why it has failed, when it was not for its last attempt. */
  reason: string | null;
  attemptCount: number;
  /** The newest ones, the oldest of them first. */
  attempts: DeliveryAttempt[];
  nextAttemptAt: string | null;
  finishedAt: string | null;
}

export interface DeliveryFilter {
  endpointId: string;
  status?: DeliveryStatus;
  eventType?: string;
}

/** So many are ended by one statement, so that none runs into its time limit with hundreds of thousands. */
const AT_ONCE = 2_000;
/** Who sends holds the endpoint for no longer; a longer time means that nothing is to be sent. */
const LEASE_MS = 30_000;

export async function find(scope: Scope, id: string): Promise<StoredDelivery | undefined> {
  const row = await all(scope).where('id', '=', id).executeTakeFirst();
  return row && present(row);
}

export async function findByEvent(
  scope: Scope,
  endpointId: string,
  eventId: string,
): Promise<StoredDelivery | undefined> {
  const row = await all(scope)
    .where('endpoint_id', '=', endpointId)
    .where('event_id', '=', eventId)
    .executeTakeFirst();
  return row && present(row);
}

export function page(
  scope: Scope,
  { endpointId, status, eventType }: DeliveryFilter,
  request: PageRequest,
): Promise<Page<StoredDelivery>> {
  let query = all(scope).where('endpoint_id', '=', endpointId);
  if (status !== undefined) query = query.where('status', '=', status);
  if (eventType !== undefined) query = query.where('event_type', '=', eventType);
  return pageOf(query, request, present);
}

export function positionOf(scope: Scope, id: string): Promise<Position | undefined> {
  return placeOf(scope, 'deliveries', id);
}

/**
 * To be sent at once, whatever became of it before. One that was over begins its plan anew: it is not given
 * up after the first attempt. @returns undefined when there is none
 */
export async function requeue(scope: Scope, id: string): Promise<StoredDelivery | undefined> {
  const { workspaceId, trx } = scope;
  const row = await trx
    .updateTable('deliveries')
    .set({
      status: 'pending',
      reason: null,
      next_attempt_at: null,
      finished_at: null,
      updated_at: sql<Date>`now()`,
      // The workflow of one that goes by its plan is still there.
      handed_over: sql<boolean>`handed_over and status in ('pending', 'retrying')`,
      attempt_count: sql<number>`case when status in ('pending', 'retrying') then attempt_count else 0 end`,
    })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  if (!row) return undefined;
  await hurry(scope, row.endpoint_id);
  return present(row);
}

/** Those who send look for what is new when the transaction commits. */
export async function tellSenders({ workspaceId, trx }: Scope): Promise<void> {
  await sql`select pg_notify(${DELIVERIES_CHANNEL}, ${workspaceId})`.execute(trx);
}

/** The receiver may be down, or has asked for time, and somebody has asked all the same: it is tried now, not at the next turn. */
export async function hurry(scope: Scope, endpointId: string): Promise<void> {
  await scope.trx
    .updateTable('webhook_dispatch')
    .set({ busy_until: null })
    .where('workspace_id', '=', scope.workspaceId)
    .where('endpoint_id', '=', endpointId)
    .where(
      sql<boolean>`failures > 0 or busy_until > now() + ${LEASE_MS} * interval '1 millisecond'`,
    )
    .execute();
  await tellSenders(scope);
}

/** What waits for an endpoint to which nothing is sent any more fails. */
export async function endAll(scope: Scope, endpointId: string): Promise<void> {
  for (const status of ['pending', 'retrying'] as const) {
    for (let last: Place | undefined = START; last;) {
      last = await endSome(scope, endpointId, status, last);
    }
  }
}

/** Where a delivery stands in the order of its creation; a time as the database writes it. */
interface Place {
  createdAt: string;
  id: string;
}
const START: Place = { createdAt: '-infinity', id: '' };

/**
 * Each statement goes on behind the last one: until the transaction ends, each that began at the start would
 * walk over all that have been ended. What was sent meanwhile stays as it is.
 * @returns the last one that was ended; undefined when there are no more
 */
async function endSome(
  { workspaceId, trx }: Scope,
  endpointId: string,
  status: DeliveryStatus,
  after: Place,
): Promise<Place | undefined> {
  const { rows } = await sql<Place & { count: string }>`
    with waiting as materialized (
      select id, created_at from deliveries
      where workspace_id = ${workspaceId} and endpoint_id = ${endpointId} and status = ${status}
        and (created_at, id) > (${after.createdAt}::timestamptz, ${after.id})
      order by created_at, id
      limit ${AT_ONCE}
    ), ended as (
      update deliveries set status = 'failed', reason = 'endpoint_disabled',
        next_attempt_at = null, finished_at = now(), updated_at = now()
      where id = any(array(select id from waiting)) and status in ('pending', 'retrying')
    )
    select created_at::text as "createdAt", id, (select count(*) from waiting) as count
    from waiting order by created_at desc, id desc limit 1`.execute(trx);
  const [last] = rows;
  return last && Number(last.count) === AT_ONCE ? last : undefined;
}

function all({ workspaceId, trx }: Scope) {
  return trx.selectFrom('deliveries').selectAll().where('workspace_id', '=', workspaceId);
}

function present(row: Selectable<Schema['deliveries']>): StoredDelivery {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    eventId: row.event_id,
    eventType: row.event_type,
    status: row.status,
    reason: row.reason,
    attemptCount: row.attempt_count,
    attempts: row.attempts as DeliveryAttempt[], // written by us alone
    nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}
