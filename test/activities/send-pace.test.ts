import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Pacer, SendWindow } from '../../activities/send-pace.ts';

describe('the pace', () => {
  /** Sends as fast as it may, by timers that are late by so many milliseconds. */
  function starts(perSecond: number, count: number, lateMs: (nth: number) => number): number[] {
    const pacer = new Pacer();
    let now = 1_000;
    return Array.from({ length: count }, (_, nth) => {
      const waitMs = pacer.waitMs(now);
      if (waitMs > 0) now += waitMs + lateMs(nth);
      pacer.started(now, perSecond);
      return now;
    });
  }

  test('is that of the rate and a hundredth slower, with nothing to wait for at first', () => {
    expect(starts(10, 4, () => 0)).toEqual([1000, 1101, 1202, 1303]);
  });

  test('does not become slower because timers are late by a moment', () => {
    const times = starts(100, 101, () => 1);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeCloseTo(1011, 0);
  });

  test('never lets more through within any second than the rate and one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 500 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 20, maxLength: 20 }),
        (perSecond, late) => {
          const times = starts(perSecond, 3 * perSecond, (nth) => late[nth % late.length] ?? 0);
          for (const [nth, from] of times.entries()) {
            const inASecond = times.slice(nth).filter((at) => at < from + 1000).length;
            expect(inASecond).toBeLessThanOrEqual(Math.ceil(perSecond * 1.005));
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('how much is sent at once', () => {
  test('is little at first, grows with successes to a limit, and is halved by a failure', () => {
    const window = new SendWindow(10, false);
    expect(window.size).toBe(2);
    for (let nth = 0; nth < 20; nth += 1) window.succeeded();
    expect(window.size).toBe(10);
    window.failed();
    expect(window.size).toBe(5);
    for (let nth = 0; nth < 20; nth += 1) window.failed();
    expect(window.size).toBe(1);
  });

  test('is one for a receiver that is down', () => {
    expect(new SendWindow(10, true).size).toBe(1);
  });
});
