import type { Scope } from './scope.ts';

/** The ids of a session's calls that are not erased, hidden ones too; the oldest first. */
export async function callsToErase(
  { workspaceId, trx }: Scope,
  sessionId: string,
  limit: number,
): Promise<string[]> {
  const rows = await trx
    .selectFrom('calls')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('session_id', '=', sessionId)
    .where('erased_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}
