/** Requests that come twice, and what many processes share: keys and limits. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import * as apiKeys from '../../src/db/api-keys.ts';
import * as assistants from '../../src/db/assistants.ts';
import * as idempotency from '../../src/db/idempotency.ts';
import type { Begun, KeptAnswer } from '../../src/db/idempotency.ts';
import type { Database } from '../../src/db/pool.ts';
import * as buckets from '../../src/db/rate-buckets.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import { draft, testDatabase, WS_A, WS_B } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';

let base: TestDatabase;
/** As many as there are processes. */
let apps: Database[] = [];
beforeAll(async () => {
  base = await testDatabase();
  apps = Array.from({ length: 4 }, () => base.open({ role: 'app', maxConnections: 8 }));
});
afterAll(() => base.drop());

const hash = (text: string): Buffer => Buffer.from(text.padEnd(32, '.'));
const requestOf = (key: string, body = 'body', lockMs = 60_000) => ({
  ...{ keyHash: hash(key), requestHash: hash(body), lockMs },
});
const answer: KeptAnswer = { status: 201, headers: { location: '/v1/x' }, body: '{"a":1}' };
const begin = (...request: Parameters<typeof requestOf>): Promise<Begun> =>
  base.within((scope) => idempotency.begin(scope, requestOf(...request)));
const finish = (key: string) =>
  base.within((scope) => idempotency.finish(scope, hash(key), answer));

describe('a request that carries a key', () => {
  test('makes one thing for 100 who send it at once, in one transaction', async () => {
    const made = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        inWorkspace(apps[index % 4] ?? base.app, WS_A, 'Testing', async (scope) => {
          const begun = await idempotency.begin(scope, requestOf('one'));
          if (begun !== 'fresh') return begun;
          await assistants.create(scope, `asst_made${index}`, draft);
          await idempotency.finish(scope, hash('one'), answer);
          return begun;
        }),
      ),
    );
    expect(made.filter((each) => each === 'fresh')).toHaveLength(1);
    const told = new Set(made.map((each) => JSON.stringify(each)));
    const possible = ['fresh', 'running', { done: answer }].map((each) => JSON.stringify(each));
    expect(possible).toEqual(expect.arrayContaining([...told]));
    const { rows } = await base.within((scope) => assistants.page(scope, { limit: 100 }));
    expect(rows).toHaveLength(1);
  });

  test('is not waited for while somebody is at it', async () => {
    await base.within(async (scope) => {
      expect(await idempotency.begin(scope, requestOf('held'))).toBe('fresh');
      // From another connection, while this transaction is open.
      expect(await begin('held')).toBe('running');
      await idempotency.finish(scope, hash('held'), answer);
      expect(await begin('held')).toBe('running');
    });
    expect(await begin('held')).toEqual({ done: answer });
  });

  test('leaves nothing when its transaction fails', async () => {
    const failing = base.within(async (scope) => {
      await idempotency.begin(scope, requestOf('failed'));
      await sql`select 1 / 0`.execute(scope.trx);
    });
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect(await begin('failed')).toBe('fresh');
  });

  test('begins once for 100 who send it at once, in two transactions', async () => {
    const begun = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        inWorkspace(apps[index % 4] ?? base.app, WS_A, 'Testing', (scope) =>
          idempotency.begin(scope, requestOf('two')),
        ),
      ),
    );
    expect(begun.filter((each) => each === 'fresh')).toHaveLength(1);
    expect(begun.filter((each) => each === 'running')).toHaveLength(99);
    await finish('two');
    const replayed = await Promise.all(Array.from({ length: 100 }, () => begin('two')));
    // Nobody is told to wait for what is done, however many ask at once.
    expect(replayed).toEqual(Array.from({ length: 100 }, () => ({ done: answer })));
  });

  test('is taken over from whoever died, once, and only by the same request', async () => {
    expect(await begin('dead', 'body', 1)).toBe('fresh');
    await sql`select pg_sleep(0.05)`.execute(base.owner);
    expect(await begin('dead', 'other')).toBe('other-request');
    const begun = await Promise.all(Array.from({ length: 20 }, () => begin('dead')));
    expect(begun.filter((each) => each === 'fresh')).toHaveLength(1);
    expect(begun.filter((each) => each === 'running')).toHaveLength(19);
  });

  test('may be tried again when it failed, and not used for anything else', async () => {
    expect(await begin('again')).toBe('fresh');
    await base.within((scope) => idempotency.forget(scope, hash('again')));
    expect(await begin('again')).toBe('fresh');
    expect(await begin('again', 'other')).toBe('other-request');
    await finish('again');
    expect(await begin('again', 'other')).toBe('other-request');
    await base.within((scope) => idempotency.forget(scope, hash('again')));
    expect(await begin('again')).toEqual({ done: answer });
  });

  test('is that of its workspace alone', async () => {
    expect(await begin('mine')).toBe('fresh');
    const theirs = await base.within(
      (scope) => idempotency.begin(scope, requestOf('mine', 'other')),
      WS_B,
    );
    expect(theirs).toBe('fresh');
  });

  test('is forgotten after a day, cleared away or not', async () => {
    await begin('old');
    await finish('old');
    await begin('young');
    await sql`update idempotency_records set created_at = now() - interval '25 hours'
      where key_hash = ${hash('old')}`.execute(base.owner);
    expect(await begin('old', 'other')).toBe('fresh');
    await sql`update idempotency_records set created_at = now() - interval '25 hours'
      where key_hash = ${hash('old')}`.execute(base.owner);
    expect(await idempotency.purge(base.system)).toBe(1);
    expect(await begin('young')).toBe('running');
  });

  test('is cleared away with all others, however many are removed at a time', async () => {
    const keys = ['old 1', 'old 2', 'old 3', 'old 4'];
    for (const key of keys) await begin(key);
    await sql`update idempotency_records set created_at = now() - interval '25 hours'
      where key_hash in (${sql.join(keys.map(hash))})`.execute(base.owner);
    expect(await idempotency.purge(base.system, 2)).toBe(4);
    expect(await idempotency.purge(base.system, 2)).toBe(0);
    expect(await begin('young')).toBe('running');
  });
});

describe('an API key', () => {
  const insert = (id: string, more: { expiresAt?: string } = {}) =>
    base.within((scope) =>
      apiKeys.insert(scope, {
        ...{ id, name: 'Shop', mode: 'live', scopes: ['calls:read'], lastFour: 'wxyz' },
        ...{ hash: hash(id), ...more },
      }),
    );
  const holder = (id: string) => apiKeys.findByHash(base.system, hash(id));

  test('is found by its hash until it is revoked or expires', async () => {
    expect(await insert('key_1')).toEqual({
      ...{ id: 'key_1', name: 'Shop', mode: 'live', scopes: ['calls:read'], lastFour: 'wxyz' },
      createdAt: expect.any(String),
      ...{ expiresAt: null, lastUsedAt: null, revokedAt: null, rolledFrom: null },
    });
    expect(await holder('key_1')).toEqual({
      ...{ keyId: 'key_1', workspaceId: WS_A, mode: 'live', scopes: ['calls:read'] },
    });
    const revoked = await base.within((scope) => apiKeys.revoke(scope, 'key_1'));
    expect(revoked).toMatchObject({ key: { revokedAt: expect.any(String) }, isNews: true });
    const again = await base.within((scope) => apiKeys.revoke(scope, 'key_1'));
    expect(again).toEqual({ ...revoked, isNews: false });
    expect(await holder('key_1')).toBeUndefined();
    await insert('key_2', { expiresAt: new Date(Date.now() - 1).toISOString() });
    expect(await holder('key_2')).toBeUndefined();
    expect(await holder('key_none')).toBeUndefined();
  });

  test('is rolled: the new one has its rights, and the old one works on for a while', async () => {
    await insert('key_3');
    const roll = (from: string, to: string, overlapMs: number) =>
      base.within((scope) =>
        apiKeys.roll(scope, from, overlapMs, {
          ...{ id: to, mode: 'live', hash: hash(to), lastFour: 'abcd' },
        }),
      );
    const next = await roll('key_3', 'key_4', 60_000);
    expect(next).toMatchObject({ id: 'key_4', name: 'Shop', rolledFrom: 'key_3', expiresAt: null });
    const old = await holder('key_3');
    expect(old?.expiresAtMs).toBeLessThanOrEqual(Date.now() + 60_000);
    expect(await holder('key_4')).toMatchObject({ scopes: ['calls:read'] });
    await roll('key_4', 'key_5', 0);
    expect(await holder('key_4')).toBeUndefined();
    expect(await roll('key_4', 'key_6', 0)).toBe('over');
    expect(await roll('key_none', 'key_6', 0)).toBeUndefined();
  });

  test('is renamed, and remembers when it was used', async () => {
    await insert('key_7');
    const changes = { name: 'Till', scopes: ['admin'] };
    const changed = await base.within((scope) => apiKeys.update(scope, 'key_7', changes));
    expect(changed).toMatchObject({ ...changes, lastUsedAt: null });
    expect(await base.within((scope) => apiKeys.update(scope, 'key_7', {}))).toEqual(changed);
    await apiKeys.touch(base.system, ['key_7', 'key_none']);
    await apiKeys.touch(base.system, []);
    const used = await base.within((scope) => apiKeys.find(scope, 'key_7'));
    expect(Date.parse(used?.lastUsedAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
  });
});

describe('a bucket', () => {
  const slow = { size: 10, perSecond: 0.001 };

  test('gives away what is in it, and no more, to 60 who ask at once', async () => {
    const systems = Array.from({ length: 3 }, () => base.open({ role: 'system' }));
    const given = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        buckets.take(systems[index % 3] ?? base.system, 'crowd', 3, slow),
      ),
    );
    expect(given.reduce((sum, { taken }) => sum + taken, 0)).toBe(10);
    expect(given.filter(({ taken }) => taken === 3)).toHaveLength(3);
    expect(given.filter(({ taken }) => taken === 1)).toHaveLength(1);
    const { retryAfterMs } = given.find(({ taken }) => taken === 0) ?? {};
    expect(retryAfterMs).toBeGreaterThan(900_000);
    expect(retryAfterMs).toBeLessThanOrEqual(1_000_000);
  });

  test('gives part of what is asked, fills up again, and never over its size', async () => {
    expect(await buckets.take(base.system, 'part', 25, slow)).toMatchObject({ taken: 10, left: 0 });
    const fast = { size: 10, perSecond: 1000 };
    await sql`select pg_sleep(0.05)`.execute(base.owner);
    expect(await buckets.take(base.system, 'part', 1, fast)).toEqual({
      ...{ taken: 1, left: 9, retryAfterMs: 0 },
    });
  });

  test('that nobody uses is cleared away', async () => {
    await buckets.take(base.system, 'unused', 1, slow);
    await sql`update rate_buckets set at = now() - interval '1 day' where name = 'unused'`.execute(
      base.owner,
    );
    expect(await buckets.purge(base.system, 3_600_000)).toBe(1);
    expect(await buckets.take(base.system, 'unused', 10, slow)).toMatchObject({ taken: 10 });
  });
});
