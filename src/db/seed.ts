import { createIfAbsent } from './assistants.ts';
import type { AssistantDraft } from './assistants.ts';
import type { Database } from './pool.ts';
import { FIRST_WORKSPACE, inWorkspace } from './scope.ts';

export interface Defaults {
  /** `id` is used when the number is new. */
  number: { id: string; number: string };
  /** Its id is always the same, so that processes that start together put one there. */
  assistant: { id: string } & AssistantDraft;
}

/**
 * Puts the default assistant into the first workspace and routes the number to it. A number that was
 * ever known is left alone with everything else: whoever routed it elsewhere, or changed or removed the
 * assistant or the number, meant it.
 * @param db sees all workspaces: the number may be another one's
 */
export async function seedDefaults(db: Database, { number, assistant }: Defaults): Promise<void> {
  await inWorkspace(db, FIRST_WORKSPACE, 'Putting the defaults there', async (scope) => {
    const known = await scope.trx
      .selectFrom('phone_numbers')
      .select('id')
      .where('number', '=', number.number)
      .executeTakeFirst();
    if (known) return;
    const { id, ...draft } = assistant;
    await createIfAbsent(scope, id, draft);
    await scope.trx
      .insertInto('phone_numbers')
      .values({ ...number, workspace_id: scope.workspaceId, assistant_id: id })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
}
