/** Removes summaries: they hold what was said, also in the calls before. */
import { toJson } from './json.ts';
import type { Scope } from './scope.ts';

/** The calls stay; that they were summed up, and by which model, stays in their events. */
export async function clearSummaries(
  { workspaceId, trx }: Scope,
  callIds: string[],
): Promise<void> {
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
}

/**
 * Removes what a session knows of the calls that began at `since` or later, and what those pass on. The
 * rows of its calls are locked before the session's own, as whoever records a call does.
 */
export async function forgetSession(scope: Scope, sessionId: string, since: Date): Promise<void> {
  const { workspaceId, trx } = scope;
  const later = await trx
    .selectFrom('calls')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('session_id', '=', sessionId)
    .where('created_at', '>=', since)
    .orderBy('id')
    .forUpdate()
    .execute();
  await trx
    .updateTable('sessions')
    .set({ summary: null, forgotten_at: new Date() })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', sessionId)
    .execute();
  await clearSummaries(
    scope,
    later.map(({ id }) => id),
  );
}
