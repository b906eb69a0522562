import { describe, expect, test } from '@jest/globals';
import type { AccountsHere, KeyRequest } from '../../src/accounts-here.ts';
import { newApiKey } from '../../src/api-key.ts';
import { CallRequestError, NotReadyError } from '../../src/call-errors.ts';
import { USUAL_LIMITS } from '../../src/request-limits.ts';
import { runCli } from '../../src/cli/program.ts';
import { NO_API, NO_SEALING } from './fake-manager.ts';

const KEY = newApiKey('live');
const CREATED = '2026-03-01T12:00:00.000Z';

async function run(args: string[], more: Partial<AccountsHere> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const requests: KeyRequest[] = [];
  const changes: unknown[] = [];
  const workspace = (id: string, name: string) => ({
    id,
    name,
    retentionDays: null,
    sessionIdleHours: 24,
    limits: {},
    createdAt: CREATED,
    updatedAt: CREATED,
  });
  const nobody = () => Promise.reject(new Error('nobody is here'));
  const code = await runCli(args, {
    ...NO_SEALING,
    ...NO_API,
    manager: nobody,
    operations: nobody,
    out: (text) => void out.push(text),
    error: (text) => void err.push(text),
    accounts: () => ({
      migrate: async () => ['001-calls', '002-turn-models'],
      createWorkspace: async (name) => workspace('ws_new', name),
      listWorkspaces: async () => [workspace('ws_default', 'Default'), workspace('ws_b', 'B')],
      createKey: async (request) => {
        requests.push(request);
        const { workspaceId = 'ws_default', name, mode, scopes } = request;
        return {
          id: 'key_1',
          key: KEY,
          workspaceId,
          name,
          mode,
          scopes: [...scopes],
          expiresAt: null,
        };
      },
      limits: async (_id, change) => {
        changes.push(change);
        return USUAL_LIMITS;
      },
      ...more,
    }),
  });
  return { code, out: out.join('\n'), err: err.join('\n'), request: requests[0], changes };
}

describe('voca keys create', () => {
  test('prints the key alone, and beside it how it is used', async () => {
    const { code, out, err, request } = await run(['keys', 'create']);
    expect([code, out]).toEqual([0, KEY]);
    expect(err).toContain('export VOCA_API_KEY=');
    expect(err).not.toContain(KEY);
    expect(request).toEqual({ name: 'made on the machine', mode: 'live', scopes: ['admin'] });
  });

  test('takes all that a key has', async () => {
    const options = ['--workspace', 'ws_b', '--name', 'CI', '--scopes', 'calls:write, calls:read'];
    const more = ['--mode', 'test', '--expires-in-days', '30', '--json'];
    const { code, out, request } = await run(['keys', 'create', ...options, ...more]);
    const scopes = ['calls:read', 'calls:write'];
    expect(code).toBe(0);
    expect(request).toEqual({
      workspaceId: 'ws_b',
      name: 'CI',
      scopes,
      mode: 'test',
      expiresInDays: 30,
    });
    expect(JSON.parse(out)).toEqual({
      object: 'api_key',
      id: 'key_1',
      key: KEY,
      workspace_id: 'ws_b',
      name: 'CI',
      mode: 'test',
      scopes,
      expires_at: null,
    });
  });

  test.each([
    ['--scopes', 'everything'],
    ['--scopes', ''],
    ['--mode', 'both'],
    ['--expires-in-days', '0'],
    ['--expires-in-days', 'soon'],
    ['--name', ' '],
  ])('refuses %s “%s”', async (option, value) => {
    const { code, request } = await run(['keys', 'create', option, value]);
    expect([code, request]).toEqual([2, undefined]);
  });

  test('tells wrong use from a database that is away', async () => {
    const failing = (error: Error) =>
      run(['keys', 'create'], { createKey: () => Promise.reject(error) });
    expect((await failing(new CallRequestError('There is no such workspace.'))).code).toBe(2);
    expect((await failing(new NotReadyError('The database is away.'))).code).toBe(3);
  });
});

describe('voca workspaces', () => {
  test('create prints the id alone', async () => {
    const { code, out, err } = await run(['workspaces', 'create', 'Acme']);
    expect([code, out]).toEqual([0, 'ws_new']);
    expect(err).toContain('voca keys create --workspace ws_new');
  });

  test('list names each, for people and for programs', async () => {
    const { out } = await run(['workspaces', 'list']);
    expect(out.split('\n')).toEqual([`ws_default  ${CREATED}  Default`, `ws_b  ${CREATED}  B`]);
    const json: unknown = JSON.parse((await run(['workspaces', 'list', '--json'])).out);
    expect(json).toMatchObject([{ object: 'workspace', id: 'ws_default' }, { name: 'B' }]);
  });
});

describe('voca workspaces limits', () => {
  test('shows them, and changes what is given', async () => {
    const shown = await run(['workspaces', 'limits', 'ws_b']);
    expect(shown.out).toContain('each key:  600 reads, 300 writes, 60 dials a minute');
    const changed = await run([
      'workspaces',
      'limits',
      'ws_b',
      '--of',
      'workspace',
      '--reads',
      '0',
    ]);
    expect([shown.changes, changed.changes]).toEqual([
      [undefined],
      [{ owner: 'workspace', to: { reads: 0 } }],
    ]);
    expect((await run(['workspaces', 'limits', 'ws_b', '--reads', 'many'])).code).toBe(2);
  });
});

describe('voca migrate', () => {
  test('names what it ran', async () => {
    expect((await run(['migrate'])).out).toBe('001-calls\n002-turn-models');
    const none = { migrate: async () => [] };
    expect((await run(['migrate'], none)).out).toBe('Up to date.');
    expect(JSON.parse((await run(['migrate', '--json'], none)).out)).toEqual({ migrations: [] });
  });
});
