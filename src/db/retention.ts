/** What the workspaces keep no longer. */
import { sql } from 'kysely';
import { translated } from './errors.ts';
import type { Database } from './pool.ts';

export interface CallOfWorkspace {
  workspaceId: string;
  callId: string;
}

/**
 * Calls that ended longer ago than their workspace keeps them, and are not erased; of each workspace the
 * oldest. A call whose end was never recorded counts from its beginning: it may still be open.
 */
export function dueForErasure(system: Database, limit: number): Promise<CallOfWorkspace[]> {
  return translated('Finding calls to erase', async () => {
    const { rows } = await sql<CallOfWorkspace>`
      select w.id as "workspaceId", c.id as "callId"
      from workspaces w cross join lateral (
        select id, coalesce(ended_at, created_at) as over_at
        from calls
        where workspace_id = w.id and erased_at is null
          and coalesce(ended_at, created_at) < now() - make_interval(days => w.retention_days)
        order by coalesce(ended_at, created_at)
        limit ${limit}
      ) c
      where w.retention_days is not null
      order by c.over_at
      limit ${limit}`.execute(system);
    return rows;
  });
}
