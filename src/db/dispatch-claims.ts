/** Which endpoints have something to be sent, and nobody who sees to it. */
import { sql } from 'kysely';
import type { EndpointRef } from './endpoint-lease.ts';
import { translated } from './errors.ts';
import type { Database } from './pool.ts';

/** Long enough that whoever holds it is not only late. */
const OVERDUE_MS = 5 * 60_000;

export interface WaitingDeliveries {
  /** Up to 10,000. */
  count: number;
  /** Of those that are next and go to receivers that answered last time; 0 when there is none. */
  oldestMs: number;
}

const COUNTED = 10_000;

/** All of it throws {@link DatabaseError}. @param system sees all workspaces */
export function createDispatchClaims(system: Database) {
  return {
    /**
     * Takes up to so many of them; each is taken by one of those who ask at the same time.
     * @param forMs until then somebody must see to it
     */
    claim: (limit: number, forMs: number) =>
      translated('Looking for endpoints', () => claim(system, limit, forMs)),

    /** What should have been tried again long ago has lost its workflow: it waits from now on. */
    async rescue(): Promise<number> {
      const { numAffectedRows = 0n } = await translated('Looking for lost retries', () =>
        sql`
          update deliveries
          set status = 'pending', handed_over = false, next_attempt_at = null, updated_at = now()
          where status = 'retrying'
            and next_attempt_at < now() - ${OVERDUE_MS} * interval '1 millisecond'`.execute(system),
      );
      return Number(numAffectedRows);
    },

    waiting: () => translated('Counting what waits', () => waiting(system)),
  };
}

export type DispatchClaims = ReturnType<typeof createDispatchClaims>;

/** The next of each endpoint: goes from one to the next, and not over all that waits for each of them. */
const nextOfEach = () => sql`waiting as (
  (select endpoint_id, workspace_id, created_at from deliveries where status = 'pending'
    order by endpoint_id, attempt_count, position limit 1)
  union all
  select next.endpoint_id, next.workspace_id, next.created_at from waiting, lateral (
    select * from deliveries d
    where d.status = 'pending' and d.endpoint_id > waiting.endpoint_id
    order by d.endpoint_id, d.attempt_count, d.position limit 1
  ) next
)`;

async function waiting(system: Database): Promise<WaitingDeliveries> {
  const { rows } = await sql<{ count: number; oldest_ms: number }>`
    with recursive ${nextOfEach()}
    select
      (select count(*)::int from (
        select from deliveries where status = 'pending' limit ${COUNTED}) as counted) as count,
      (select coalesce(1000 * extract(epoch from now() - min(created_at)), 0)::float8
        from waiting left join webhook_dispatch using (endpoint_id)
        where coalesce(failures, 0) = 0) as oldest_ms`.execute(system);
  const [row] = rows;
  return { count: row?.count ?? 0, oldestMs: Math.max(0, row?.oldest_ms ?? 0) };
}

async function claim(system: Database, limit: number, forMs: number): Promise<EndpointRef[]> {
  const { rows } = await sql<EndpointRef>`
    with recursive ${nextOfEach()},
    free as (
      select waiting.endpoint_id, waiting.workspace_id
      from waiting left join webhook_dispatch busy using (endpoint_id)
      where busy.busy_until is null or busy.busy_until < now()
      -- receivers that answer do not stand behind those that do not, or of which nothing is known
      order by least(coalesce(busy.failures, 1), 2), busy.busy_until nulls first
      limit ${limit}
    )
    insert into webhook_dispatch as at (endpoint_id, workspace_id, busy_until)
    select endpoint_id, workspace_id, now() + ${forMs} * interval '1 millisecond' from free
    order by endpoint_id
    on conflict (endpoint_id) do update set busy_until = excluded.busy_until
      where at.busy_until is null or at.busy_until < now()
    returning endpoint_id as "endpointId", workspace_id as "workspaceId"`.execute(system);
  return rows;
}
