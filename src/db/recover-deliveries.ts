/** What an endpoint has missed is sent to it after all. */
import { sql } from 'kysely';
import { hurry } from './deliveries.ts';
import { wants } from './outbox.ts';
import type { Position } from './page.ts';
import type { Scope } from './scope.ts';

export interface Recovered {
  /** Deliveries that will be sent. */
  count: number;
  /** The newest event that was looked at, when there are more. */
  next?: Position;
}

/** For one endpoint alone, or of the deliveries themselves: nobody has missed it. */
const NEVER_MISSED = 'webhook_endpoint.test';

/**
 * Of the events from a place on, in the order in which they were written down: those that the endpoint
 * wants and whose delivery has failed, or that have none, become pending, and begin their plan. Others stay as they are.
 * The endpoint is to be locked, so that the same is not done twice at once.
 * @param from `id` may be empty: all of that time
 * @param atOnce how many events are looked at
 */
export async function recover(
  scope: Scope,
  endpointId: string,
  from: Position,
  atOnce: number,
): Promise<Recovered> {
  const { workspaceId, trx } = scope;
  const { rows } = await sql<{ count: number; seen: number; at: Date | null; id: string | null }>`
    with seen as materialized (
      select id, type, position, call_id, created_at from events
      where workspace_id = ${workspaceId} and (created_at, id) > (${from.createdAt}, ${from.id})
      order by created_at, id limit ${atOnce}
    ),
    missed as (
      select seen.* from seen, webhook_endpoints endpoint
      where endpoint.id = ${endpointId} and endpoint.workspace_id = ${workspaceId}
        and seen.type <> ${NEVER_MISSED}
        and ${wants(sql.ref('endpoint.events'), sql.ref('seen.type'))}
    ),
    again as (
      update deliveries set status = 'pending', reason = null, next_attempt_at = null,
        finished_at = null, updated_at = now(), handed_over = false, attempt_count = 0
      where endpoint_id = ${endpointId} and event_id in (select id from missed)
        and status = 'failed'
      returning id
    ),
    added as (
      insert into deliveries
        (id, workspace_id, endpoint_id, event_id, event_type, position, lane)
      select 'dlv_' || md5(${endpointId} || ' ' || id), ${workspaceId}, ${endpointId}, id, type,
        position, call_id
      from missed order by position
      on conflict (endpoint_id, event_id) do nothing
      returning id
    )
    select (select count(*) from again)::int + (select count(*) from added)::int as count,
      count(*)::int as seen, max(created_at) as at,
      (select id from seen order by created_at desc, id desc limit 1) as id
    from seen`.execute(trx);
  const [found] = rows;
  if (!found) return { count: 0 };
  if (found.count > 0) await hurry(scope, endpointId);
  const { count, seen, at, id } = found;
  const isMore = seen === atOnce && at !== null && id !== null;
  return { count, ...(isMore && { next: { createdAt: at.toISOString(), id } }) };
}
