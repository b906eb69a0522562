import { expect, test } from '@jest/globals';
import { createTicker } from '../../src/media/ticker.ts';
import { Timeline } from '../fakes/timeline.ts';

function tickerBench(timerOf = (ms: number) => ms) {
  const time = new Timeline();
  const lateMs: number[] = [];
  const setTimer = (call: () => void, ms: number) => time.setTimer(call, timerOf(ms));
  const ticker = createTicker({ clock: time, setTimer, onBeat: (late) => lateMs.push(late) });
  return { time, ticker, lateMs };
}

test('beats come every 20 ms of the clock, also when each takes its time', () => {
  const { time, ticker, lateMs } = tickerBench();
  const beats: number[] = [];
  ticker.add((nowMs) => {
    beats.push(nowMs);
    time.stall(7);
  });
  time.pass(100);
  expect(beats).toEqual([20, 40, 60, 80, 100]);
  expect(lateMs).toEqual([0, 0, 0, 0, 0]);
});

test('a beat that is late is told as late, and those that were slept through are left out', () => {
  const { time, ticker, lateMs } = tickerBench();
  const beats: number[] = [];
  ticker.add((nowMs) => beats.push(nowMs));
  time.pass(40);
  time.stall(75);
  time.pass(25);
  expect(beats).toEqual([20, 40, 115, 120, 140]);
  expect(lateMs).toEqual([0, 0, 55, 0, 0]);
});

test('a timer that fires early, as it counts whole milliseconds, is no beat', () => {
  const { time, ticker } = tickerBench((ms) => Math.max(1, Math.floor(ms)));
  time.pass(0.6);
  const beats: number[] = [];
  ticker.add((nowMs) => beats.push(nowMs));
  time.pass(60.5);
  expect(beats.map((beat) => Math.floor(beat))).toEqual([20, 40, 60]);
});

test('all are called at the same beat, each until it does not want to be', () => {
  const { time, ticker } = tickerBench();
  const calls: string[] = [];
  const remove = ticker.add(() => calls.push('a'));
  ticker.add(() => calls.push('b'));
  time.pass(20);
  remove();
  remove();
  time.pass(20);
  expect(calls).toEqual(['a', 'b', 'b']);
});

test('one that is added or removed during a beat disturbs no other', () => {
  const { time, ticker } = tickerBench();
  const calls: string[] = [];
  const removeA = ticker.add(() => {
    calls.push('a');
    removeA();
    ticker.add(() => calls.push('c'));
  });
  ticker.add(() => calls.push('b'));
  time.pass(40);
  expect(calls.slice(0, 2)).toEqual(['a', 'b']);
  expect(calls.filter((call) => call === 'a')).toHaveLength(1);
  expect(calls.filter((call) => call === 'b')).toHaveLength(2);
});

test('without anybody to call it sleeps, and it wakes for the next one', () => {
  const { time, ticker, lateMs } = tickerBench();
  ticker.add(() => {})();
  time.pass(1_000);
  expect(lateMs).toEqual([]);
  let beats = 0;
  ticker.add(() => (beats += 1));
  time.pass(40);
  expect(beats).toBe(2);
  ticker.close();
  time.pass(100);
  expect(beats).toBe(2);
});
