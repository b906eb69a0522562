/** The management API of running processes: workspaces with keys and numbers, and how it is asked. */
import { faceOf, newApiKey } from '../../../src/api-key.ts';
import * as apiKeys from '../../../src/db/api-keys.ts';
import * as phoneNumbers from '../../../src/db/phone-numbers.ts';
import { createDatabase } from '../../../src/db/pool.ts';
import type { Database } from '../../../src/db/pool.ts';
import { inWorkspace } from '../../../src/db/scope.ts';
import * as workspaces from '../../../src/db/workspaces.ts';
import { newId } from '../../../src/ids.ts';

export interface Asked {
  method?: string;
  body?: unknown;
  /** `Idempotency-Key`. */
  once?: string;
}

export interface Answered<T> {
  status: number;
  headers: Headers;
  text: string;
  body: T;
}

/** Somebody with a key. */
export interface Client {
  workspaceId: string;
  ask<T = Record<string, unknown>>(path: string, asked?: Asked): Promise<Answered<T>>;
}

const STREAM_MS = 500;

export class ApiOfRoles {
  readonly #url: string;
  /** As its owner: sees everything. */
  readonly database: Database;

  constructor(url: string, databaseUrl: string) {
    this.#url = url;
    this.database = createDatabase({ url: databaseUrl, applicationName: 'voca-test' });
  }

  /** With limits that no test reaches. */
  async workspace(): Promise<string> {
    const id = newId('ws');
    await workspaces.create(this.database, { id, name: 'A workspace' });
    const allowance = { reads: 100_000, writes: 100_000 };
    await this.database
      .updateTable('workspaces')
      .set({ limits: JSON.stringify({ key: allowance, workspace: allowance }) })
      .where('id', '=', id)
      .execute();
    return id;
  }

  async client(workspaceId: string, scopes: string[] = ['admin']): Promise<Client> {
    const key = newApiKey('test');
    const face = faceOf(key);
    if (!face) throw new Error('A new key has no face');
    await inWorkspace(this.database, workspaceId, 'Making a key', (scope) =>
      apiKeys.insert(scope, { id: newId('key'), name: 'test', scopes, ...face }),
    );
    return { workspaceId, ask: (path, asked) => ask(this.#url + path, key, asked) };
  }

  async number(workspaceId: string, number: string): Promise<string> {
    const id = newId('pn');
    await inWorkspace(this.database, workspaceId, 'Making a number', (scope) =>
      phoneNumbers.create(scope, { id, number }),
    );
    return id;
  }

  async close(): Promise<void> {
    await this.database.destroy();
  }
}

async function ask<T>(url: string, key: string, asked: Asked = {}): Promise<Answered<T>> {
  const { body, once, method = body === undefined ? 'GET' : 'POST' } = asked;
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(once !== undefined && { 'idempotency-key': once }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const { status, headers } = response;
  const isStream = headers.get('content-type') === 'text/event-stream';
  const text = isStream ? await beginningOf(response) : await response.text();
  return { status, headers, text, body: (text === '' || isStream ? {} : JSON.parse(text)) as T };
}

/** What a stream has to say at first: it may never end. */
async function beginningOf({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const timer = setTimeout(() => void reader?.cancel(), STREAM_MS);
  let text = '';
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  clearTimeout(timer);
  return text;
}
