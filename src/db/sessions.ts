/** The sessions of a workspace. Calls write them: see `call-session.ts`. */
import { sql } from 'kysely';
import { forgetSession } from './forget.ts';
import { hideRow } from './hide.ts';
import { pageOf, positionOf as placeOf } from './page.ts';
import type { Page, PageRequest, Position } from './page.ts';
import type { SessionRow } from './schema.ts';
import type { Scope } from './scope.ts';

/** Times are RFC 3339. */
export interface StoredSession extends Position {
  assistantId: string;
  /** Null: withheld, or erased. */
  customerNumber: string | null;
  status: 'open' | 'closed';
  summary: string | null;
  /** The end of the newest call that the summary knows. */
  summarizedAt: string | null;
  callCount: number;
  lastActiveAt: string;
  /** A call that begins before then joins it. */
  expiresAt: string;
}

export interface SessionFilter {
  status?: 'open' | 'closed';
  assistantId?: string;
  customerNumber?: string;
}

export async function find(scope: Scope, id: string): Promise<StoredSession | undefined> {
  const row = await visible(scope).where('id', '=', id).executeTakeFirst();
  return row && presentSession(row);
}

export function page(
  scope: Scope,
  { status, assistantId, customerNumber }: SessionFilter,
  request: PageRequest,
): Promise<Page<StoredSession>> {
  let query = visible(scope);
  if (status !== undefined) {
    query = query.where('expires_at', status === 'open' ? '>' : '<=', sql<Date>`now()`);
  }
  if (assistantId !== undefined) query = query.where('assistant_id', '=', assistantId);
  if (customerNumber !== undefined) query = query.where('customer_number', '=', customerNumber);
  return pageOf(query, request, presentSession);
}

export function positionOf(scope: Scope, id: string): Promise<Position | undefined> {
  return placeOf(scope, 'sessions', id);
}

/** The next call begins another one. One that is over stays as it is. */
export async function close(scope: Scope, id: string): Promise<StoredSession | undefined> {
  const { workspaceId, trx } = scope;
  await trx
    .updateTable('sessions')
    // Cut off, not rounded as PostgreSQL does: it may not lie ahead.
    .set({ expires_at: sql<Date>`date_trunc('milliseconds', now())`, closed_at: sql<Date>`now()` })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .where('expires_at', '>', sql<Date>`now()`)
    .execute();
  return find(scope, id);
}

/** Hides it, and the next call begins another one. @returns whether there was one to hide. */
export function softDelete(scope: Scope, id: string): Promise<boolean> {
  return hideRow(scope, 'sessions', id);
}

/**
 * Removes what the session remembers, and the summaries of its calls; what was said in those is erased
 * call by call. @returns whether there was such a session, hidden or not.
 */
export async function forget(scope: Scope, id: string): Promise<boolean> {
  const position = await positionOf(scope, id);
  if (!position) return false;
  await forgetSession(scope, id, new Date(0));
  return true;
}

function visible({ workspaceId, trx }: Scope) {
  return trx
    .selectFrom('sessions')
    .selectAll()
    .select(sql<boolean>`expires_at > now()`.as('is_open'))
    .where('workspace_id', '=', workspaceId)
    .where('deleted_at', 'is', null);
}

export function presentSession(row: SessionRow & { is_open: boolean }): StoredSession {
  return {
    id: row.id,
    assistantId: row.assistant_id,
    customerNumber: row.customer_number,
    status: row.is_open ? 'open' : 'closed',
    summary: row.summary,
    summarizedAt: row.summarized_at?.toISOString() ?? null,
    callCount: row.call_count,
    createdAt: row.created_at.toISOString(),
    lastActiveAt: row.last_active_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}
