import { Migrator, sql } from 'kysely';
import type { Migration } from 'kysely';
import { DatabaseError, describe } from './errors.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { Database } from './pool.ts';

export interface MigrateOptions {
  /** How long to try while PostgreSQL is not there or another process migrates, in milliseconds. */
  waitMs?: number;
}

/** What a statement of a migration may take: a large table is rewritten, or gets an index. */
export const MIGRATION_STATEMENT_MS = 3_600_000;
/**
 * Whoever waits for the lock of a table keeps all others waiting who come after; so it gives up soon,
 * lets them through and tries again.
 */
const LOCK_MS = 2_000;
const WAIT_MS = 15_000;
const PAUSE_MS = 200;
/** Only one process migrates at a time; the others wait for it here. */
const LOCK_ID = 7_036_521_042;

/**
 * Brings the tables up to date. Several processes may do so at once: one does the work, all return
 * when it is done.
 * @returns the names of the migrations that this process ran.
 * @throws {DatabaseError} when a migration failed, or PostgreSQL was away for too long.
 */
export async function migrateToLatest(
  db: Database,
  options: MigrateOptions = {},
): Promise<string[]> {
  const deadline = Date.now() + (options.waitMs ?? WAIT_MS);
  for (;;) {
    try {
      return await migrateOnce(db);
    } catch (error) {
      const described = describe(`Migrating${hintIn(error)}`, error);
      if (!described.retryable || Date.now() + PAUSE_MS > deadline) throw described;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** What our own migrations say must be done first; a hint of PostgreSQL's might repeat a row. */
function hintIn(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('hint' in error)) return '';
  const { hint } = error;
  return typeof hint === 'string' && hint.startsWith('As a superuser: ') ? ` (${hint})` : '';
}

/**
 * Kysely's own lock is taken only after it has made its tables, and two processes that make them at
 * the same moment disturb each other: hence a lock around it all, held by one connection.
 */
async function migrateOnce(db: Database): Promise<string[]> {
  return db.connection().execute(async (connection) => {
    // Asked for rather than waited for: waiting would run into the time limit of a statement.
    const { rows } = await sql<{ locked: boolean }>`
      select pg_try_advisory_lock(${sql.lit(LOCK_ID)}) as locked`.execute(connection);
    if (!rows[0]?.locked) throw new DatabaseError('Another process is migrating', 'locked', true);
    try {
      await sql`select set_config('lock_timeout', ${String(LOCK_MS)}, false)`.execute(connection);
      const migrations = { ...(await newerThanThis(connection)), ...MIGRATIONS };
      const provider = { getMigrations: () => Promise.resolve(migrations) };
      const { error, results } = await new Migrator({ db: connection, provider }).migrateToLatest();
      if (error !== undefined) throw error;
      return (results ?? []).map((result) => result.migrationName);
    } finally {
      await sql`reset lock_timeout`.execute(connection);
      await sql`select pg_advisory_unlock(${sql.lit(LOCK_ID)})`.execute(connection);
    }
  });
}

/**
 * What a later release has done to the tables, as if it were known: migrations only add, so that this
 * release can be gone back to.
 */
async function newerThanThis(db: Database): Promise<Record<string, Migration>> {
  const { rows } = await sql<{ isThere: boolean }>`
    select to_regclass('kysely_migration') is not null as "isThere"`.execute(db);
  if (!rows[0]?.isThere) return {};
  const ran = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  const done: Migration = { up: () => Promise.resolve() };
  return Object.fromEntries(ran.rows.map(({ name }) => [name, done]));
}
