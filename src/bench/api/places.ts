/** Where in a filtered list a page is asked for: at its top, in its middle, at its very end. */
import { sql } from 'kysely';
import type { Database } from '../../db/pool.ts';
import { CONDITIONS } from './filters.ts';
import type { Filter } from './filters.ts';

/** The groups of pages that are told apart. */
export const PLACES = ['top', 'middle', 'end', 'backwards'] as const;
export type Place = (typeof PLACES)[number];

/** A page to ask for, and what it must hold. */
export interface Visit {
  place: Place;
  /** A parameter of the URL: a cursor, or nothing. */
  cursor: Readonly<Record<string, string>>;
  rows: number;
  hasMore: boolean;
}

export const LIMIT = 20;
/** The middle is everything but a quarter at either end. */
const MIDDLE = [0.25, 0.75] as const;

/** @param times how often each place is visited. @param owner sees all rows */
export async function visitsTo(
  owner: Database,
  { workspaceId, filter, times }: { workspaceId: string; filter: Filter; times: number },
): Promise<{ rows: number; visits: Visit[] }> {
  const total = await countOf(owner, workspaceId, filter);
  const plan = planOf(total, times);
  const ranks = [...new Set(plan.flatMap(({ rank }) => (rank === undefined ? [] : [rank])))];
  const ids = await idsAt(owner, { workspaceId, filter, ranks });
  const visits = plan.flatMap(({ place, rank, isBackwards }): Visit[] => {
    if (rank === undefined) {
      return [{ place, cursor: {}, rows: Math.min(LIMIT, total), hasMore: total > LIMIT }];
    }
    const id = ids.get(rank);
    if (id === undefined) return [];
    const beyond = isBackwards ? rank - 1 : total - rank;
    return [
      {
        place,
        cursor: { [isBackwards ? 'ending_before' : 'starting_after']: id },
        rows: Math.min(LIMIT, beyond),
        hasMore: beyond > LIMIT,
      },
    ];
  });
  return { rows: total, visits };
}

interface PlannedVisit {
  place: Place;
  /** From 1, the newest; left out for a page without a cursor. */
  rank?: number;
  isBackwards?: boolean;
}

/** Pure. */
export function planOf(total: number, times: number): PlannedVisit[] {
  const plan: PlannedVisit[] = [];
  const [from, to] = MIDDLE;
  for (let time = 0; time < times; time += 1) {
    plan.push({ place: 'top' });
    if (total === 0) continue;
    // In an order that jumps, so that no page has just been read for the one before.
    const part = from + ((to - from) * ((time * 7) % times)) / times;
    const middle = Math.max(1, Math.round(total * part));
    plan.push({ place: 'middle', rank: middle });
    // Nothing beyond, one row, ..., a page that is full.
    const last = Math.max(1, total - (time % (LIMIT + 1)));
    plan.push({ place: 'end', rank: last });
    const back = [middle, last, 1, Math.min(total, 1 + LIMIT)][time % 4] ?? middle;
    plan.push({ place: 'backwards', rank: back, isBackwards: true });
  }
  return plan;
}

async function countOf(owner: Database, workspaceId: string, filter: Filter): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) from calls where ${conditions(workspaceId, filter)}`.execute(owner);
  return Number(rows[0]?.count ?? 0);
}

async function idsAt(
  owner: Database,
  { workspaceId, filter, ranks }: { workspaceId: string; filter: Filter; ranks: number[] },
): Promise<Map<number, string>> {
  const { rows } = await sql<{ rank: string; id: string }>`
    select rank, id
    from (
      select id, row_number() over (order by created_at desc, id desc) as rank
      from calls
      where ${conditions(workspaceId, filter)}
    ) as ranked
    where rank = any(${ranks}::bigint[])`.execute(owner);
  return new Map(rows.map(({ rank, id }) => [Number(rank), id]));
}

function conditions(workspaceId: string, filter: Filter) {
  const parts = Object.entries(filter).map(([name, value]) => {
    const condition = CONDITIONS[name];
    if (!condition) throw new Error(`No filter is called ${name}.`);
    const { column, operator } = condition;
    return sql`${sql.ref(column)} ${sql.raw(operator)} ${value}`;
  });
  const all = [sql`workspace_id = ${workspaceId}`, sql`deleted_at is null`, ...parts];
  return sql.join(all, sql` and `);
}
