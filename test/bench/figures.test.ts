import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { HistoryEvent } from '../../src/bench/history-cost.ts';
import { eventsPerTurn } from '../../src/bench/history-cost.ts';
import { Samples } from '../../src/bench/samples.ts';
import { median, summarize } from '../../src/bench/statistics.ts';

const NOTHING = { count: 0, p50: null, p95: null, p99: null, max: null };

describe('the summary of many times', () => {
  test('takes percentiles by nearest rank, in any order of the times', () => {
    const times = Array.from({ length: 100 }, (_each, i) => 100 - i);
    expect(summarize(times)).toEqual({ count: 100, p50: 50, p95: 95, p99: 99, max: 100 });
    expect(summarize([3, 1, 2, 4])).toEqual({ count: 4, p50: 2, p95: 4, p99: 4, max: 4 });
  });

  test('is rounded to a tenth of a millisecond', () => {
    expect(summarize([1.249, 7.86]).p50).toBe(1.2);
    expect(summarize([1.249, 7.86]).max).toBe(7.9);
  });

  test('knows nothing of no times', () => {
    expect(summarize([])).toEqual(NOTHING);
  });

  test('never falls from one percentile to the next, and leaves the times as they are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }),
        (all) => {
          const before = [...all];
          const { p50, p95, p99, max } = summarize(all);
          const figures = [p50 ?? -1, p95 ?? -1, p99 ?? -1, max ?? -1];
          expect(figures).toEqual(figures.toSorted((a, b) => a - b));
          expect(max).toBeCloseTo(Math.max(...all), 0);
          expect(all).toEqual(before);
        },
      ),
    );
  });
});

describe('the middle', () => {
  test('is the middle one, or half way between the middle two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});

describe('the samples of a run', () => {
  test('are summarized between two marks', () => {
    const samples = new Samples();
    samples.took('turn', 1000);
    const start = samples.mark();
    samples.took('turn', 10);
    samples.took('first', 20);
    const end = samples.mark();
    samples.took('turn', 2000);
    expect(samples.between(start, end).turn).toMatchObject({ count: 1, max: 10 });
    expect(samples.between(start, end).first).toMatchObject({ count: 1, max: 20 });
    expect(samples.between(start).turn).toMatchObject({ count: 2, max: 2000 });
    expect(samples.count).toBe(4);
  });

  test('keep the time of a wrong answer, count it, and name each problem once', () => {
    const samples = new Samples();
    samples.took('turn', 20);
    samples.took('turn', 3500);
    samples.failed('turn', 'other words');
    samples.failed('turn', 'other words');
    samples.failed('status', 'HTTP status 503');
    expect(samples.errors).toBe(3);
    expect(samples.figures().turn).toMatchObject({ count: 2, max: 3500, errors: 2 });
    expect(samples.figures().first).toEqual({ ...NOTHING, errors: 0 });
    expect(samples.problems()).toEqual(['2 × turn: other words', '1 × status: HTTP status 503']);
  });
});

describe('the cost of a turn in history events', () => {
  const other: HistoryEvent = {};
  const signal = (signalName: string): HistoryEvent => ({
    workflowExecutionSignaledEventAttributes: { signalName },
  });

  test('is counted from the first words to the end of the call', () => {
    const begin = [other, other, other];
    const turn = [signal('spoke'), other, other, other];
    const end = [signal('status'), other, other];
    expect(eventsPerTurn([...begin, ...turn, ...turn, ...end])).toBe(4);
    expect(eventsPerTurn([...begin, signal('status'), ...turn, other, ...turn, ...end])).toBe(4.5);
  });

  test('is unknown without turns or without an end', () => {
    expect(eventsPerTurn([])).toBeUndefined();
    expect(eventsPerTurn([other, signal('status')])).toBeUndefined();
    expect(eventsPerTurn([signal('spoke'), other])).toBeUndefined();
  });
});
