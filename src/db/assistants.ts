import type { Transaction } from 'kysely';
import type { Assistants } from '../../activities/ports.ts';
import type { Assistant } from '../../workflows/assistant.ts';
import { checkedConfig } from './assistant-config.ts';
import { translated } from './errors.ts';
import { storable, toJson } from './json.ts';
import type { Database } from './pool.ts';
import type { Schema } from './schema.ts';

/** An assistant that is about to be saved; saving numbers it. */
export type AssistantDraft = Omit<Assistant, 'version'>;

export interface AssistantRepository extends Assistants {
  /** A version that was saved once, such as the one that a call ran with. */
  findVersion(id: string, version: number): Promise<Assistant | undefined>;
  /** Saves a new version (the first is 1) and keeps the older ones. @throws {DatabaseError} */
  save(draft: AssistantDraft): Promise<Assistant>;
}

interface Row {
  id: string;
  version: number;
  name: string;
  config: unknown;
}

export function createAssistants(db: Database): AssistantRepository {
  const current = db
    .selectFrom('assistants as a')
    .select(['a.id', 'a.version', 'a.name', 'a.config']);
  return {
    findById: (id) =>
      translated('Finding an assistant', async () =>
        assistantOf(await current.where('a.id', '=', id).executeTakeFirst()),
      ),

    findByNumber: (number) =>
      translated('Finding the assistant of a number', async () =>
        assistantOf(
          await current
            .innerJoin('phone_numbers as p', 'p.assistant_id', 'a.id')
            .where('p.number', '=', number)
            .executeTakeFirst(),
        ),
      ),

    findVersion: (id, version) =>
      translated('Finding a version of an assistant', async () =>
        assistantOf(
          await db
            .selectFrom('assistant_versions')
            .select(['assistant_id as id', 'version', 'name', 'config'])
            .where('assistant_id', '=', id)
            .where('version', '=', version)
            .executeTakeFirst(),
        ),
      ),

    save: (draft) =>
      translated('Saving an assistant', () =>
        db.transaction().execute((trx) => saveVersion(trx, draft)),
      ),
  };
}

async function saveVersion(trx: Transaction<Schema>, draft: AssistantDraft): Promise<Assistant> {
  const { id, name, ...rest } = draft;
  const row = { name: storable(name), config: toJson(checkedConfig(rest)) };
  const saved = await trx
    .insertInto('assistants')
    .values({ id, ...row })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((is) => ({
        ...row,
        version: is('assistants.version', '+', 1),
        updated_at: new Date(),
      })),
    )
    .returning(['id', 'version', 'name', 'config'])
    .executeTakeFirstOrThrow();
  await insertVersion(trx, { ...row, id, version: saved.version });
  return present(saved);
}

/** Puts an assistant there unless it is, whatever its version. */
export async function insertIfAbsent(
  trx: Transaction<Schema>,
  draft: AssistantDraft,
): Promise<void> {
  const { id, name, ...rest } = draft;
  const row = { id, name: storable(name), config: toJson(checkedConfig(rest)) };
  const inserted = await trx
    .insertInto('assistants')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning('version')
    .executeTakeFirst();
  if (inserted) await insertVersion(trx, { ...row, version: inserted.version });
}

async function insertVersion(
  trx: Transaction<Schema>,
  row: { id: string; version: number; name: string; config: string },
): Promise<void> {
  const { id, ...rest } = row;
  await trx
    .insertInto('assistant_versions')
    .values({ assistant_id: id, ...rest })
    .execute();
}

function assistantOf(row: Row | undefined): Assistant | undefined {
  return row && present(row);
}

function present({ id, version, name, config }: Row): Assistant {
  return { id, version, name, ...checkedConfig(config) };
}
