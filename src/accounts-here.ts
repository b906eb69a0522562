/**
 * Workspaces and keys of the instance that runs on this machine, or of the database that the environment
 * names. Whoever may do this needs no API key: they make the first one.
 */
import { faceOf, newApiKey } from './api-key.ts';
import type { KeyMode } from './api-key.ts';
import type { ApiScope } from './api-scopes.ts';
import { CallRequestError, NotReadyError } from './call-errors.ts';
import type { CliConfig, Environment } from './config-types.ts';
import { knownDataDirs } from './data-dirs.ts';
import * as apiKeys from './db/api-keys.ts';
import { DatabaseError } from './db/errors.ts';
import { MIGRATION_STATEMENT_MS, migrateToLatest } from './db/migrate.ts';
import { createDatabase } from './db/pool.ts';
import type { Database } from './db/pool.ts';
import { FIRST_WORKSPACE, inWorkspace } from './db/scope.ts';
import * as workspaces from './db/workspaces.ts';
import type { StoredWorkspace } from './db/workspaces.ts';
import { postgresUrl } from './embedded/postgres.ts';
import { presentApiKey } from './http/api/accounts/api-key-schema.ts';
import { tell } from './http/api/events/tell.ts';
import { newId } from './ids.ts';
import { departing, limitsOf } from './request-limits.ts';
import type { Allowance, LimitOwner, Limits } from './request-limits.ts';
import { findInstance } from './running.ts';

export type { StoredWorkspace };

export interface KeyRequest {
  /** Left out: the first one. */
  workspaceId?: string;
  name: string;
  mode: KeyMode;
  scopes: readonly ApiScope[];
  /** Left out: never. */
  expiresInDays?: number;
}

export interface MadeKey {
  id: string;
  /** The key itself. */
  key: string;
  workspaceId: string;
  name: string;
  mode: KeyMode;
  scopes: string[];
  /** RFC 3339. */
  expiresAt: string | null;
}

/** All throw {NotReadyError} when the database is not there, {CallRequestError} for what is not known. */
export interface AccountsHere {
  /** @returns the names of the migrations that were run. */
  migrate(): Promise<string[]>;
  createWorkspace(name: string): Promise<StoredWorkspace>;
  listWorkspaces(): Promise<StoredWorkspace[]>;
  createKey(request: KeyRequest): Promise<MadeKey>;
  /** The limits of a workspace, after they were changed if there is something to change. */
  limits(workspaceId: string, change?: LimitChange): Promise<Limits>;
}

export interface LimitChange {
  owner: LimitOwner;
  /** Requests a minute. */
  to: Partial<Allowance>;
}

const DAY_MS = 86_400_000;

export function accountsHere(config: CliConfig, env: Environment): AccountsHere {
  const withDatabase = async <T>(
    role: 'owner' | 'system',
    work: (db: Database) => Promise<T>,
  ): Promise<T> => {
    const db = createDatabase({
      url: databaseUrl(config, env),
      applicationName: 'voca-cli',
      maxConnections: 1,
      ...(role === 'system' ? { role } : { statementTimeoutMs: MIGRATION_STATEMENT_MS }),
    });
    try {
      return await work(db);
    } catch (error) {
      throw explained(error);
    } finally {
      await db.destroy();
    }
  };
  return {
    migrate: () => withDatabase('owner', migrateToLatest),
    createWorkspace: (name) =>
      withDatabase('system', (db) => workspaces.create(db, { id: newId('ws'), name })),
    listWorkspaces: () => withDatabase('system', workspaces.list),
    createKey: (request) => withDatabase('system', (db) => createKey(db, request)),
    limits: (workspaceId, change) =>
      withDatabase('system', (db) => changeLimits(db, workspaceId, change)),
  };
}

/** PostgreSQL knows no such table. */
const NO_TABLE = '42P01';

function explained(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return error;
  if (error.code === NO_TABLE) {
    return new NotReadyError('The database has no tables yet: run voca migrate, or start VOCA.');
  }
  return error.retryable ? new NotReadyError(error.message) : error;
}

async function createKey(db: Database, request: KeyRequest): Promise<MadeKey> {
  const { workspaceId = FIRST_WORKSPACE, name, mode, scopes, expiresInDays } = request;
  await mustBeThere(db, workspaceId);
  const key = newApiKey(mode);
  const face = faceOf(key);
  if (!face) throw new Error('A new key that is none');
  const stored = await inWorkspace(db, workspaceId, 'Creating an API key', async (scope) => {
    const made = await apiKeys.insert(scope, {
      id: newId('key'),
      name,
      scopes,
      ...face,
      ...(expiresInDays !== undefined && {
        expiresAt: new Date(Date.now() + expiresInDays * DAY_MS).toISOString(),
      }),
    });
    await tell(scope, 'api_key.created', { api_key: presentApiKey(made) });
    return made;
  });
  const { id, expiresAt } = stored;
  return { id, key, workspaceId, name, mode, scopes: stored.scopes, expiresAt };
}

async function changeLimits(
  db: Database,
  workspaceId: string,
  change: LimitChange | undefined,
): Promise<Limits> {
  await mustBeThere(db, workspaceId);
  const { limits } = await inWorkspace(db, workspaceId, 'Changing the limits', async (scope) => {
    const found = await workspaces.find(scope);
    if (!change) return found;
    return workspaces.update(scope, {
      limits: departing(found.limits, change.owner, change.to),
    });
  });
  return limitsOf(limits);
}

async function mustBeThere(db: Database, workspaceId: string): Promise<void> {
  const known = await workspaces.list(db);
  if (known.some(({ id }) => id === workspaceId)) return;
  throw new CallRequestError('There is no such workspace: see voca workspaces list.');
}

function databaseUrl(config: CliConfig, env: Environment): string {
  const { url } = config.database;
  if (url !== undefined) return url;
  for (const dataDir of knownDataDirs(config, env)) {
    const running = findInstance(dataDir);
    if (!running) continue;
    if (running.databasePort !== undefined) return postgresUrl(dataDir, running.databasePort);
    throw new CallRequestError('The instance has its database elsewhere: set DATABASE_URL.');
  }
  throw new NotReadyError('No instance runs on this machine: start one, or set DATABASE_URL.');
}
