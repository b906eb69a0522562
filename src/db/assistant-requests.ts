/** Where it is asked who answers the calls to a number: read while a caller waits. */
import { translated } from './errors.ts';
import type { Database } from './pool.ts';

export interface KeptAssistantRequest {
  url: string;
  /** Sealed. */
  secret: string;
}

/** @param system sees all workspaces */
export function findAssistantRequest(
  system: Database,
  { numberId, workspaceId }: { numberId: string; workspaceId: string },
): Promise<KeptAssistantRequest | undefined> {
  return translated('Finding where to ask who answers', async () => {
    const row = await system
      .selectFrom('phone_numbers')
      .select(['assistant_request_url as url', 'assistant_request_secret as secret'])
      .where('id', '=', numberId)
      .where('workspace_id', '=', workspaceId)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (!row || row.url === null || row.secret === null) return undefined;
    return { url: row.url, secret: row.secret };
  });
}
