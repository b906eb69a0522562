import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { HistoryEvent } from '../../src/bench/history-cost.ts';
import { eventsPerTurn } from '../../src/bench/history-cost.ts';
import { Samples } from '../../src/bench/samples.ts';
import { summarize } from '../../src/bench/statistics.ts';
import { GOALS, renderReport } from '../../src/bench/webhook-report.ts';
import type { WebhookFigures } from '../../src/bench/webhook-report.ts';

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

describe('the samples of a run', () => {
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

describe('the report', () => {
  const kind = { count: 2, p50: 40, p95: 40.1, p99: 50, max: 60, errors: 0 };
  const figures: WebhookFigures = {
    benchmark: 'webhook',
    calls: 2,
    turns: 1,
    warmup: 0,
    pauseMs: 100,
    errors: 0,
    first: { ...kind, p50: 40.1 },
    turn: kind,
    status: kind,
    http: kind,
    model: kind,
    historyEventsPerTurn: null,
    historiesRead: 0,
    goals: GOALS,
    node: 'v20.0.0',
    cores: 2,
    load: [0.1, 0.25],
  };

  test('sets each goal beside its figure', () => {
    const report = renderReport(figures, []);
    expect(report).toMatch(/^first webhook p50 +40\.1 ms, goal ≤ 40 ms: MISSED$/m);
    expect(report).toMatch(/^turn p50 +40\.0 ms, goal ≤ 40 ms: met$/m);
    expect(report).toMatch(/^turn p95 +40\.1 ms, goal ≤ 100 ms: met$/m);
    expect(report).toMatch(/^history events a turn +–, goal ≤ 20: not measured$/m);
    expect(report).toContain('load 0.10 before, 0.25 after');
    expect(report).not.toContain('What went wrong');
  });

  test('has one row for each kind, and says what went wrong', () => {
    const turn = { ...kind, errors: 3 };
    const report = renderReport({ ...figures, turn }, ['3 × turn: other words']);
    expect(report).toMatch(/^turn +2 +40\.0 +40\.1 +50\.0 +60\.0 +3$/m);
    expect(report).toMatch(/^HTTP alone +2 +40\.0 +40\.1 +50\.0 +60\.0$/m);
    expect(report).toContain('What went wrong:\n  3 × turn: other words');
  });
});
