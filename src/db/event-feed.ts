/** Reads events in the order in which they were committed, from a place on: for those who follow them. */
import type { Selectable } from 'kysely';
import type { StoredEvent } from '../webhooks/event-body.ts';
import { translated } from './errors.ts';
import type { Database } from './pool.ts';
import type { Schema } from './schema.ts';
import type { Scope } from './scope.ts';
import { storedEventOf } from './stored-event.ts';

export interface FeedEvent extends StoredEvent {
  /** Counts the events of the workspace. */
  position: number;
}

/** What is kept of the events of a workspace. */
export interface FeedRange {
  /** Nothing kept comes before it; undefined when nothing is kept. */
  oldest?: number;
  /** The newest that was ever written; 0 when none was. */
  newest: number;
}

export async function eventsAfter(
  scope: Scope,
  position: number,
  limit: number,
): Promise<FeedEvent[]> {
  const rows = await all(scope)
    .where('position', '>', String(position))
    .orderBy('position')
    .limit(limit)
    .execute();
  return rows.map(present);
}

/** Those of one call, behind a sequence of its own. */
export async function eventsOfCall(
  scope: Scope,
  callId: string,
  sequence: number,
  limit: number,
): Promise<FeedEvent[]> {
  const rows = await all(scope)
    .where('call_id', '=', callId)
    .where('sequence', '>', sequence)
    .orderBy('sequence')
    .limit(limit)
    .execute();
  return rows.map(present);
}

/** @returns undefined when the workspace has no such event, or not any more. */
export async function findInFeed(scope: Scope, id: string): Promise<FeedEvent | undefined> {
  const row = await all(scope).where('id', '=', id).executeTakeFirst();
  return row && present(row);
}

/** The sequence of the newest event of this type of a call; undefined when there is none. */
export async function sequenceOf(
  { workspaceId, trx }: Scope,
  callId: string,
  type: string,
): Promise<number | undefined> {
  const row = await trx
    .selectFrom('events')
    .select((is) => is.fn.max('sequence').as('sequence'))
    .where('workspace_id', '=', workspaceId)
    .where('call_id', '=', callId)
    .where('type', '=', type)
    .executeTakeFirst();
  return row?.sequence ?? undefined;
}

export async function feedRange({ workspaceId, trx }: Scope): Promise<FeedRange> {
  // Read first: what commits between the two is newer, and will be read as such.
  const written = await trx
    .selectFrom('event_positions')
    .select('last')
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirst();
  const kept = await trx
    .selectFrom('events')
    .select('position')
    .where('workspace_id', '=', workspaceId)
    .orderBy('position')
    .limit(1)
    .executeTakeFirst();
  return {
    newest: Number(written?.last ?? 0),
    ...(kept && { oldest: Number(kept.position) }),
  };
}

/** The newest position of each of these workspaces; one that never had an event is left out. */
export function newestPositions(
  system: Database,
  workspaceIds: readonly string[],
): Promise<Map<string, number>> {
  return translated('Looking for events', async () => {
    const rows = await system
      .selectFrom('event_positions')
      .select(['workspace_id', 'last'])
      .where('workspace_id', 'in', workspaceIds)
      .execute();
    return new Map(rows.map(({ workspace_id, last }) => [workspace_id, Number(last)]));
  });
}

function all({ workspaceId, trx }: Scope) {
  return trx
    .selectFrom('events')
    .select(['id', 'position', 'type', 'call_id', 'sequence', 'occurred_at', 'data'])
    .where('workspace_id', '=', workspaceId);
}

type Row = Pick<
  Selectable<Schema['events']>,
  'id' | 'position' | 'type' | 'call_id' | 'sequence' | 'occurred_at' | 'data'
>;

function present(row: Row): FeedEvent {
  return { ...storedEventOf(row), position: Number(row.position) };
}
