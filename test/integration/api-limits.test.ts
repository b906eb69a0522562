import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { newApiKey } from '../../src/api-key.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import * as workspaces from '../../src/db/workspaces.ts';
import { openApiBench } from './support/api.ts';
import type { ApiAnswer, ApiBench, ApiProcess } from './support/api.ts';

let bench: ApiBench;
let started: ApiProcess[] = [];

beforeAll(async () => {
  bench = await openApiBench();
});
afterEach(async () => {
  await Promise.all(started.map((each) => each.stop()));
  started = [];
});
afterAll(() => bench.close());

async function start(environment: Record<string, string> = {}): Promise<ApiProcess> {
  const api = await bench.start({ environment });
  started.push(api);
  return api;
}

async function limited(limits: Record<string, unknown>): Promise<string> {
  const workspace = await bench.workspace();
  await inWorkspace(bench.db, workspace, 'Limiting', (scope) =>
    workspaces.update(scope, { limits }),
  );
  return workspace;
}

/** So many requests, a few at a time, to each process in turn. */
async function flood(
  count: number,
  ask: (index: number) => Promise<ApiAnswer>,
  width = 20,
): Promise<ApiAnswer[]> {
  const answers: ApiAnswer[] = [];
  let next = 0;
  const one = async () => {
    while (next < count) answers.push(await ask(next++));
  };
  await Promise.all(Array.from({ length: width }, one));
  return answers;
}

const passed = (answers: ApiAnswer[]) => answers.filter(({ status }) => status === 200).length;

/** What comes back to a bucket meanwhile is no excess. */
function most(perMinute: number, since: number): number {
  return perMinute * 1.1 + ((performance.now() - since) / 60_000) * perMinute;
}

describe('the limit of a key', () => {
  test('is shared by processes', async () => {
    const workspace = await limited({ key: { reads: 120 }, workspace: { reads: 100_000 } });
    const key = await bench.key(workspace);
    const [one, other] = [await start(), await start()];
    const since = performance.now();
    const answers = await flood(400, (n) => (n % 2 ? one : other).ask('/v1/workspace', { key }));
    // What a process has taken and not spent is lost: a second's worth at most.
    expect(passed(answers)).toBeGreaterThanOrEqual(110);
    expect(passed(answers)).toBeLessThanOrEqual(most(120, since));
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body).toMatchObject({ code: 'key-limit' });
    expect(refused?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(refused?.headers.get('ratelimit-limit')).toBe('120');
    expect(refused?.headers.get('ratelimit-remaining')).toBe('0');
  });

  test('is one for reads, one for writes and one for dials', async () => {
    const key = await bench.key(await limited({ key: { reads: 3, writes: 2, dials: 0 } }));
    const api = await start();
    const reads = await flood(5, () => api.ask('/v1/workspace', { key }), 1);
    expect(reads.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    expect(reads.slice(0, 3).map(({ headers }) => headers.get('ratelimit-remaining'))).toEqual([
      '2',
      '1',
      '0',
    ]);
    const body = { name: 'New' };
    const write = () => api.ask('/v1/workspace', { key, method: 'PATCH', body });
    const writes = await flood(3, write, 1);
    expect(writes.map(({ status }) => status)).toEqual([200, 200, 429]);
    const dial = await api.ask('/v1/calls', { key, body: {} });
    expect([dial.status, dial.headers.get('ratelimit-limit')]).toEqual([429, '0']);
  });
});

describe('the limit of a workspace', () => {
  test('holds for all of its keys together', async () => {
    const workspace = await limited({ key: { reads: 50 }, workspace: { reads: 60 } });
    const keys = await Promise.all([1, 2, 3].map(() => bench.key(workspace)));
    const api = await start();
    const since = performance.now();
    const answers = await flood(150, (n) => api.ask('/v1/workspace', { key: keys[n % 3] ?? '' }));
    expect(passed(answers)).toBeGreaterThanOrEqual(55);
    expect(passed(answers)).toBeLessThanOrEqual(most(60, since));
  });
});

describe('when the database cannot count', () => {
  test('each process counts by itself, and no request fails for it', async () => {
    const key = await bench.key(await limited({ key: { reads: 30 } }));
    const api = await start();
    await sql`alter table rate_buckets rename to rate_buckets_away`.execute(bench.owner);
    try {
      const since = performance.now();
      const answers = await flood(60, () => api.ask('/v1/workspace', { key }), 5);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
      expect(passed(answers)).toBeGreaterThanOrEqual(28);
      expect(passed(answers)).toBeLessThanOrEqual(most(30, since));
    } finally {
      await sql`alter table rate_buckets_away rename to rate_buckets`.execute(bench.owner);
    }
  });
});

describe('whoever tries keys', () => {
  const bad = (api: ApiProcess, headers: Record<string, string> = {}) =>
    api.ask('/v1/workspace', { key: newApiKey('live'), headers });
  const statuses = (answers: ApiAnswer[]) => answers.map(({ status }) => status);

  test('is sent away after 100 bad ones a minute, and those who are known are not', async () => {
    const known = await bench.key(await bench.workspace());
    const unknown = await bench.key(await bench.workspace());
    const api = await start();
    expect((await api.ask('/v1/workspace', { key: known })).status).toBe(200);
    const answers = await flood(120, () => bad(api), 1);
    expect(statuses(answers)).toEqual([...Array(100).fill(401), ...Array(20).fill(429)]);
    expect(answers.at(-1)?.body).toMatchObject({ code: 'key-limit' });
    expect(answers.at(-1)?.headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
    expect((await api.ask('/v1/workspace', { key: known })).status).toBe(200);
    expect((await api.ask('/v1/workspace', { key: unknown })).status).toBe(429);
    expect((await api.ask('/v1/workspace', { key: 'voca_live_mistyped' })).status).toBe(429);
  });

  test('gains nothing by trying many at once', async () => {
    await sql`delete from rate_buckets`.execute(bench.owner);
    const api = await start();
    const answers = await flood(300, () => bad(api), 300);
    expect(statuses(answers).filter((status) => status === 401)).toHaveLength(100);
  });

  test('gains nothing by saying to come from elsewhere, or by asking another process', async () => {
    await sql`delete from rate_buckets`.execute(bench.owner);
    const [one, other] = [await start(), await start()];
    const sinceMs = Date.now();
    const answers = await flood(
      140,
      (n) => bad(n % 2 ? one : other, { 'x-forwarded-for': `192.0.2.${n}` }),
      2,
    );
    const tried = statuses(answers).filter((status) => status === 401).length;
    expect(tried).toBeGreaterThanOrEqual(95);
    // A hundred a minute, taken in fives by each process, and what has come back meanwhile.
    const cameBack = Math.ceil(((Date.now() - sinceMs) / 60_000) * 100);
    expect(tried).toBeLessThanOrEqual(110 + cameBack);
  });

  test('is told from others behind a proxy that is trusted', async () => {
    await sql`delete from rate_buckets`.execute(bench.owner);
    const api = await start({ VOCA_TRUSTED_PROXIES: '127.0.0.0/8' });
    const from = (address: string) => bad(api, { 'x-forwarded-for': `198.51.100.1, ${address}` });
    await flood(100, () => from('192.0.2.1'), 1);
    expect((await from('192.0.2.1')).status).toBe(429);
    expect((await from('192.0.2.2')).status).toBe(401);
    // One network of IPv6 is one place.
    await flood(100, (n) => from(`2001:db8:0:1::${n.toString(16)}`), 1);
    expect((await from('2001:db8:0:1:ffff::1')).status).toBe(429);
    expect((await from('2001:db8:0:2::1')).status).toBe(401);
  });
});
