import { describe, expect, test } from '@jest/globals';
import { wasTemporalAway } from '../../src/drill/outages.ts';

describe('Temporal', () => {
  const at = (fromMs: number, toMs = fromMs + 1) => ({ fromMs, toMs });

  test('was away from then until some seconds after it came back', () => {
    const run = { temporalAway: [{ fromMs: 1000, toMs: 2000 }] };
    expect(
      [at(0, 1000), at(0, 1001), at(9999), at(10_000)].map((when) => wasTemporalAway(run, when)),
    ).toEqual([false, true, true, false]);
  });

  test('was away until 5 s after it was seen to answer, where that is known', () => {
    const run = { temporalAway: [{ fromMs: 1000, toMs: 2000, answersAtMs: 2500 }] };
    expect([at(7499), at(7500)].map((when) => wasTemporalAway(run, when))).toEqual([true, false]);
  });

  test('may have been away at any time when nobody knows', () => {
    expect(wasTemporalAway({}, at(0))).toBeUndefined();
  });
});
