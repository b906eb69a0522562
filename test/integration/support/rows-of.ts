/** What the database holds of a workspace. */
import { sql } from 'kysely';
import type { Database } from '../../../src/db/pool.ts';

/** All tables but PostgreSQL's own. */
export async function tablesOf(owner: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_class c
    where c.relkind in ('r', 'p', 'v', 'm') and c.relnamespace = 'public'::regnamespace
    order by 1`.execute(owner);
  return rows.map(({ name }) => name);
}

/** Every row, as text, by its table. When a key was used last is left out: that comes later by itself. */
export async function rowsOf(
  owner: Database,
  workspaceId: string,
): Promise<Record<string, string[]>> {
  const { rows: owned } = await sql<{ name: string; column: string }>`
    select table_name as name, column_name as column from information_schema.columns
    where table_schema = 'public'
      and (column_name = 'workspace_id' or (table_name = 'workspaces' and column_name = 'id'))
    order by 1`.execute(owner);
  const found: Record<string, string[]> = {};
  for (const { name, column } of owned) {
    const { rows } = await sql<{ row: string }>`
      select (to_jsonb(t) - 'last_used_at')::text as row from ${sql.table(name)} t
      where ${sql.ref(column)} = ${workspaceId} order by 1`.execute(owner);
    found[name] = rows.map(({ row }) => row);
  }
  return found;
}
