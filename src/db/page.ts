/**
 * Lists by pages, the newest first. A page begins behind (or ends before) a place in the order
 * (created_at, id) rather than after a number of rows, so whatever comes and goes meanwhile, no row is
 * missed or repeated; and PostgreSQL finds that place in an index, at any depth.
 */
import { sql } from 'kysely';
import type { SelectQueryBuilder } from 'kysely';
import type { Schema } from './schema.ts';
import type { Scope } from './scope.ts';

/** A place in a list: before or behind the row that has or had these. */
export interface Position {
  /** RFC 3339 with milliseconds. */
  createdAt: string;
  id: string;
}

export interface PageRequest {
  limit: number;
  /** Older than this. */
  after?: Position;
  /** Newer than this; of those, the ones next to it. */
  before?: Position;
}

export interface Page<T> {
  /** The newest first, whichever way was gone. */
  rows: T[];
  /** More lie beyond, in the direction that was gone. */
  hasMore: boolean;
}

/** @param filtered selects from one table with `id` and `created_at`, by its own conditions */
export async function pageOf<TB extends keyof Schema, Row, T>(
  filtered: SelectQueryBuilder<Schema, TB, Row>,
  { limit, after, before }: PageRequest,
  present: (row: Row) => T,
): Promise<Page<T>> {
  const backwards = after === undefined && before !== undefined;
  const place = after ?? before;
  let query = filtered;
  if (place) {
    const { createdAt, id } = place;
    query = query.where(
      backwards
        ? sql<boolean>`(created_at, id) > (${createdAt}, ${id})`
        : sql<boolean>`(created_at, id) < (${createdAt}, ${id})`,
    );
  }
  const direction = backwards ? 'asc' : 'desc';
  const found = await query
    .orderBy(sql.ref('created_at'), direction)
    .orderBy(sql.ref('id'), direction)
    .limit(limit + 1)
    .execute();
  const rows = found.slice(0, limit);
  if (backwards) rows.reverse();
  return { rows: rows.map(present), hasMore: found.length > limit };
}

type Listed =
  | 'assistants'
  | 'phone_numbers'
  | 'calls'
  | 'sessions'
  | 'api_keys'
  | 'events'
  | 'webhook_endpoints'
  | 'deliveries';

/** The place of a row, also of a hidden one; undefined when the workspace has no such row. */
export async function positionOf(
  { workspaceId, trx }: Scope,
  table: Listed,
  id: string,
): Promise<Position | undefined> {
  const { rows } = await sql<{ created_at: Date }>`
    select created_at from ${sql.table(table)}
    where workspace_id = ${workspaceId} and id = ${id}`.execute(trx);
  return rows[0] && { createdAt: rows[0].created_at.toISOString(), id };
}
