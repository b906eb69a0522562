import { describe, expect, test } from '@jest/globals';
import { planKills } from '../../../src/bench/recovery/schedule.ts';

describe('the plan of kills', () => {
  test('is the same for the same seed, and another one for another', () => {
    expect(planKills('7', 50)).toEqual(planKills('7', 50));
    expect(planKills('7', 50)).not.toEqual(planKills('8', 50));
  });

  test('of fewer kills is the beginning of that of more', () => {
    expect(planKills('1', 200).slice(0, 13)).toEqual(planKills('1', 13));
  });

  test('hits every part at every moment equally often', () => {
    const counts = new Map<string, number>();
    for (const { victim, moment } of planKills('1', 200)) {
      const key = `${victim} ${moment}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual(Array.from({ length: 8 }, () => 25));
  });

  test('names processes as their pid files are named, each of two now and then', () => {
    const names = new Set(planKills('1', 200).map(({ process }) => process));
    expect([...names].sort()).toEqual([
      'voca-api-1',
      'voca-api-2',
      'voca-postgres',
      'voca-temporal',
      'voca-worker-1',
      'voca-worker-2',
    ]);
  });

  test('is empty for no kills', () => {
    expect(planKills('1', 0)).toEqual([]);
  });
});
