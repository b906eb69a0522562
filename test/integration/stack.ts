import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** The variable through which the global setup hands the addresses to the test files. */
export const STACKS_VARIABLE = 'VOCA_TEST_STACK';

/** The servers that the integration tests of one worker process of Jest share. */
export interface SharedStack {
  /** An empty database; most tests want one of their own: {@link freshDatabase}. */
  databaseUrl: string;
  temporalAddress: string;
  namespace: string;
  /** The compiled workflows, as `workflowBundle: { codePath }` of a worker. */
  workflowBundlePath: string;
}

/** The addresses of the servers. Task queues and workflow ids must be the test file's own. */
export function stack(): SharedStack {
  const { [STACKS_VARIABLE]: shared, JEST_WORKER_ID: worker = '1' } = process.env;
  if (!shared) throw new Error('No test stack: run this file in the project "integration".');
  const own = (JSON.parse(shared) as SharedStack[])[Number(worker) - 1];
  if (!own) throw new Error(`No test stack for worker process ${worker} of Jest.`);
  return own;
}

export interface FreshDatabase {
  url: string;
  /** Removes it, also while somebody is connected. */
  drop(): Promise<void>;
}

/** An empty database with a random name, for one test file. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdmin(`create database ${name}`);
  const url = new URL(stack().databaseUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => asAdmin(`drop database if exists ${name} with (force)`),
  };
}

async function asAdmin(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: stack().databaseUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
