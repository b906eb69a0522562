import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Schema } from './schema.ts';

export type Database = Kysely<Schema>;

export interface DatabaseOptions {
  /** postgres://USER:PASSWORD@HOST:PORT/DATABASE */
  url: string;
  /**
   * `app` sees the rows of the workspace that a transaction has entered (see `scope.ts`), `system` those
   * of all. Left out for whoever owns the tables: migrations, and tools beside the product.
   */
  role?: 'app' | 'system';
  /** What PostgreSQL shows of us, such as `voca-worker`. */
  applicationName: string;
  /** Connections at most; nothing that a caller waits for needs many. */
  maxConnections?: number;
  statementTimeoutMs?: number;
  /** Also the wait for a connection that others use. */
  connectTimeoutMs?: number;
  /** Told of each connection that was lost while nobody used it. */
  onLost?: (error: Error) => void;
}

const MAX_CONNECTIONS = 5;
/** A call's first words may wait for a read: better the last good copy than a long wait. */
const CONNECT_TIMEOUT_MS = 1_000;
const STATEMENT_TIMEOUT_MS = 5_000;
/** A little more than the server's own limit: this one is for a server that vanished. */
const GRACE_MS = 1_000;
const IDLE_MS = 30_000;

/**
 * Opens nothing yet: connections come when they are needed, and come anew after PostgreSQL was
 * away. `destroy()` closes them.
 */
export function createDatabase(options: DatabaseOptions): Database {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.maxConnections ?? MAX_CONNECTIONS,
    connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + GRACE_MS,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
    // With the greeting of a connection, so that no statement is ever run without it.
    ...(options.role && { options: `-c role=voca_${options.role}` }),
  });
  // Without a listener a lost connection would end the process: the pool listens only while a
  // client is idle, the other one is for a client that is lost between two statements.
  pool.on('error', (error) => options.onLost?.(error));
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}
