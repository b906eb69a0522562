import { describe, expect, test } from '@jest/globals';
import { BadKeys } from '../../../../src/http/api/sign-in/bad-keys.ts';
import type { Take } from '../../../../src/http/api/limits/leases.ts';
import { Clock } from '../clock.ts';

const HASH = Buffer.from('a hash');
const OTHER = Buffer.from('another');

function watched(grants: (wanted: number) => number = (wanted) => wanted) {
  const clock = new Clock();
  const told: { name: string; count: number }[] = [];
  const tell: Take = async ({ name }, count) => {
    told.push({ name, count });
    return { granted: grants(count), remaining: 0, retryMs: 0 };
  };
  return { clock, told, keys: new BadKeys(tell, { perMinute: 10, now: clock.now }) };
}

describe('bad keys', () => {
  test('are let through up to the limit, of each network', () => {
    const { clock, keys } = watched();
    for (let n = 0; n < 10; n++) {
      expect(keys.waitMs('a', HASH)).toBe(0);
      keys.wasBad('a', HASH);
    }
    clock.ms += 1_000;
    expect(keys.waitMs('a', HASH)).toBe(59_000);
    expect(keys.waitMs('a', undefined)).toBe(59_000);
    expect(keys.waitMs('b', HASH)).toBe(0);
    clock.ms += 59_000;
    expect(keys.waitMs('a', HASH)).toBe(0);
  });

  test('do not shut out a key that was good, until it is good no longer', () => {
    const { keys } = watched();
    keys.wasGood('b', OTHER);
    for (let n = 0; n < 10; n++) keys.wasBad('a', HASH);
    expect(keys.waitMs('a', OTHER)).toBe(0);
    keys.wasBad('a', OTHER);
    expect(keys.waitMs('a', OTHER)).toBeGreaterThan(0);
  });

  test('that are still being looked up count, each once, until they are good', () => {
    const { keys } = watched();
    const hashes = Array.from({ length: 11 }, (_, n) => Buffer.from(`hash ${n}`));
    const waits = () => hashes.map((hash) => keys.waitMs('a', hash) > 0);
    expect(waits()).toEqual([...Array<boolean>(10).fill(false), true]);
    expect(waits()).toEqual([...Array<boolean>(10).fill(false), true]);
    for (const hash of hashes.slice(0, 9)) keys.wasUnclear('a', hash);
    keys.wasGood('a', hashes[9] ?? HASH);
    expect(waits()).toEqual([...Array<boolean>(9).fill(false), false, false]);
  });

  test('are told to the other processes in batches, without the address', () => {
    const { told, keys } = watched();
    for (let n = 0; n < 4; n++) keys.wasBad('192.0.2.1', undefined);
    expect(told).toEqual([]);
    for (let n = 0; n < 6; n++) keys.wasBad('192.0.2.1', undefined);
    expect(told.map(({ count }) => count)).toEqual([5, 5]);
    expect(told[0]?.name).not.toContain('192.0.2.1');
  });

  test('that others have seen count as well', async () => {
    const { keys } = watched(() => 3);
    for (let n = 0; n < 5; n++) keys.wasBad('a', HASH);
    await new Promise(setImmediate);
    expect(keys.waitMs('a', HASH)).toBeGreaterThan(0);
  });
});
