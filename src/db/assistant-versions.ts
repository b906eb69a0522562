/** What an assistant was when it was saved, such as when a call ran with it; kept after its deletion. */
import { present } from './assistant-row.ts';
import type { StoredAssistant } from './assistant-row.ts';
import type { Page } from './page.ts';
import type { Scope } from './scope.ts';

export async function findVersion(
  scope: Scope,
  id: string,
  version: number,
): Promise<StoredAssistant | undefined> {
  const row = await versionsOf(scope, id).where('version', '=', version).executeTakeFirst();
  return row && present(row);
}

/** The newest first. @param request.below only older versions than this */
export async function pageOfVersions(
  scope: Scope,
  id: string,
  { limit, below }: { limit: number; below?: number },
): Promise<Page<StoredAssistant>> {
  const all = versionsOf(scope, id);
  const found = await (below === undefined ? all : all.where('version', '<', below))
    .orderBy('version', 'desc')
    .limit(limit + 1)
    .execute();
  return { rows: found.slice(0, limit).map(present), hasMore: found.length > limit };
}

function versionsOf({ workspaceId, trx }: Scope, id: string) {
  return trx
    .selectFrom('assistant_versions')
    .select(['assistant_id as id', 'workspace_id', 'version', 'name', 'config'])
    .select(['created_at', 'created_at as updated_at'])
    .where('workspace_id', '=', workspaceId)
    .where('assistant_id', '=', id);
}
