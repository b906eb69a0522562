/** The assistants of a workspace. Every version that was saved is kept. */
import { checkedConfig } from './assistant-config.ts';
import { present } from './assistant-row.ts';
import type { AssistantDraft, AssistantRow, StoredAssistant } from './assistant-row.ts';
import { storable, toJson } from './json.ts';
import { pageOf, positionOf as placeOf } from './page.ts';
import type { Page, PageRequest, Position } from './page.ts';
import type { Scope } from './scope.ts';

export type { AssistantDraft, StoredAssistant } from './assistant-row.ts';
export { findVersion, pageOfVersions } from './assistant-versions.ts';

const COLUMNS = [
  'id',
  'workspace_id',
  'version',
  'name',
  'config',
  'created_at',
  'updated_at',
] as const;

/** Saves version 1. */
export async function create(
  scope: Scope,
  id: string,
  draft: AssistantDraft,
): Promise<StoredAssistant> {
  const row = await scope.trx
    .insertInto('assistants')
    .values({ id, workspace_id: scope.workspaceId, ...contentOf(draft) })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
  await keepVersion(scope, row);
  return present(row);
}

/** Creates it unless it was ever there, also if it is deleted now. */
export async function createIfAbsent(
  scope: Scope,
  id: string,
  draft: AssistantDraft,
): Promise<void> {
  const row = await scope.trx
    .insertInto('assistants')
    .values({ id, workspace_id: scope.workspaceId, ...contentOf(draft) })
    .onConflict((conflict) => conflict.doNothing())
    .returning(COLUMNS)
    .executeTakeFirst();
  if (row) await keepVersion(scope, row);
}

/** @param options.lock nobody else changes it until the transaction ends */
export async function find(
  { workspaceId, trx }: Scope,
  id: string,
  { lock = false }: { lock?: boolean } = {},
): Promise<StoredAssistant | undefined> {
  const query = trx
    .selectFrom('assistants')
    .select(COLUMNS)
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null);
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst();
  return row && present(row);
}

export function page(
  { workspaceId, trx }: Scope,
  request: PageRequest,
): Promise<Page<StoredAssistant>> {
  const all = trx
    .selectFrom('assistants')
    .select(COLUMNS)
    .where('workspace_id', '=', workspaceId)
    .where('deleted_at', 'is', null);
  return pageOf(all, request, present);
}

export function positionOf(scope: Scope, id: string): Promise<Position | undefined> {
  return placeOf(scope, 'assistants', id);
}

/**
 * Saves a new version. Whoever builds on the one before locks it with {@link find} first.
 * @throws when there is none, or it is deleted.
 */
export async function update(
  scope: Scope,
  id: string,
  draft: AssistantDraft,
): Promise<StoredAssistant> {
  const row = await scope.trx
    .updateTable('assistants')
    .set((is) => ({
      ...contentOf(draft),
      version: is('version', '+', 1),
      updated_at: new Date(),
    }))
    .where('workspace_id', '=', scope.workspaceId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
  await keepVersion(scope, row);
  return present(row);
}

/**
 * Hides it, unless numbers are routed to it. Calls under way keep what they have of it.
 * @returns how many numbers are routed to it: it is hidden when there are none.
 */
export async function softDelete({ workspaceId, trx }: Scope, id: string): Promise<number> {
  // Locked first, so that no number is routed to it meanwhile: routing locks it too.
  await trx
    .selectFrom('assistants')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .forUpdate()
    .execute();
  const { count } = await trx
    .selectFrom('phone_numbers')
    .select((is) => is.fn.countAll<string>().as('count'))
    .where('workspace_id', '=', workspaceId)
    .where('assistant_id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (Number(count) > 0) return Number(count);
  await trx
    .updateTable('assistants')
    .set({ deleted_at: new Date() })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .execute();
  return 0;
}

/** Keeps it from being deleted until the transaction ends. @returns whether there is one. */
export async function holdAssistant({ workspaceId, trx }: Scope, id: string): Promise<boolean> {
  const row = await trx
    .selectFrom('assistants')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}

function contentOf(draft: AssistantDraft): { name: string; config: string } {
  // Nothing but what a configuration has: an id or a memory in it would come back with it.
  const { name, ...config } = draft;
  return { name: storable(name), config: toJson(checkedConfig(config)) };
}

async function keepVersion({ workspaceId, trx }: Scope, row: AssistantRow): Promise<void> {
  await trx
    .insertInto('assistant_versions')
    .values({
      workspace_id: workspaceId,
      assistant_id: row.id,
      version: row.version,
      name: row.name,
      config: toJson(row.config),
    })
    .execute();
}
