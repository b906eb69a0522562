/** The events of a workspace, as they are kept. `outbox.ts` writes them. */
import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import type { StoredEvent } from '../webhooks/event-body.ts';
import { translated } from './errors.ts';
import { pageOf, positionOf as placeOf } from './page.ts';
import type { Page, PageRequest, Position } from './page.ts';
import type { Database } from './pool.ts';
import type { Schema } from './schema.ts';
import type { Scope } from './scope.ts';
import { storedEventOf } from './stored-event.ts';

/** So long events are kept, and with them what became of their deliveries. */
export const KEPT_DAYS = 30;

export type ListedEvent = StoredEvent & Position;

/** All of them must hold. */
export interface EventFilter {
  type?: string;
  callId?: string;
  /** RFC 3339; when it was written. */
  createdFrom?: string;
  /** RFC 3339; not included. */
  createdBefore?: string;
}

export async function find(scope: Scope, id: string): Promise<ListedEvent | undefined> {
  const row = await all(scope).where('id', '=', id).executeTakeFirst();
  return row && present(row);
}

export function page(
  scope: Scope,
  { type, callId, createdFrom, createdBefore }: EventFilter,
  request: PageRequest,
): Promise<Page<ListedEvent>> {
  let query = all(scope);
  if (type !== undefined) query = query.where('type', '=', type);
  if (callId !== undefined) query = query.where('call_id', '=', callId);
  if (createdFrom !== undefined) query = query.where('created_at', '>=', new Date(createdFrom));
  if (createdBefore !== undefined) query = query.where('created_at', '<', new Date(createdBefore));
  return pageOf(query, request, present);
}

export function positionOf(scope: Scope, id: string): Promise<Position | undefined> {
  return placeOf(scope, 'events', id);
}

/** Removes what is kept no longer, little by little. @returns how many there were */
export async function purge(system: Database, atOnce = 1_000): Promise<number> {
  for (let sum = 0; ;) {
    const removed = await removeSome(system, atOnce);
    sum += removed;
    if (removed < atOnce) return sum;
  }
}

function removeSome(system: Database, limit: number): Promise<number> {
  return translated('Removing old events', async () => {
    const { numAffectedRows = 0n } = await sql`
      delete from events where id = any(array(
        select id from events where created_at < now() - make_interval(days => ${KEPT_DAYS})
        order by created_at limit ${limit}
      ))`.execute(system);
    return Number(numAffectedRows);
  });
}

function all({ workspaceId, trx }: Scope) {
  return trx.selectFrom('events').selectAll().where('workspace_id', '=', workspaceId);
}

function present(row: Selectable<Schema['events']>): ListedEvent {
  return { ...storedEventOf(row), createdAt: row.created_at.toISOString() };
}
