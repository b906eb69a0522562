import { describe, expect, test } from '@jest/globals';
import { PLAN, probeDelayMs, retryAfterMs, retryDelayMs } from '../../workflows/webhook-plan.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('the plan of retries', () => {
  const exactly = (attempts: number) => retryDelayMs(PLAN, attempts, 0.5);

  test('has ten attempts over 75.6 hours, as Standard Webhooks proposes', () => {
    const delays = Array.from({ length: 11 }, (_, attempts) => exactly(attempts));
    expect(delays).toEqual([
      ...[0, 5_000, 5 * MINUTE, 30 * MINUTE],
      ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR),
      undefined,
    ]);
    const sum = delays.reduce<number>((all, delay = 0) => all + delay, 0);
    expect(Math.round(sum / MINUTE) / 60).toBeCloseTo(75.6, 1);
  });

  test('strays by a fifth to either side', () => {
    expect(retryDelayMs(PLAN, 4, 0)).toBe(1.6 * HOUR);
    expect(retryDelayMs(PLAN, 4, 0.999_999)).toBeCloseTo(2.4 * HOUR, -2);
  });

  test('waits longer when it is asked to, up to a day, and never less', () => {
    expect(retryDelayMs(PLAN, 1, 0.5, 90_000)).toBe(90_000);
    expect(retryDelayMs(PLAN, 3, 0.5, 90_000)).toBe(30 * MINUTE);
    expect(retryDelayMs(PLAN, 1, 0.5, 1e12)).toBe(24 * HOUR);
    expect(retryDelayMs(PLAN, 10, 0.5, 90_000)).toBeUndefined();
  });
});

test('a receiver that is down is tried every 5 s at first, every 4 minutes in the end', () => {
  const delays = [0, 4, 5, 6, 7, 8, 9, 10, 11, 500].map((failures) => probeDelayMs(PLAN, failures));
  expect(delays).toEqual([0, 0, 5, 10, 20, 40, 80, 160, 240, 240].map((seconds) => seconds * 1000));
});

describe('a Retry-After header', () => {
  const now = Date.parse('2026-03-01T10:00:00.000Z');

  test.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Sun, 01 Mar 2026 10:01:30 GMT', 90_000],
    ['Sunday, 01-Mar-26 10:01:30 GMT', 90_000],
    ['Sun, 01 Mar 2026 09:00:00 GMT', 0],
  ])('%s is understood', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });

  test.each([
    undefined,
    '',
    'soon',
    '-5',
    '1.5',
    '12345678901',
    '2026-03-01',
    'Infinity',
    'Sun, x',
  ])('%s says nothing', (header) => {
    expect(retryAfterMs(header, now)).toBeUndefined();
  });
});
