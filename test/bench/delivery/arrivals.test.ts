import { describe, expect, test } from '@jest/globals';
import {
  arrivalsOf,
  delaysByType,
  delaysOf,
  mostWithin,
} from '../../../src/bench/delivery/arrivals.ts';
import type { ReceivedWebhook } from '../../../src/drill/index.ts';

const HAPPENED = Date.parse('2026-12-01T12:00:00.000Z');

function received(id: string, afterMs: number, given: Partial<ReceivedWebhook> = {}) {
  const body = JSON.stringify({ id, type: 'call.ended', timestamp: '2026-12-01T12:00:00.000Z' });
  const atMs = HAPPENED + afterMs;
  return {
    n: `${id}-${afterMs}`,
    atMs,
    path: '/a',
    id,
    signature: 'valid',
    answer: 200,
    body,
    ...given,
  } as const;
}

describe('arrivals', () => {
  test('are the first ones that were accepted, at one endpoint', () => {
    const arrivals = arrivalsOf(
      [
        received('evt_1', 100, { answer: 500 }),
        received('evt_1', 200, { answer: null }),
        received('evt_1', 300, { answer: 204 }),
        received('evt_1', 400),
        received('evt_2', 50, { path: '/b' }),
        received('evt_3', 70),
      ],
      '/a',
    );
    expect(arrivals.map(({ id, type }) => `${id} ${type}`)).toEqual([
      'evt_1 call.ended',
      'evt_3 call.ended',
    ]);
    expect(delaysOf(arrivals)).toEqual([300, 70]);
    expect(delaysByType(arrivals)).toMatchObject({ 'call.ended': { count: 2, max: 300 } });
  });
});

describe('the most in any second', () => {
  test('is looked for wherever the second begins', () => {
    expect(mostWithin(1000, [])).toBe(0);
    expect(mostWithin(1000, [0, 999])).toBe(2);
    expect(mostWithin(1000, [0, 1000])).toBe(1);
    expect(mostWithin(1000, [900, 0, 950, 1000, 1899, 1900])).toBe(4);
    expect(
      mostWithin(
        1000,
        Array.from({ length: 500 }, (_, nth) => nth * 20),
      ),
    ).toBe(50);
  });
});
