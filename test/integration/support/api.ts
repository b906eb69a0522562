/** The management API over real HTTP and a real PostgreSQL, with as many processes as wanted. */
import { buildApp } from '../../../src/http/app.ts';
import type { ApiOptions } from '../../../src/http/api/index.ts';
import type { StreamTimes } from '../../../src/http/api/frame/stream-writer.ts';
import { openApi } from '../../../src/http/api/open.ts';
import { faceOf, newApiKey } from '../../../src/api-key.ts';
import type { KeyMode } from '../../../src/api-key.ts';
import * as apiKeys from '../../../src/db/api-keys.ts';
import { createDatabase } from '../../../src/db/pool.ts';
import type { Database } from '../../../src/db/pool.ts';
import { inWorkspace } from '../../../src/db/scope.ts';
import * as workspaces from '../../../src/db/workspaces.ts';
import { migrateToLatest } from '../../../src/db/migrate.ts';
import { newId } from '../../../src/ids.ts';
import { createLogger } from '../../../src/log.ts';
import { loadConfig } from '../../../src/config.ts';
import { createUrls } from '../../../src/twilio/urls.ts';
import { FakeGateway } from '../../http/harness.ts';
import { freshDatabase } from '../stack.ts';
import { PATIENCE_MS } from './database.ts';

export const ENVIRONMENT = {
  TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: '0123456789abcdef0123456789abcdef',
  TWILIO_PHONE_NUMBER: '+15005550006',
  TWILIO_WEBHOOK_URL: 'https://voice.example.com',
  TEMPORAL_ADDRESS: '127.0.0.1:9',
  VOCA_ALLOW_LOCAL_WEBHOOKS: 'true',
};

export interface ApiAnswer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
  /** As it came. */
  text: string;
}

export interface ApiRequest {
  key?: string;
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface ApiProcess {
  url: string;
  ask<T = Record<string, unknown>>(path: string, request?: ApiRequest): Promise<ApiAnswer<T>>;
  /** What it has logged, as text. */
  log(): string;
  openStreams(): number;
  stop(): Promise<void>;
}

interface Departure {
  environment?: Record<string, string>;
  options?: Partial<ApiOptions>;
  streamTimes?: StreamTimes;
}

export interface ApiBench {
  databaseUrl: string;
  /** In the role `app`, as the API has it. */
  db: Database;
  /** As its owner: sees everything. */
  owner: Database;
  /** @param more departs from the usual options */
  start(more?: Departure): Promise<ApiProcess>;
  workspace(): Promise<string>;
  key(workspaceId: string, scopes?: string[], mode?: KeyMode): Promise<string>;
  close(): Promise<void>;
}

export async function openApiBench(): Promise<ApiBench> {
  const fresh = await freshDatabase();
  const open = (role?: 'app' | 'system') =>
    createDatabase({
      ...{ url: fresh.url, applicationName: 'voca-test', connectTimeoutMs: PATIENCE_MS },
      ...(role && { role }),
    });
  const owner = open();
  await migrateToLatest(owner);
  const [db, system] = [open('app'), open('system')];
  const running: ApiProcess[] = [];
  return {
    databaseUrl: fresh.url,
    db,
    owner,
    start: async (more = {}) => {
      const started = await startProcess(fresh.url, more);
      running.push(started);
      return started;
    },
    workspace: async () => {
      const id = newId('ws');
      await workspaces.create(system, { id, name: 'A workspace' });
      return id;
    },
    key: async (workspaceId, scopes = ['admin'], mode = 'live') => {
      const key = newApiKey(mode);
      const face = faceOf(key);
      if (!face) throw new Error('A new key has no face');
      await inWorkspace(db, workspaceId, 'Making a key', (scope) =>
        apiKeys.insert(scope, { id: newId('key'), name: 'test', scopes, ...face }),
      );
      return key;
    },
    close: async () => {
      await Promise.all(running.map((each) => each.stop()));
      await Promise.all([owner.destroy(), db.destroy(), system.destroy()]);
      await fresh.drop();
    },
  };
}

async function startProcess(databaseUrl: string, more: Departure): Promise<ApiProcess> {
  const config = loadConfig(
    { ...ENVIRONMENT, DATABASE_URL: databaseUrl, ...more.environment },
    { role: 'api' },
  );
  let lines = '';
  const log = createLogger({
    level: 'trace',
    role: 'api',
    destination: { write: (line: string) => void (lines += line) },
  });
  const api = openApi(config, log);
  if (!api) throw new Error('No database');
  const app = buildApp({
    gateway: new FakeGateway(),
    account: config.twilio,
    urls: createUrls(config.twilio.webhookUrl),
    readiness: async () => [],
    log,
    api: {
      ...api.options,
      streams: { ...api.options.streams, ...more.streamTimes },
      ...more.options,
    },
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  let isStopped = false;
  return {
    url,
    ask: (path, request) => ask(url, path, request),
    log: () => lines,
    openStreams: () => api.options.streams.open.size,
    stop: async () => {
      if (isStopped) return;
      isStopped = true;
      await app.close();
      await api.close();
    },
  };
}

async function ask<T>(url: string, path: string, request: ApiRequest = {}): Promise<ApiAnswer<T>> {
  const { key, body, headers = {} } = request;
  const response = await fetch(url + path, {
    method: request.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (text === '' ? {} : jsonOr(text)) as T,
  };
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
