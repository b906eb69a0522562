import { sql } from 'kysely';
import type { Kysely, Migration } from 'kysely';

/** What is known of a turn that was spoken over a stream of audio. */
export const streams: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table turns
      add column is_interrupted boolean not null default false,
      add column timings jsonb`.execute(db);
  },
};
