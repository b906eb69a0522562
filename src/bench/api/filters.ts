/** The ways of filtering a list of calls that are measured: each alone, and those that go together. */
import { sql } from 'kysely';
import type { Database } from '../../db/pool.ts';

/** Parameters of `GET /v1/calls`. */
export type Filter = Readonly<Record<string, string>>;

export interface NamedFilter {
  name: string;
  filter: Filter;
  /** It has one parameter or none; a range of time counts as one. */
  isSingle: boolean;
}

/** What each parameter means in the table. */
export const CONDITIONS: Record<string, { column: string; operator: '=' | '>=' | '<' }> = {
  status: { column: 'status', operator: '=' },
  direction: { column: 'direction', operator: '=' },
  end_reason: { column: 'end_reason', operator: '=' },
  assistant_id: { column: 'assistant_id', operator: '=' },
  phone_number_id: { column: 'phone_number_id', operator: '=' },
  session_id: { column: 'session_id', operator: '=' },
  from: { column: 'from_number', operator: '=' },
  to: { column: 'to_number', operator: '=' },
  call_sid: { column: 'call_sid', operator: '=' },
  'created_at[gte]': { column: 'created_at', operator: '>=' },
  'created_at[lt]': { column: 'created_at', operator: '<' },
};

interface Values {
  /** What most of the rows have. */
  common: string;
  /** What a tenth of the values are rarer than. */
  rare: string;
}

const MONTH = {
  'created_at[gte]': '2026-05-01T00:00:00.000Z',
  'created_at[lt]': '2026-06-01T00:00:00.000Z',
};

/** @param owner sees all rows */
export async function filtersFor(owner: Database, workspaceId: string): Promise<NamedFilter[]> {
  const columns = Object.entries(CONDITIONS).filter(([, { operator }]) => operator === '=');
  const found: Record<string, Values> = {};
  for (const [name, { column }] of columns) {
    found[name] = await valuesOf(owner, workspaceId, column);
  }
  const value = (name: string, which: keyof Values) => found[name]?.[which] ?? '';
  const one = (name: string, which: keyof Values): Filter => ({ [name]: value(name, which) });
  const singles: [string, Filter][] = [
    ['none', {}],
    ...columns.flatMap(([name]): [string, Filter][] => [
      [`${name}, common`, one(name, 'common')],
      [`${name}, rare`, one(name, 'rare')],
    ]),
    ['assistant_id, none such', { assistant_id: 'asst_0nobody' }],
    ['created_at from', { 'created_at[gte]': MONTH['created_at[gte]'] }],
    ['created_at before', { 'created_at[lt]': MONTH['created_at[lt]'] }],
    ['created_at, a month', MONTH],
  ];
  const pairs: [string, Filter][] = [
    ['assistant_id + status', { ...one('assistant_id', 'common'), status: 'ended' }],
    ['assistant_id + open', { ...one('assistant_id', 'common'), status: 'answered' }],
    [
      'assistant_id + end_reason',
      { ...one('assistant_id', 'common'), ...one('end_reason', 'rare') },
    ],
    ['assistant_id + no-answer', { ...one('assistant_id', 'common'), end_reason: 'no-answer' }],
    ['assistant_id + direction', { ...one('assistant_id', 'common'), direction: 'outbound' }],
    // One assistant in four only places calls.
    ['outbound assistant + inbound', { assistant_id: 'asst_bench3', direction: 'inbound' }],
    ['assistant_id + month', { ...one('assistant_id', 'common'), ...MONTH }],
    ['assistant_id + from', { ...one('assistant_id', 'common'), ...one('from', 'common') }],
    ['phone_number_id + status', { ...one('phone_number_id', 'common'), status: 'ended' }],
    ['phone_number_id + end_reason', { ...one('phone_number_id', 'common'), end_reason: 'busy' }],
    ['phone_number_id + month', { ...one('phone_number_id', 'common'), ...MONTH }],
    ['direction + end_reason', { direction: 'outbound', end_reason: 'no-answer' }],
    ['direction + status', { direction: 'outbound', status: 'ended' }],
    ['status + month', { status: 'answered', ...MONTH }],
    ['end_reason + month', { ...one('end_reason', 'rare'), ...MONTH }],
    ['from + month', { ...one('from', 'common'), ...MONTH }],
    ['session_id + status', { ...one('session_id', 'common'), status: 'ended' }],
  ];
  return [
    ...singles.map(([name, filter]) => ({ name, filter, isSingle: true })),
    ...pairs.map(([name, filter]) => ({ name, filter, isSingle: false })),
  ];
}

async function valuesOf(owner: Database, workspaceId: string, column: string): Promise<Values> {
  const { rows } = await sql<{ common: string; rare: string }>`
    with counted as (
      select ${sql.ref(column)} as value, row_number() over (order by count(*) desc, ${sql.ref(column)})
        as place, count(*) over () as values
      from calls
      where workspace_id = ${workspaceId} and ${sql.ref(column)} is not null and deleted_at is null
      group by 1
    )
    select (select value from counted where place = 1) as common,
      (select value from counted where place = ceil(values * 0.9)) as rare`.execute(owner);
  const [found] = rows;
  if (!found) throw new Error('There are no calls to filter.');
  return found;
}
