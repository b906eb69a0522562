import { sql } from 'kysely';
import type { Kysely, Migration } from 'kysely';

/** What the models of a turn took, and which of them were asked. */
export const turnModels: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table turns add column tokens jsonb, add column tries jsonb`.execute(db);
  },
};
