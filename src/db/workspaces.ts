/** Workspaces, and what holds for everything in them. */
import type { Selectable } from 'kysely';
import { translated } from './errors.ts';
import { storable, toJson } from './json.ts';
import type { Database } from './pool.ts';
import type { Schema } from './schema.ts';
import type { Scope } from './scope.ts';

export interface StoredWorkspace {
  id: string;
  name: string;
  /** Days after its end that a call is erased; null: never. */
  retentionDays: number | null;
  /** Hours without a call after which a session is over. */
  sessionIdleHours: number;
  /** What departs from the usual limits. */
  limits: Record<string, unknown>;
  /** RFC 3339. */
  createdAt: string;
  updatedAt: string;
}

export type WorkspaceChanges = Partial<
  Pick<StoredWorkspace, 'name' | 'retentionDays' | 'sessionIdleHours' | 'limits'>
>;

/** The one that was entered. @throws when it was removed. */
export async function find({ workspaceId, trx }: Scope): Promise<StoredWorkspace> {
  const row = await trx
    .selectFrom('workspaces')
    .selectAll()
    .where('id', '=', workspaceId)
    .executeTakeFirstOrThrow();
  return present(row);
}

/** What is left out stays; `limits` is replaced as a whole. */
export async function update(
  { workspaceId, trx }: Scope,
  { name, retentionDays, sessionIdleHours, limits }: WorkspaceChanges,
): Promise<StoredWorkspace> {
  const row = await trx
    .updateTable('workspaces')
    .set({
      updated_at: new Date(),
      ...(name !== undefined && { name: storable(name) }),
      ...(retentionDays !== undefined && { retention_days: retentionDays }),
      ...(sessionIdleHours !== undefined && { session_idle_hours: sessionIdleHours }),
      ...(limits !== undefined && { limits: toJson(limits) }),
    })
    .where('id', '=', workspaceId)
    .returningAll()
    .executeTakeFirstOrThrow();
  return present(row);
}

/** @throws {DatabaseError} `23505` when there is one of that id. */
export function create(
  system: Database,
  { id, name }: { id: string; name: string },
): Promise<StoredWorkspace> {
  return translated('Creating a workspace', async () => {
    const row = await system
      .insertInto('workspaces')
      .values({ id, name: storable(name) })
      .returningAll()
      .executeTakeFirstOrThrow();
    return present(row);
  });
}

/** All of them, the oldest first. */
export function list(system: Database): Promise<StoredWorkspace[]> {
  return translated('Listing workspaces', async () => {
    const rows = await system
      .selectFrom('workspaces')
      .selectAll()
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(present);
  });
}

function present(row: Selectable<Schema['workspaces']>): StoredWorkspace {
  return {
    id: row.id,
    name: row.name,
    retentionDays: row.retention_days,
    sessionIdleHours: row.session_idle_hours,
    limits: row.limits as Record<string, unknown>, // written by us alone
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
