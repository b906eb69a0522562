import { insertIfAbsent } from './assistants.ts';
import type { AssistantDraft } from './assistants.ts';
import { translated } from './errors.ts';
import type { Database } from './pool.ts';

export interface Defaults {
  /** `id` is used when the number is new. */
  number: { id: string; number: string };
  /** Its id is always the same, so that processes that start together put one there. */
  assistant: AssistantDraft;
}

/**
 * Puts the default assistant there and routes the number to it. A number that is known already is
 * left alone with everything else: whoever routed it elsewhere, or changed or removed the
 * assistant, meant it.
 */
export async function seedDefaults(db: Database, { number, assistant }: Defaults): Promise<void> {
  await translated('Putting the defaults there', () =>
    db.transaction().execute(async (trx) => {
      const known = await trx
        .selectFrom('phone_numbers')
        .select('id')
        .where('number', '=', number.number)
        .executeTakeFirst();
      if (known) return;
      await insertIfAbsent(trx, assistant);
      await trx
        .insertInto('phone_numbers')
        .values({ ...number, assistant_id: assistant.id })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }),
  );
}
