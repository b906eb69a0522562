import { expect, test } from '@jest/globals';
import { Backoff } from '../../src/supervisor/backoff.ts';
import { repeatedSignals } from '../../src/supervisor/signals.ts';

test('the first restart comes at once, later ones wait longer and longer, up to 2 s', () => {
  const backoff = new Backoff(() => 0);
  const delays = Array.from({ length: 8 }, () => {
    backoff.started();
    return backoff.died();
  });
  expect(delays).toEqual([0, 100, 200, 500, 1000, 2000, 2000, 2000]);
});

test('a process that lived for 5 s is restarted at once again', () => {
  let now = 0;
  const backoff = new Backoff(() => now);
  for (const lifeMs of [10, 10, 10]) {
    backoff.started();
    now += lifeMs;
    backoff.died();
  }
  backoff.started();
  now += 5000;
  expect(backoff.died()).toBe(0);
});

test('two signals within 250 ms are one, later ones are counted', () => {
  let now = 0;
  const heard: [string, number][] = [];
  const unhook = repeatedSignals(
    (signal, count) => heard.push([signal, count]),
    () => now,
  );
  try {
    process.emit('SIGINT');
    now = 100;
    process.emit('SIGINT');
    now = 400;
    process.emit('SIGTERM');
    expect(heard).toEqual([
      ['SIGINT', 1],
      ['SIGTERM', 2],
    ]);
  } finally {
    unhook();
  }
  expect(process.listenerCount('SIGHUP')).toBe(0);
});
