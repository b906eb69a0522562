/** The API keys of a workspace. The keys themselves are nowhere: only their hash is kept. */
import type { Selectable } from 'kysely';
import { storable } from './json.ts';
import type { KeyHolder } from './key-holders.ts';
import { pageOf, positionOf as placeOf } from './page.ts';
import type { Page, PageRequest, Position } from './page.ts';
import type { Schema } from './schema.ts';
import type { Scope } from './scope.ts';

export { findByHash, touch } from './key-holders.ts';

type KeyMode = KeyHolder['mode'];

/** What is kept of a key. */
export interface KeyFace {
  mode: KeyMode;
  /** SHA-256 of the whole key. */
  hash: Buffer;
  lastFour: string;
}

export interface NewApiKey extends KeyFace {
  id: string;
  name: string;
  scopes: readonly string[];
  /** RFC 3339. */
  expiresAt?: string;
}

/** Times are RFC 3339. */
export interface StoredApiKey extends Position {
  name: string;
  mode: KeyMode;
  lastFour: string;
  scopes: string[];
  expiresAt: string | null;
  lastUsedAt: string | null;
  revokedAt: string | null;
  /** The key that this one replaces. */
  rolledFrom: string | null;
}

export function insert(scope: Scope, key: NewApiKey): Promise<StoredApiKey> {
  return insertRow(scope, key, null);
}

export async function find(scope: Scope, id: string): Promise<StoredApiKey | undefined> {
  const row = await all(scope).where('id', '=', id).executeTakeFirst();
  return row && present(row);
}

/** Those that are revoked or expired too. */
export function page(scope: Scope, request: PageRequest): Promise<Page<StoredApiKey>> {
  return pageOf(all(scope), request, present);
}

export function positionOf(scope: Scope, id: string): Promise<Position | undefined> {
  return placeOf(scope, 'api_keys', id);
}

/** What is left out stays. @returns undefined when there is no such key. */
export async function update(
  scope: Scope,
  id: string,
  changes: { name?: string; scopes?: readonly string[]; expiresAt?: string | null },
): Promise<StoredApiKey | undefined> {
  const { name, scopes, expiresAt } = changes;
  if (name === undefined && scopes === undefined && expiresAt === undefined) return find(scope, id);
  return change(scope, id, {
    ...(name !== undefined && { name: storable(name) }),
    ...(scopes !== undefined && { scopes: [...scopes] }),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
  });
}

/**
 * Ends a key at once. One that is revoked stays as it is.
 * @returns the key, and whether it was not revoked before; undefined when there is none.
 */
export async function revoke(
  scope: Scope,
  id: string,
): Promise<{ key: StoredApiKey; isNews: boolean } | undefined> {
  const row = await all(scope).where('id', '=', id).forUpdate().executeTakeFirst();
  if (!row) return undefined;
  if (row.revoked_at !== null) return { key: present(row), isNews: false };
  const key = await change(scope, id, { revoked_at: new Date() });
  return key && { key, isNews: true };
}

/**
 * Puts a key of the same name and rights in the place of another one, which works on for a while.
 * @param next the new key; `expiresAt` is its own
 * @returns the new key; undefined when there is no such key, `over` when it does not work any more.
 */
export async function roll(
  scope: Scope,
  id: string,
  overlapMs: number,
  next: KeyFace & { id: string; expiresAt?: string },
): Promise<StoredApiKey | 'over' | undefined> {
  const old = await all(scope).where('id', '=', id).forUpdate().executeTakeFirst();
  if (!old) return undefined;
  const nowMs = Date.now();
  const endsAtMs = old.expires_at?.getTime() ?? Infinity;
  if (old.revoked_at !== null || endsAtMs <= nowMs) return 'over';
  const expires_at = new Date(Math.min(endsAtMs, nowMs + overlapMs));
  await change(scope, id, { expires_at });
  return insertRow(scope, { ...next, name: old.name, mode: old.mode, scopes: old.scopes }, id);
}

async function insertRow(
  { workspaceId, trx }: Scope,
  key: NewApiKey,
  rolledFrom: string | null,
): Promise<StoredApiKey> {
  const row = await trx
    .insertInto('api_keys')
    .values({
      id: key.id,
      workspace_id: workspaceId,
      name: storable(key.name),
      mode: key.mode,
      hash: key.hash,
      last_four: key.lastFour,
      scopes: [...key.scopes],
      expires_at: key.expiresAt ?? null,
      rolled_from: rolledFrom,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return present(row);
}

async function change(
  { workspaceId, trx }: Scope,
  id: string,
  changes: {
    name?: string;
    scopes?: string[];
    expires_at?: Date | string | null;
    revoked_at?: Date;
  },
): Promise<StoredApiKey | undefined> {
  const row = await trx
    .updateTable('api_keys')
    .set(changes)
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row && present(row);
}

function all({ workspaceId, trx }: Scope) {
  return trx.selectFrom('api_keys').selectAll().where('workspace_id', '=', workspaceId);
}

function present(row: Selectable<Schema['api_keys']>): StoredApiKey {
  return {
    id: row.id,
    name: row.name,
    mode: row.mode,
    lastFour: row.last_four,
    scopes: row.scopes,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    rolledFrom: row.rolled_from,
  };
}
