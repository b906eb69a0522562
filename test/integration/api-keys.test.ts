import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { newApiKey } from '../../src/api-key.ts';
import { openApiBench } from './support/api.ts';
import type { ApiAnswer, ApiBench, ApiProcess, ApiRequest } from './support/api.ts';
import { eventually } from './support/eventually.ts';

interface KeyBody {
  id: string;
  key: string;
  status: string;
  last_four: string;
  scopes: string[];
  expires_at: string | null;
  last_used_at: string | null;
  rolled_from: string | null;
  code: string;
}
type Answer = ApiAnswer<KeyBody>;

/** What `docs` promise; the rest is for a busy machine. */
const DEAD_WITHIN_MS = 5_000;
const PATH = '/v1/api-keys';

let bench: ApiBench;
let one: ApiProcess;
let other: ApiProcess;
let workspace: string;
let admin: string;
const shown: string[] = [];

beforeAll(async () => {
  bench = await openApiBench();
  [one, other] = await Promise.all([bench.start(), bench.start()]);
  workspace = await bench.workspace();
  admin = await bench.key(workspace);
});
afterAll(() => bench.close());

const ask = (path: string, request: ApiRequest = {}, to = one) =>
  to.ask<KeyBody>(path, { key: admin, ...request });

async function create(more: object = {}, as = admin): Promise<Answer> {
  const body = { name: 'a key', scopes: ['api_keys:read', 'workspace:read'], ...more };
  const made = await ask(PATH, { body, key: as });
  if (made.status === 201) shown.push(made.body.key);
  return made;
}
const statusWith = async (key: string, to = one) =>
  (await ask('/v1/workspace', { key }, to)).status;

describe('an API key', () => {
  test('is shown once, and works in every process', async () => {
    const made = await create();
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ status: 'active', expires_at: null, last_used_at: null });
    expect(made.body.key.slice(-4)).toBe(made.body.last_four);
    const found = await ask(made.headers.get('location') ?? '');
    const { key, ...rest } = made.body;
    expect(found.body).toEqual(rest);
    expect((await ask(PATH)).text).not.toContain(key);
    expect([await statusWith(key), await statusWith(key, other)]).toEqual([200, 200]);
  });

  test('is renamed, and in nothing else changed', async () => {
    const { body } = await create();
    const renamed = await ask(`${PATH}/${body.id}`, { method: 'PATCH', body: { name: 'Now' } });
    expect(renamed.body).toMatchObject({ name: 'Now', scopes: body.scopes });
    for (const changes of [{ scopes: ['admin'] }, { name: null }, { name: ' ' }]) {
      const refused = await ask(`${PATH}/${body.id}`, { method: 'PATCH', body: changes });
      expect(refused.status).toBe(422);
    }
  });

  test('gives no rights that it does not have', async () => {
    const modest = (await create({ scopes: ['api_keys:write', 'calls:read'] })).body.key;
    expect((await create({ scopes: ['calls:read'] }, modest)).status).toBe(201);
    for (const scopes of [['admin'], ['calls:write'], ['calls:read', 'workspace:write']]) {
      const refused = await create({ scopes }, modest);
      expect([refused.status, refused.body.code]).toEqual([403, 'scope-missing']);
    }
    const { id } = (await create({ scopes: ['admin'] })).body;
    const rolled = await ask(`${PATH}/${id}/roll`, { key: modest, body: {} });
    expect([rolled.status, rolled.body.code]).toEqual([403, 'scope-missing']);
  });

  test.each([
    [{ name: undefined }, '/name'],
    [{ scopes: [] }, '/scopes'],
    [{ scopes: ['everything'] }, '/scopes/0'],
    [{ scopes: ['admin', 'admin'] }, '/scopes'],
    [{ mode: 'both' }, '/mode'],
    [{ expires_at: 'tomorrow' }, '/expires_at'],
    [{ expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
    [{ workspace_id: 'ws_default' }, '/workspace_id'],
  ])('is not made of %j', async (more, pointer) => {
    const refused = await create(more);
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ errors: [{ pointer }] });
  });

  test('of another workspace is nothing', async () => {
    const { id } = (await create()).body;
    const stranger = await bench.key(await bench.workspace());
    const place = `${PATH}/${id}`;
    const tries: [string, ApiRequest][] = [
      [place, {}],
      [place, { method: 'PATCH', body: { name: 'Mine' } }],
      [place, { method: 'DELETE' }],
      [`${place}/roll`, { body: {} }],
    ];
    for (const [path, request] of tries) {
      expect((await ask(path, { ...request, key: stranger })).status).toBe(404);
    }
  });

  test('is dead within 5 s in every process once it is revoked', async () => {
    const { id, key } = (await create()).body;
    expect([await statusWith(key), await statusWith(key, other)]).toEqual([200, 200]);
    const revokedAt = Date.now();
    expect((await ask(`${PATH}/${id}`, { method: 'DELETE' })).status).toBe(204);
    await eventually(
      async () => expect([await statusWith(key), await statusWith(key, other)]).toEqual([401, 401]),
      { withinMs: DEAD_WITHIN_MS },
    );
    expect(Date.now() - revokedAt).toBeLessThan(DEAD_WITHIN_MS);
    expect((await ask(`${PATH}/${id}`)).body.status).toBe('revoked');
    expect((await ask(`${PATH}/${id}`, { method: 'DELETE' })).status).toBe(204);
    const rolled = await ask(`${PATH}/${id}/roll`, { body: {} });
    expect([rolled.status, rolled.body.code]).toEqual([409, 'conflict']);
  });

  test('expires to the moment, also where it was used just before', async () => {
    const expiresAt = Date.now() + 1_500;
    const { id, key } = (await create({ expires_at: new Date(expiresAt).toISOString() })).body;
    expect(await statusWith(key)).toBe(200);
    await eventually(async () => expect(await statusWith(key)).toBe(401));
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt);
    expect((await ask(`${PATH}/${id}`)).body.status).toBe('expired');
  });

  test('is rolled: the new one has the same rights, the old one works for a while', async () => {
    const old = (await create()).body;
    const before = Date.now();
    const rolled = await ask(`${PATH}/${old.id}/roll`, { method: 'POST' });
    expect(rolled.status).toBe(201);
    shown.push(rolled.body.key);
    expect(rolled.body).toMatchObject({
      scopes: old.scopes,
      rolled_from: old.id,
      expires_at: null,
    });
    expect([await statusWith(old.key), await statusWith(rolled.body.key)]).toEqual([200, 200]);
    const end = Date.parse((await ask(`${PATH}/${old.id}`)).body.expires_at ?? '') - before;
    expect(Math.abs(end - 86_400_000)).toBeLessThan(60_000);
    const body = { overlap_seconds: 0 };
    const again = await ask(`${PATH}/${rolled.body.id}/roll`, { body });
    shown.push(again.body.key);
    await eventually(async () => expect(await statusWith(rolled.body.key)).toBe(401), {
      withinMs: DEAD_WITHIN_MS,
    });
    expect(await statusWith(again.body.key)).toBe(200);
  });

  test('tells when it was used last', async () => {
    const { id, key } = (await create()).body;
    await statusWith(key);
    await eventually(async () =>
      expect((await ask(`${PATH}/${id}`)).body.last_used_at).not.toBeNull(),
    );
  });
});

describe('a test key', () => {
  test('works with a simulated carrier alone', async () => {
    const key = await bench.key(workspace, ['admin'], 'test');
    const refused = await ask('/v1/workspace', { key });
    expect([refused.status, refused.body.code]).toEqual([409, 'test-key-needs-simulator']);
    const simulated = await bench.start({
      environment: { TWILIO_API_BASE_URL: 'http://127.0.0.1:9' },
    });
    expect(await statusWith(key, simulated)).toBe(200);
    const live = await simulated.ask<KeyBody>(PATH, {
      key,
      body: { name: 'live', scopes: ['calls:read'], mode: 'live' },
    });
    expect([live.status, live.body.code]).toEqual([403, 'scope-missing']);
  });
});

describe('a workspace', () => {
  test('is shown and changed; its limits are not its own to change', async () => {
    const before = await ask('/v1/workspace');
    expect(before.body).toMatchObject({
      object: 'workspace',
      id: workspace,
      retention_days: null,
      session_idle_hours: 24,
      limits: { key: { reads: 600 }, workspace: { reads: 1_200 } },
    });
    const change = (body: object) => ask('/v1/workspace', { method: 'PATCH', body });
    const changed = await change({ name: 'New', retention_days: 30, session_idle_hours: 2 });
    expect(changed.body).toMatchObject({ name: 'New', retention_days: 30, session_idle_hours: 2 });
    const back = await change({ retention_days: null, session_idle_hours: null });
    expect(back.body).toMatchObject({ name: 'New', retention_days: null, session_idle_hours: 24 });
    for (const bad of [{ limits: {} }, { retention_days: 0 }, { session_idle_hours: 1.5 }]) {
      expect((await change(bad)).status).toBe(422);
    }
  });
});

describe('a path', () => {
  test('says which methods it takes', async () => {
    const tries = [
      ['/v1/workspace', 'DELETE', 'GET, HEAD, PATCH'],
      [PATH, 'PUT', 'GET, HEAD, POST'],
      [`${PATH}/key_1`, 'POST', 'DELETE, GET, HEAD, PATCH'],
    ] as const;
    for (const [path, method, allow] of tries) {
      const refused = await ask(path, { method });
      expect([refused.status, refused.body.code]).toEqual([405, 'method-not-allowed']);
      expect(refused.headers.get('allow')).toBe(allow);
    }
    expect((await ask(PATH, { method: 'PUT', key: newApiKey('live') })).status).toBe(401);
  });
});

describe('what keeps no keys:', () => {
  test('the database', async () => {
    await ask(PATH, {
      body: { name: 'once', scopes: ['admin'] },
      headers: { 'idempotency-key': 'canary-idempotency-key' },
    }).then(({ body }) => shown.push(body.key));
    const dump = await dumpOf(bench);
    expect(dump).toContain('api_keys');
    expect(shown.length).toBeGreaterThan(5);
    for (const key of [admin, ...shown]) {
      expect(dump).not.toContain(key);
      // Nor the part that nobody can guess, nor the same in another coat.
      expect(dump).not.toContain(key.slice(10, 40));
      expect(dump).not.toContain(Buffer.from(key).toString('hex'));
      expect(dump).not.toContain(Buffer.from(key).toString('base64').slice(0, 50));
    }
    expect(dump).not.toContain('canary-idempotency-key');
  });

  test('logs and problems', async () => {
    const mistyped = `${admin.slice(0, -1)}${admin.endsWith('0') ? '1' : '0'}`;
    const nobodys = newApiKey('live');
    const answers = await Promise.all([
      ask('/v1/workspace', { key: mistyped }),
      ask('/v1/workspace', { key: nobodys }),
      ask(`/v1/api-keys/${admin}`),
      ask(`${PATH}?starting_after=${admin}`),
      ask(PATH, { body: { name: admin, scopes: [admin] } }),
      ask(PATH, { body: `{"name": ${admin}` }),
    ]);
    const told = answers.map(({ text, status }) => `${status} ${text}`).join('\n');
    const logged = one.log() + other.log();
    for (const key of [admin, mistyped, nobodys, ...shown]) {
      expect(logged).not.toContain(key.slice(10, 40));
      // The path that was asked is the client's own.
      expect(told.replaceAll(`/v1/api-keys/${admin}`, '')).not.toContain(key.slice(10, 40));
    }
  });
});

/** Every table, as text. */
async function dumpOf({ owner }: ApiBench): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public'`.execute(owner);
  const dumps = await Promise.all(
    tables.map(async ({ name }) => {
      const { rows } = await sql<{ line: string }>`
        select row_to_json(t)::text as line from ${sql.table(name)} t`.execute(owner);
      return [name, ...rows.map(({ line }) => line)].join('\n');
    }),
  );
  return dumps.join('\n');
}
