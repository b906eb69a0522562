/** Token buckets that all processes share. */
import { sql } from 'kysely';
import { translated } from './errors.ts';
import type { Database } from './pool.ts';

export interface BucketSize {
  /** Tokens at most. */
  size: number;
  /** Tokens that come back. */
  perSecond: number;
}

export interface Taken {
  /** From 0 to what was asked for. */
  taken: number;
  /** Whole tokens that are left. */
  left: number;
  /** When the next token is there, in milliseconds; 0 when one was given. */
  retryAfterMs: number;
}

/** Takes up to `n` tokens in one statement; a bucket that nobody has used is full. */
export function take(
  system: Database,
  name: string,
  n: number,
  { size, perSecond }: BucketSize,
): Promise<Taken> {
  return translated('Taking from a bucket', async () => {
    // Of two who ask at once, the second sees what the first has left: its row is locked till then.
    const there = sql`least(${size}::float8,
      b.tokens + greatest(0, extract(epoch from excluded.at - b.at)::float8) * ${perSecond}::float8)`;
    const first = Math.min(n, Math.floor(size));
    const { rows } = await sql<{ taken: number; tokens: number }>`
      insert into rate_buckets as b (name, tokens, taken, at)
      values (${name}, ${size}::float8 - ${first}::integer, ${first}, clock_timestamp())
      on conflict (name) do update set
        taken = least(${n}::integer, floor(${there})::integer),
        tokens = ${there} - least(${n}::integer, floor(${there})::integer),
        at = greatest(b.at, excluded.at)
      returning taken, tokens`.execute(system);
    const { taken, tokens } = rows[0] ?? { taken: 0, tokens: 0 };
    const retryAfterMs = taken > 0 ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1000);
    return { taken, left: Math.floor(tokens), retryAfterMs };
  });
}

/** Removes buckets that nobody has used for so long; they must be full again by then. */
export function purge(system: Database, unusedMs: number): Promise<number> {
  return translated('Removing unused buckets', async () => {
    const { numDeletedRows } = await system
      .deleteFrom('rate_buckets')
      .where('at', '<', sql<Date>`now() - make_interval(secs => ${unusedMs / 1000})`)
      .executeTakeFirst();
    return Number(numDeletedRows);
  });
}
