/** Sessions that are over, and whose end nobody was told of yet. */
import { sql } from 'kysely';
import { translated } from './errors.ts';
import type { Database } from './pool.ts';
import type { SessionRow } from './schema.ts';
import type { Scope } from './scope.ts';
import { presentSession } from './sessions.ts';
import type { StoredSession } from './sessions.ts';

export interface EndedSession {
  session: StoredSession;
  /** RFC 3339. */
  endedAt: string;
}

/** Takes it upon the caller to tell. @returns undefined when it is not over, or was told before. */
export async function takeEnd(
  { workspaceId, trx }: Scope,
  id: string,
): Promise<EndedSession | undefined> {
  const row = await trx
    .updateTable('sessions')
    .set({ ended_at: sql<Date>`now()` })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where((is) =>
      is.or([is('expires_at', '<=', sql<Date>`now()`), is('deleted_at', 'is not', null)]),
    )
    .returningAll()
    .executeTakeFirst();
  return row && presentEnd(row);
}

/** As {@link takeEnd}, of some that have expired, oldest first; what others are taking is passed over. */
export async function takeExpired(
  { workspaceId, trx }: Scope,
  limit: number,
): Promise<EndedSession[]> {
  const due = trx
    .selectFrom('sessions')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('ended_at', 'is', null)
    .where('expires_at', '<=', sql<Date>`now()`)
    .orderBy('expires_at')
    .limit(limit)
    .forUpdate()
    .skipLocked();
  const rows = await trx
    .updateTable('sessions')
    .set({ ended_at: sql<Date>`now()` })
    .where('workspace_id', '=', workspaceId)
    .where('id', 'in', due)
    .returningAll()
    .execute();
  return rows.map(presentEnd).sort((a, b) => (a.endedAt < b.endedAt ? -1 : 1));
}

/** Workspaces with sessions that have expired. @param system sees all workspaces */
export function workspacesWithExpired(system: Database, limit = 1_000): Promise<string[]> {
  return translated('Finding sessions that are over', async () => {
    const { rows } = await sql<{ workspace_id: string }>`
      select distinct workspace_id from (
        select workspace_id from sessions where ended_at is null and expires_at <= now()
        order by expires_at limit ${limit}
      ) as due`.execute(system);
    return rows.map((row) => row.workspace_id);
  });
}

function presentEnd(row: SessionRow): EndedSession {
  const session = presentSession({ ...row, is_open: false });
  const now = new Date().toISOString();
  return { session, endedAt: session.expiresAt < now ? session.expiresAt : now };
}
