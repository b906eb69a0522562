/**
 * The outbox: events are written in the transaction of what they tell of, together with a delivery for
 * each endpoint that wants them. What was committed is delivered, whoever dies meanwhile.
 */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { toJson } from './json.ts';
import type { Scope } from './scope.ts';

/** Somebody streams events: the payload is the workspace that has a new one. */
export const EVENTS_CHANNEL = 'voca_events';
/** Somebody sends them: the payload is the workspace that has a new delivery. */
export const DELIVERIES_CHANNEL = 'voca_deliveries';

export interface NewEvent {
  /** `evt_…`; one that is there already is not written again. */
  id: string;
  type: string;
  /** When what it tells of happened, RFC 3339. */
  occurredAt: string;
  /** Its form is in the catalogue of events. */
  data: unknown;
  call?: { id: string; sequence: number };
}

/**
 * Until the transaction ends nobody else writes events of the workspace. What is changed of an endpoint
 * behind this is seen by every event that comes later, and by none that came before: an event that saw it
 * otherwise is committed already. Whoever locks an endpoint, too, does that first.
 */
export async function holdOutbox({ workspaceId, trx }: Scope): Promise<void> {
  const name = JSON.stringify(['outbox', workspaceId]);
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(trx);
}

/**
 * Writes events in the order in which they are given, and tells those who wait for them when the
 * transaction commits. To be called last in it, and once: the outbox of the workspace is held until the
 * commit.
 * @param onlyTo the endpoint that they are for, whatever it wants; left out: all that want them
 */
export async function emit(
  scope: Scope,
  events: readonly NewEvent[],
  onlyTo?: string,
): Promise<void> {
  if (events.length === 0) return;
  const { workspaceId, trx } = scope;
  // A statement of its own: what the next one sees of endpoints is as it is once the outbox is held.
  await holdOutbox(scope);
  const rows = toJson(
    events.map(({ id, type, occurredAt, data, call }) => ({
      id,
      type,
      call_id: call?.id ?? null,
      sequence: call?.sequence ?? null,
      occurred_at: occurredAt,
      data,
    })),
  );
  await sql`
    with new as materialized (
      select *, row_number() over (order by place) as nth
      from rows from (
        jsonb_to_recordset(${rows}::jsonb)
          as (id text, type text, call_id text, sequence integer, occurred_at timestamptz, data jsonb)
      ) with ordinality as given (id, type, call_id, sequence, occurred_at, data, place)
      where not exists (select from events old where old.id = given.id)
    ),
    positions as (
      insert into event_positions as at (workspace_id, last)
      select ${workspaceId}, count(*) from new having count(*) > 0
      on conflict (workspace_id) do update set last = at.last + excluded.last
      returning last
    ),
    added as (
      insert into events
        (id, workspace_id, position, type, call_id, sequence, occurred_at, data)
      select id, ${workspaceId}, last - (select count(*) from new) + nth, type, call_id, sequence,
        occurred_at, data
      from new, positions
      returning id, position, type, call_id
    ),
    sent as (
      insert into deliveries
        (id, workspace_id, endpoint_id, event_id, event_type, position, lane)
      select 'dlv_' || md5(endpoint.id || ' ' || added.id), ${workspaceId}, endpoint.id, added.id,
        added.type, added.position, added.call_id
      from added join webhook_endpoints endpoint
        on endpoint.workspace_id = ${workspaceId} and endpoint.deleted_at is null
        and endpoint.status = 'enabled'
        and case when ${onlyTo ?? null}::text is null then ${wants(sql.ref('endpoint.events'), sql.ref('added.type'))}
          else endpoint.id = ${onlyTo ?? null} end
      on conflict (endpoint_id, event_id) do nothing
      returning endpoint_id
    )
    select pg_notify(${EVENTS_CHANNEL}, ${workspaceId}) from positions
    union all
    select pg_notify(${DELIVERIES_CHANNEL}, ${workspaceId}) where exists (select from sent)`.execute(
    trx,
  );
}

/** Whether one of the `filters` means the `type`: `call.ended` itself, `call.*` or `*`. */
export function wants(filters: RawBuilder<unknown>, type: RawBuilder<unknown>) {
  return sql<boolean>`exists (
    select from unnest(${filters}) as filter
    where filter = '*' or filter = ${type}
      or (right(filter, 2) = '.*' and starts_with(${type}, left(filter, -1))))`;
}
