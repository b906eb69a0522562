import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Pacer } from '../../activities/send-pace.ts';

/** Starts as soon as the pacer allows, each so late; the next one may come after a pause. */
function startsOf(perSecond: number, each: readonly { lateMs: number; pauseMs: number }[]) {
  const pacer = new Pacer();
  let nowMs = 1000;
  return each.map(({ lateMs, pauseMs }) => {
    nowMs += pauseMs;
    nowMs += pacer.waitMs(nowMs) + lateMs;
    pacer.started(nowMs, perSecond);
    return nowMs;
  });
}

describe('the pace of sending', () => {
  test('is never above the rate, in no second, however late timers are', () => {
    const late = fc.oneof(
      fc.double({ min: 0, max: 3, noNaN: true }),
      fc.integer({ min: 0, max: 400 }),
    );
    const pause = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900 }));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.record({ lateMs: late, pauseMs: pause }), { minLength: 70, maxLength: 200 }),
        (perSecond, each) => {
          const starts = startsOf(perSecond, each);
          for (const [at, startMs] of starts.entries()) {
            const afterMs = starts[at + perSecond];
            if (afterMs !== undefined) expect(afterMs - startMs).toBeGreaterThanOrEqual(1000);
          }
        },
      ),
    );
  });

  test('is as good as the rate while timers are late by a moment', () => {
    const each = Array.from({ length: 501 }, (_, nth) => ({ lateMs: nth % 3, pauseMs: 0 }));
    const starts = startsOf(50, each);
    expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeLessThan(10_200);
  });
});
