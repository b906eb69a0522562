import { describe, expect, test } from '@jest/globals';
import { Leases } from '../../../../src/http/api/limits/leases.ts';
import type { Take } from '../../../../src/http/api/limits/leases.ts';
import { sharedOrOwn } from '../../../../src/http/api/limits/shared-budgets.ts';
import { Clock } from '../clock.ts';

const MINUTE_MS = 60_000;

/** A bucket that everybody shares, and how often it was asked. */
function sharedBucket(clock: Clock, perMinute: number) {
  let tokens = perMinute;
  let at = clock.ms;
  const asked: number[] = [];
  const take: Take = async (_budget, wanted) => {
    asked.push(wanted);
    tokens = Math.min(perMinute, tokens + ((clock.ms - at) * perMinute) / MINUTE_MS);
    at = clock.ms;
    const granted = Math.min(wanted, Math.floor(tokens));
    tokens -= granted;
    const retryMs = granted > 0 ? 0 : ((1 - tokens) / perMinute) * MINUTE_MS;
    return { granted, remaining: Math.floor(tokens), retryMs };
  };
  return { take, asked };
}

/** Asks every so many milliseconds. @returns how many were allowed. */
async function ask(
  leases: Leases,
  clock: Clock,
  perMinute: number,
  count: number,
  everyMs: number,
) {
  let allowed = 0;
  for (let n = 0; n < count; n++) {
    if ((await leases.spend({ name: 'b', perMinute })).allowed) allowed += 1;
    clock.ms += everyMs;
  }
  return allowed;
}

describe('leases', () => {
  test('ask the bucket seldom when much is spent', async () => {
    const clock = new Clock();
    const { take, asked } = sharedBucket(clock, 6_000);
    expect(await ask(new Leases(take, clock.now), clock, 6_000, 1_000, 10)).toBe(1_000);
    expect(asked.length).toBeLessThan(30);
    expect(Math.max(...asked)).toBeLessThanOrEqual(100);
  });

  test('waste next to nothing when little is spent', async () => {
    const clock = new Clock();
    const { take, asked } = sharedBucket(clock, 600);
    const leases = new Leases(take, clock.now);
    await ask(leases, clock, 600, 100, 5);
    asked.length = 0;
    expect(await ask(leases, clock, 600, 20, 3_000)).toBe(20);
    expect(asked.slice(2).every((wanted) => wanted === 1)).toBe(true);
  });

  test('of several processes together hold the limit', async () => {
    const clock = new Clock();
    const { take } = sharedBucket(clock, 600);
    const processes = Array.from({ length: 4 }, () => new Leases(take, clock.now));
    let allowed = 0;
    for (let n = 0; n < 3_000; n++) {
      const leases = processes[n % 4];
      if ((await leases?.spend({ name: 'b', perMinute: 600 }))?.allowed) allowed += 1;
      clock.ms += 10;
    }
    // Half a minute: a full bucket, and half of one that came back.
    expect(allowed).toBeLessThanOrEqual(900);
    expect(allowed).toBeGreaterThanOrEqual(800);
  });

  test('refuse for a while without asking, and say how long', async () => {
    const clock = new Clock();
    const { take, asked } = sharedBucket(clock, 2);
    const leases = new Leases(take, clock.now);
    expect(await ask(leases, clock, 2, 4, 0)).toBe(2);
    const before = asked.length;
    const refused = await leases.spend({ name: 'b', perMinute: 2 });
    expect(refused).toMatchObject({ allowed: false, limit: 2, remaining: 0 });
    expect(refused.retryMs).toBeGreaterThan(0);
    expect(refused.resetMs).toBe(MINUTE_MS);
    expect(asked.length).toBe(before);
    clock.ms += MINUTE_MS / 2;
    expect((await leases.spend({ name: 'b', perMinute: 2 })).allowed).toBe(true);
  });

  test('ask once for all who wait', async () => {
    const clock = new Clock();
    const { take, asked } = sharedBucket(clock, 6_000);
    const leases = new Leases(take, clock.now);
    const all = Array.from({ length: 100 }, () => leases.spend({ name: 'b', perMinute: 6_000 }));
    expect((await Promise.all(all)).every(({ allowed }) => allowed)).toBe(true);
    expect(asked.length).toBeLessThan(10);
  });
});

describe('while the database is away', () => {
  const budget = { name: 'b', perMinute: 60 };
  const away: Take = () => Promise.reject(new Error('away'));

  test('a process counts by itself', async () => {
    const clock = new Clock();
    const leases = new Leases(sharedOrOwn(away, clock), clock.now);
    expect(await ask(leases, clock, 60, 100, 0)).toBe(60);
    clock.ms += 10_000;
    expect(await ask(leases, clock, 60, 100, 0)).toBe(10);
  });

  test('what was granted before counts too', async () => {
    const clock = new Clock();
    const { take: shared } = sharedBucket(clock, 60);
    let isAway = false;
    const take = sharedOrOwn((...args) => (isAway ? away(...args) : shared(...args)), clock);
    expect((await take(budget, 50)).granted).toBe(50);
    isAway = true;
    expect((await take(budget, 50)).granted).toBe(10);
  });

  test('nobody waits for it again and again', async () => {
    const clock = new Clock();
    let asked = 0;
    const silent: Take = () => {
      asked += 1;
      return new Promise(() => {});
    };
    const take = sharedOrOwn(silent, { now: clock.now, waitMs: 5 });
    for (let n = 0; n < 20; n++) expect((await take(budget, 1)).granted).toBe(1);
    expect(asked).toBe(1);
    clock.ms += 5_000;
    await take(budget, 1);
    expect(asked).toBe(2);
  });
});
