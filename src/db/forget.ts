/** Removes summaries: they hold what was said, also in the calls before. */
import { sql } from 'kysely';
import { toJson } from './json.ts';
import type { Scope } from './scope.ts';

/** The calls stay; that they were summed up, and by which model, stays in their events. */
export async function clearSummaries(scope: Scope, callIds: string[]): Promise<void> {
  const { workspaceId, trx } = scope;
  if (callIds.length === 0) return;
  await trx
    .updateTable('calls')
    .set({ summary: null })
    .where('workspace_id', '=', workspaceId)
    .where('id', 'in', callIds)
    .execute();
  await trx
    .updateTable('call_events')
    .set({ data: toJson({ text: '' }) })
    .where('workspace_id', '=', workspaceId)
    .where('call_id', 'in', callIds)
    .where('type', '=', 'call.summarized')
    .execute();
  const events = await trx
    .updateTable('events')
    .set({ data: sql<string>`jsonb_set(data, '{summary}', 'null')` })
    .where('workspace_id', '=', workspaceId)
    .where('call_id', 'in', callIds)
    .where('type', '=', 'call.summarized')
    .returning('id')
    .execute();
  await forgetEchoes(
    scope,
    events.map(({ id }) => id),
  );
}

/** Receivers may answer with what they were sent. */
async function forgetEchoes({ workspaceId, trx }: Scope, eventIds: string[]): Promise<void> {
  if (eventIds.length === 0) return;
  await trx
    .updateTable('deliveries')
    .set({
      attempts: sql<string>`(select coalesce(jsonb_agg(each - 'answer' order by nth), '[]')
        from jsonb_array_elements(attempts) with ordinality as all_of_them (each, nth))`,
    })
    .where('workspace_id', '=', workspaceId)
    .where('event_id', 'in', eventIds)
    .execute();
}

/**
 * Removes what a session knows of the calls that began at `since` or later, and what those pass on. The
 * session's row is locked before it looks for summaries: a call that is being summed up at this moment
 * either has told the session already, and is found here, or is told by it to forget.
 */
export async function forgetSession(scope: Scope, sessionId: string, since: Date): Promise<void> {
  const { workspaceId, trx } = scope;
  await trx
    .updateTable('sessions')
    .set({ summary: null, forgotten_at: new Date() })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', sessionId)
    .execute();
  const told = await trx
    .selectFrom('calls')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('session_id', '=', sessionId)
    .where('created_at', '>=', since)
    .where('summary', 'is not', null)
    .execute();
  await clearSummaries(
    scope,
    told.map(({ id }) => id),
  );
}

/** So that of two who erase in one session, the second begins when the first is done. */
export async function lockSession(
  { workspaceId, trx }: Scope,
  sessionId: string | null | undefined,
): Promise<void> {
  await trx
    .selectFrom('sessions')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', sessionId ?? '')
    .forUpdate()
    .execute();
}
