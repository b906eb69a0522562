/**
 * The one door to what a workspace owns. A repository takes a {@link Scope}, so it always has both: the
 * workspace that it must name in its query, and a transaction in which PostgreSQL shows the rows of no
 * other one (row-level security).
 */
import { sql } from 'kysely';
import type { Transaction } from 'kysely';
import { translated } from './errors.ts';
import type { Database } from './pool.ts';
import type { Schema } from './schema.ts';

export interface Scope {
  readonly workspaceId: string;
  readonly trx: Transaction<Schema>;
}

export interface ScopeOptions {
  /** All reads see the same moment. */
  snapshot?: boolean;
}

/** Everything that was there before there were workspaces, and what the seed puts there. */
export const FIRST_WORKSPACE = 'ws_default';

/**
 * Works in one transaction on what a workspace owns.
 * @param what completes "… failed in the database"; names no value
 * @throws {DatabaseError}; what is thrown on purpose by `work` (not by the database) passes through.
 */
export async function inWorkspace<T>(
  db: Database,
  workspaceId: string,
  what: string,
  work: (scope: Scope) => Promise<T>,
  options: ScopeOptions = {},
): Promise<T> {
  let intended: { error: unknown } | undefined;
  const transaction = options.snapshot
    ? db.transaction().setIsolationLevel('repeatable read')
    : db.transaction();
  try {
    return await translated(what, () =>
      transaction.execute(async (trx) => {
        await enter(trx, workspaceId);
        return work({ workspaceId, trx }).catch((error: unknown) => {
          if (error instanceof Error && 'messageIsSafe' in error) intended = { error };
          throw error;
        });
      }),
    );
  } catch (error) {
    throw intended ? intended.error : error;
  }
}

/** Until the end of the transaction, PostgreSQL shows it the rows of this workspace alone. */
export async function enter(trx: Transaction<Schema>, workspaceId: string): Promise<void> {
  await sql`select set_config('voca.workspace', ${workspaceId}, true)`.execute(trx);
}
