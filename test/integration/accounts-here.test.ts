import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accountsHere } from '../../src/accounts-here.ts';
import type { AccountsHere } from '../../src/accounts-here.ts';
import { CallRequestError, NotReadyError } from '../../src/call-errors.ts';
import { loadConfig } from '../../src/config.ts';
import { FIRST_WORKSPACE } from '../../src/db/scope.ts';
import { announceInstance } from '../../src/running.ts';
import { openApiBench } from './support/api.ts';
import type { ApiBench } from './support/api.ts';
import { freshDatabase } from './stack.ts';
import type { FreshDatabase } from './stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'voca-accounts-'));
let bench: ApiBench;
let fresh: FreshDatabase;

beforeAll(async () => {
  bench = await openApiBench();
  fresh = await freshDatabase();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await bench.close();
  await fresh.drop();
});

function here(environment: Record<string, string>): AccountsHere {
  return accountsHere(loadConfig(environment, { role: 'cli' }), environment);
}

const WANTED = { name: 'first', mode: 'live', scopes: ['admin'] } as const;

describe('on the machine itself', () => {
  test('the first key is made, and opens the API', async () => {
    const accounts = here({ DATABASE_URL: bench.databaseUrl });
    const made = await accounts.createKey(WANTED);
    expect(made).toMatchObject({ workspaceId: FIRST_WORKSPACE, expiresAt: null });
    const api = await bench.start();
    const answer = await api.ask('/v1/workspace', { key: made.key });
    expect([answer.status, answer.body['id']]).toEqual([200, FIRST_WORKSPACE]);
  });

  test('workspaces are made, and their keys see what is theirs', async () => {
    const accounts = here({ DATABASE_URL: bench.databaseUrl });
    const { id } = await accounts.createWorkspace('Acme');
    expect((await accounts.listWorkspaces()).map((each) => each.id)).toContain(id);
    const made = await accounts.createKey({ ...WANTED, workspaceId: id, expiresInDays: 2 });
    const days = (Date.parse(made.expiresAt ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(2, 2);
    const api = await bench.start();
    const answer = await api.ask('/v1/workspace', { key: made.key });
    expect([answer.status, answer.body['name']]).toEqual([200, 'Acme']);
    const none = accounts.createKey({ ...WANTED, workspaceId: 'ws_none' });
    await expect(none).rejects.toThrow(CallRequestError);
  });

  test('limits are shown and changed', async () => {
    const accounts = here({ DATABASE_URL: bench.databaseUrl });
    const { id } = await accounts.createWorkspace('Busy');
    expect((await accounts.limits(id)).key).toEqual({ reads: 600, writes: 300, dials: 60 });
    await accounts.limits(id, { owner: 'key', to: { reads: 7 } });
    const changed = await accounts.limits(id, { owner: 'workspace', to: { dials: 0 } });
    expect(changed).toEqual({
      key: { reads: 7, writes: 300, dials: 60 },
      workspace: { reads: 1_200, writes: 600, dials: 0 },
    });
    await expect(accounts.limits('ws_none')).rejects.toThrow(CallRequestError);
  });

  test('tables are made, and what they lack is told', async () => {
    const accounts = here({ DATABASE_URL: fresh.url });
    await expect(accounts.createKey(WANTED)).rejects.toThrow('voca migrate');
    const migrations = await accounts.migrate();
    expect(migrations.length).toBeGreaterThan(2);
    expect(await accounts.migrate()).toEqual([]);
    expect((await accounts.createKey(WANTED)).key).toMatch(/^voca_live_/);
  });

  test('a database that is not there, or not named, is told from others', async () => {
    const away = here({ DATABASE_URL: 'postgres://voca:voca@127.0.0.1:9/voca' });
    await expect(away.listWorkspaces()).rejects.toThrow(NotReadyError);
    const nothing = here({ VOCA_DATA_DIR: folder });
    await expect(nothing.listWorkspaces()).rejects.toThrow(NotReadyError);
    announceInstance(folder, {
      pid: process.pid,
      temporalAddress: '127.0.0.1:9',
      namespace: 'default',
      apiUrl: 'http://127.0.0.1:9',
      accountSid: 'AC1',
      phoneNumber: '+15005550006',
    });
    await expect(nothing.listWorkspaces()).rejects.toThrow('set DATABASE_URL');
  });
});
