/**
 * What was answered to a request that carried an `Idempotency-Key`, so that one that comes again is
 * answered the same and does nothing.
 *
 * Who touches nothing but PostgreSQL begins, works and finishes in one transaction: when it fails,
 * nothing is left of it. Others begin in one transaction and finish in another; if they die between, the
 * key can be taken over once its lock is over, so their work must be safe to do twice.
 */
import { sql } from 'kysely';
import { translated } from './errors.ts';
import { toJson } from './json.ts';
import type { Database } from './pool.ts';
import type { Scope } from './scope.ts';

export interface IdempotentRequest {
  /** SHA-256 of the client's key. */
  keyHash: Buffer;
  /** SHA-256 of what is asked. */
  requestHash: Buffer;
  /** After that whoever began counts as dead, in milliseconds. */
  lockMs: number;
}

export interface KeptAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** The API key (its id) whose holder alone can open `body`. */
  sealedFor?: string;
}

/**
 * `fresh`: go on, then {@link finish}, {@link forget} or {@link release}. `running`: somebody else is at it.
 * `other-request`: the key came with something else before.
 */
export type Begun = 'fresh' | 'running' | 'other-request' | { done: KeptAnswer };

/** So long an answer is kept. */
const KEPT_HOURS = 24;

/** Never waits for whoever has begun with the same key. */
export async function begin(scope: Scope, request: IdempotentRequest): Promise<Begun> {
  const before = await look(scope, request);
  // Whoever asks again for what is done needs no lock, however many do.
  if (before !== 'free') return before;
  const { workspaceId, trx } = scope;
  const name = JSON.stringify(['idempotency', workspaceId, request.keyHash.toString('hex')]);
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as locked`.execute(trx);
  if (!rows[0]?.locked) return 'running';
  const now = await look(scope, request);
  if (now !== 'free') return now;
  await take(scope, request);
  return 'fresh';
}

async function look(
  { workspaceId, trx }: Scope,
  { keyHash, requestHash }: IdempotentRequest,
): Promise<Exclude<Begun, 'fresh'> | 'free'> {
  const row = await trx
    .selectFrom('idempotency_records')
    .selectAll()
    .select(sql<boolean>`locked_until > clock_timestamp()`.as('is_locked'))
    .where('workspace_id', '=', workspaceId)
    .where('key_hash', '=', keyHash)
    .where('created_at', '>', keptSince())
    .executeTakeFirst();
  if (!row) return 'free';
  if (!row.request_hash.equals(requestHash)) return 'other-request';
  if (row.state === 'running') return row.is_locked ? 'running' : 'free';
  return {
    done: {
      status: row.status ?? 0,
      headers: row.headers as Record<string, string>, // written by us alone
      body: row.body ?? '',
      ...(row.sealed_for !== null && { sealedFor: row.sealed_for }),
    },
  };
}

/** Also in the place of one that is too old, or whose owner is dead. */
async function take(
  { workspaceId, trx }: Scope,
  { keyHash, requestHash, lockMs }: IdempotentRequest,
): Promise<void> {
  const row = {
    request_hash: requestHash,
    state: 'running' as const,
    locked_until: sql<Date>`clock_timestamp() + make_interval(secs => ${lockMs / 1000})`,
    status: null,
    headers: null,
    body: null,
    sealed_for: null,
  };
  await trx
    .insertInto('idempotency_records')
    .values({ workspace_id: workspaceId, key_hash: keyHash, ...row })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace_id', 'key_hash'])
        .doUpdateSet({ ...row, created_at: sql<Date>`now()` }),
    )
    .execute();
}

/** From now on the same request is answered with this. */
export async function finish(
  { workspaceId, trx }: Scope,
  keyHash: Buffer,
  { status, headers, body, sealedFor }: KeptAnswer,
): Promise<void> {
  await trx
    .updateTable('idempotency_records')
    .set({
      state: 'done',
      status,
      headers: toJson(headers),
      body,
      sealed_for: sealedFor ?? null,
    })
    .where('workspace_id', '=', workspaceId)
    .where('key_hash', '=', keyHash)
    .execute();
}

/** What was begun has failed and left nothing: the same key may be used again. */
export async function forget({ workspaceId, trx }: Scope, keyHash: Buffer): Promise<void> {
  await trx
    .deleteFrom('idempotency_records')
    .where('workspace_id', '=', workspaceId)
    .where('key_hash', '=', keyHash)
    .where('state', '=', 'running')
    .execute();
}

/** What was begun may have done something: the same request may be tried again, no other one. */
export async function release({ workspaceId, trx }: Scope, keyHash: Buffer): Promise<void> {
  await trx
    .updateTable('idempotency_records')
    .set({ locked_until: sql<Date>`now()` })
    .where('workspace_id', '=', workspaceId)
    .where('key_hash', '=', keyHash)
    .where('state', '=', 'running')
    .execute();
}

/**
 * Removes what is too old to be answered again, of all workspaces: little by little, so that no statement
 * runs into its time limit however much there is. @returns how many.
 */
export async function purge(system: Database, atOnce = 5_000): Promise<number> {
  for (let sum = 0; ;) {
    const removed = await removeSome(system, atOnce);
    sum += removed;
    if (removed < atOnce) return sum;
  }
}

function removeSome(system: Database, limit: number): Promise<number> {
  return translated('Removing old answers', async () => {
    const { numAffectedRows = 0n } = await sql`
      delete from idempotency_records where ctid = any(array(
        select ctid from idempotency_records where created_at <= ${keptSince()} limit ${limit}
      )) and created_at <= ${keptSince()}`.execute(system);
    return Number(numAffectedRows);
  });
}

function keptSince() {
  return sql<Date>`now() - make_interval(hours => ${sql.lit(KEPT_HOURS)})`;
}
