/** Deliveries between two attempts: they sleep until the next one is due, held by a workflow of their own. */
import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import { tellSenders } from './deliveries.ts';
import type { DeliveryAttempt } from './delivery-attempt.ts';
import type { EndpointRef } from './endpoint-lease.ts';
import type { Database } from './pool.ts';
import type { DeliveryStatus, Schema } from './schema.ts';
import type { Scope } from './scope.ts';

/** Where one of them stands. */
export interface Standing {
  deliveryId: string;
  eventType: string;
  status: DeliveryStatus;
  attempts: number;
  newest?: DeliveryAttempt;
  /** RFC 3339. */
  nextAt?: string;
}

/** The part of the time between two attempts after which the receiver's return ends it. */
const SLEPT = 0.05;
/** Two clocks, Temporal's and PostgreSQL's, say when one is due. */
const DUE_EARLY_MS = 1000;

/** Those that are to be sent again and have no workflow; without those of `except`. */
export async function orphansOf(
  system: Database,
  { endpointId }: EndpointRef,
  limit: number,
  except: readonly string[],
): Promise<Standing[]> {
  let query = system
    .selectFrom('deliveries')
    .selectAll()
    .where('endpoint_id', '=', endpointId)
    .where('status', '=', 'retrying')
    .where('handed_over', '=', false)
    .limit(limit);
  if (except.length > 0) query = query.where('id', 'not in', except);
  return (await query.execute()).map(standingOf);
}

/**
 * What sleeps is due now, if a part of its time is over: a receiver that takes some events and refuses
 * others, again and again, does not use up the plans of these.
 */
export async function wakeRetries(
  system: Database,
  { workspaceId, endpointId }: EndpointRef,
): Promise<void> {
  await sql`
    update deliveries set status = 'pending', next_attempt_at = null, updated_at = now()
    where workspace_id = ${workspaceId} and endpoint_id = ${endpointId}
      and status = 'retrying'
      and now() - updated_at >= ${SLEPT} * (next_attempt_at - updated_at)`.execute(system);
}

/**
 * Its workflow is there. When it is due, it waits to be sent from now on.
 * @param ref.dueAt this time has come, RFC 3339; left out: PostgreSQL says what has
 */
export async function takeUp(
  scope: Scope,
  ref: { deliveryId: string; dueAt?: string },
): Promise<Standing | undefined> {
  const isDue = isDueAt(ref.dueAt);
  const { rows } = await sql<StandingRow & { is_due: boolean }>`
    with found as (select id, status from deliveries where id = ${ref.deliveryId})
    update deliveries d set
      handed_over = d.status in ('pending', 'retrying'),
      status = case when ${isDue} then 'pending' else d.status end,
      next_attempt_at = case when ${isDue} then null else d.next_attempt_at end
    from found where d.id = found.id and d.workspace_id = ${scope.workspaceId}
    returning d.*, found.status = 'retrying' and d.status = 'pending' as is_due`.execute(scope.trx);
  const [row] = rows;
  if (!row) return undefined;
  if (row.is_due) await tellSenders(scope);
  return standingOf(row);
}

function isDueAt(time: string | undefined) {
  return sql<boolean>`(d.status = 'retrying' and (d.next_attempt_at is null or d.next_attempt_at <=
    greatest(now() + ${DUE_EARLY_MS} * interval '1 millisecond', ${time ?? null}::timestamptz)))`;
}

type StandingRow = Pick<
  Selectable<Schema['deliveries']>,
  'id' | 'event_type' | 'status' | 'attempt_count' | 'attempts' | 'next_attempt_at'
>;

function standingOf(row: StandingRow): Standing {
  const last = (row.attempts as DeliveryAttempt[]).at(-1); // written by us alone
  return {
    deliveryId: row.id,
    eventType: row.event_type,
    status: row.status,
    attempts: row.attempt_count,
    ...(last && { newest: last }),
    ...(row.next_attempt_at && { nextAt: row.next_attempt_at.toISOString() }),
  };
}
