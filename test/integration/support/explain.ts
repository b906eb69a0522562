/** What PostgreSQL reads to answer what a repository asks. */
import { CompiledQuery, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Schema } from '../../../src/db/schema.ts';
import { inWorkspace } from '../../../src/db/scope.ts';
import type { Scope } from '../../../src/db/scope.ts';
import { WS_A } from './database.ts';
import type { TestDatabase } from './database.ts';

export interface Plan {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

/**
 * Explains the last question of those that are asked of a table, with its values, where row-level security
 * is at work.
 */
export async function explained(
  base: TestDatabase,
  table: keyof Schema,
  ask: (scope: Scope) => Promise<unknown>,
): Promise<Plan> {
  const asked: CompiledQuery[] = [];
  const pool = new pg.Pool({ connectionString: base.url, options: '-c role=voca_app' });
  const listening = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool }),
    log: ({ query }) => void asked.push(query),
  });
  try {
    await inWorkspace(listening, WS_A, 'Testing', ask);
  } finally {
    await listening.destroy();
  }
  const query = asked.findLast((each) => new RegExp(`^select .* from "${table}"`).test(each.sql));
  if (!query) throw new Error('nothing was asked');
  return base.within(async ({ trx }) => {
    const explain = CompiledQuery.raw(`explain (analyze, format json) ${query.sql}`, [
      ...query.parameters,
    ]);
    const { rows } = await trx.executeQuery<{ 'QUERY PLAN': { Plan: Plan }[] }>(explain);
    const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
    if (!plan) throw new Error('no plan');
    return plan;
  });
}

/** The most rows that a step reads, endlessly many for one that reads the whole table. */
export function mostRead(plan: Plan): number {
  const nodes = nodesOf(plan);
  if (nodes.some((node) => node['Node Type'] === 'Seq Scan')) return Infinity;
  return Math.max(
    ...nodes.map(
      (node) =>
        (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
    ),
  );
}
