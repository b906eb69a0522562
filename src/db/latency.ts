/** How quickly an assistant answers over streams, of what is recorded with its turns. */
import { sql } from 'kysely';
import type { TurnTimings } from '../../workflows/contract.ts';
import type { Scope } from './scope.ts';

export const TIMINGS = [
  'recognisedMs',
  'committedMs',
  'firstTokenMs',
  'firstAudioMs',
  'heardMs',
] as const satisfies readonly (keyof TurnTimings)[];

export interface Percentiles {
  /** So many turns have this timing. */
  count: number;
  /** In milliseconds; left out when there are none. */
  p50?: number;
  p95?: number;
  p99?: number;
}

export interface Latency {
  /** So many turns were looked at. */
  turns: number;
  timings: Record<keyof TurnTimings, Percentiles>;
}

/** The newest calls and turns say enough, and the question stays quick. */
const MOST_CALLS = 2_000;
const MOST_TURNS = 20_000;

type Row = { turns: number } & Record<string, number | number[] | null>;

/** @param since calls that began from then on */
export async function latencyOf(scope: Scope, assistantId: string, since: Date): Promise<Latency> {
  const columns = TIMINGS.map(
    (name) => sql`
      count(timings -> ${sql.lit(name)})::integer as ${sql.ref(`${name}_count`)},
      percentile_cont(array[0.5, 0.95, 0.99]) within group
        (order by (timings ->> ${sql.lit(name)})::double precision) as ${sql.ref(name)}`,
  );
  const { rows } = await sql<Row>`
    select count(*)::integer as turns, ${sql.join(columns)}
    from (
      select turns.timings
      from (
        select id from calls
        where workspace_id = ${scope.workspaceId} and assistant_id = ${assistantId}
          and deleted_at is null and created_at >= ${since}
        order by created_at desc, id desc
        limit ${sql.lit(MOST_CALLS)}
      ) newest
      join turns on turns.call_id = newest.id and turns.workspace_id = ${scope.workspaceId}
      where turns.timings is not null
      limit ${sql.lit(MOST_TURNS)}
    ) told`.execute(scope.trx);
  const [row] = rows;
  const timings = TIMINGS.map((name) => [name, percentilesOf(row, name)] as const);
  return {
    turns: row?.turns ?? 0,
    timings: Object.fromEntries(timings) as Latency['timings'],
  };
}

function percentilesOf(row: Row | undefined, name: string): Percentiles {
  const count = Number(row?.[`${name}_count`] ?? 0);
  const values = row?.[name];
  if (!Array.isArray(values)) return { count };
  const [p50 = 0, p95 = 0, p99 = 0] = values.map((ms) => Math.round(ms));
  return { count, p50, p95, p99 };
}
