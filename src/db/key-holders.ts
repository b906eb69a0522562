/** Who has an API key: asked of all workspaces, since the key is what names one. */
import { sql } from 'kysely';
import { translated } from './errors.ts';
import type { Database } from './pool.ts';

export interface KeyHolder {
  keyId: string;
  workspaceId: string;
  mode: 'live' | 'test';
  scopes: string[];
  /** When it stops working by itself, in milliseconds since 1970. */
  expiresAtMs?: number;
}

/** Undefined when nobody has the key, or it is revoked or expired. */
export function findByHash(system: Database, hash: Buffer): Promise<KeyHolder | undefined> {
  return translated('Finding an API key', async () => {
    const row = await system
      .selectFrom('api_keys')
      .select(['id', 'workspace_id', 'mode', 'scopes', 'expires_at'])
      .where('hash', '=', hash)
      .where('revoked_at', 'is', null)
      .where((is) => is.or([is('expires_at', 'is', null), is('expires_at', '>', sql<Date>`now()`)]))
      .executeTakeFirst();
    return (
      row && {
        keyId: row.id,
        workspaceId: row.workspace_id,
        mode: row.mode,
        scopes: row.scopes,
        ...(row.expires_at && { expiresAtMs: row.expires_at.getTime() }),
      }
    );
  });
}

/** The rights of those of these keys that are neither revoked nor expired, by their ids. */
export function rightsOf(
  system: Database,
  ids: readonly string[],
): Promise<Map<string, readonly string[]>> {
  return translated('Looking at API keys', async () => {
    const rows = await system
      .selectFrom('api_keys')
      .select(['id', 'scopes'])
      .where('id', 'in', ids)
      .where('revoked_at', 'is', null)
      .where((is) => is.or([is('expires_at', 'is', null), is('expires_at', '>', sql<Date>`now()`)]))
      .execute();
    return new Map(rows.map(({ id, scopes }) => [id, scopes]));
  });
}

/** Notes down that keys were used just now; of those that were used in the last minute it is known. */
export function touch(system: Database, ids: readonly string[]): Promise<void> {
  return translated('Noting down the use of API keys', async () => {
    if (ids.length === 0) return;
    await system
      .updateTable('api_keys')
      .set({ last_used_at: sql<Date>`now()` })
      .where('id', 'in', ids)
      .where(sql<boolean>`coalesce(last_used_at < now() - interval '1 minute', true)`)
      .execute();
  });
}
