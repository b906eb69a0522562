import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { slopeOf } from '../../src/bench/regression.ts';
import { seededRandom } from '../../src/simulator/faults/random.ts';

const line = (slope: number, noise: () => number, count = 200) =>
  Array.from({ length: count }, (_each, at) => ({
    x: at / 10,
    y: 50 + (slope * at) / 10 + noise(),
  }));

/** Normal enough: the sum of twelve uniform numbers. */
function gauss(seed: string): () => number {
  const random = seededRandom(seed);
  return () =>
    Array.from({ length: 12 }, () => random.next()).reduce((sum, each) => sum + each) - 6;
}

describe('the slope of a straight line', () => {
  test('is found exactly without noise', () => {
    const found = slopeOf(line(2.5, () => 0));
    expect(found?.slope).toBeCloseTo(2.5);
    expect(found?.margin).toBeCloseTo(0);
  });

  test('is unknown of one point, or of points at one place', () => {
    expect(slopeOf([])).toBeUndefined();
    expect(slopeOf([{ x: 1, y: 1 }])).toBeUndefined();
    expect(
      slopeOf([
        { x: 1, y: 1 },
        { x: 1, y: 2 },
      ]),
    ).toBeUndefined();
  });

  test('of two points has no certainty', () => {
    expect(
      slopeOf([
        { x: 0, y: 0 },
        { x: 1, y: 3 },
      ]),
    ).toEqual({ slope: 3, margin: Infinity });
  });

  test('does not depend on where the line lies', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), (shift) => {
        const points = line(1, gauss('shift'), 30);
        const moved = points.map(({ x, y }) => ({ x: x + shift, y: y - shift }));
        expect(slopeOf(moved)?.slope).toBeCloseTo(slopeOf(points)?.slope ?? NaN, 6);
      }),
    );
  });

  test('lies within the margin about 95 times in 100, noise being independent', () => {
    const hits = Array.from({ length: 400 }, (_each, run) => {
      const found = slopeOf(line(1, gauss(`run ${run}`), 60));
      return found !== undefined && Math.abs(found.slope - 1) <= found.margin;
    }).filter(Boolean).length;
    expect(hits / 400).toBeGreaterThan(0.9);
    expect(hits / 400).toBeLessThanOrEqual(1);
  });

  test('is less certain when neighbours resemble each other', () => {
    const noise = gauss('walk');
    let state = 0;
    const sluggish = () => (state = 0.9 * state + noise() * Math.sqrt(1 - 0.81));
    const independent = slopeOf(line(0, gauss('walk')))!;
    expect(slopeOf(line(0, sluggish))!.margin).toBeGreaterThan(2 * independent.margin);
  });
});
