import { describe, expect, test } from '@jest/globals';
import {
  deliveryGoals,
  endOfLatency,
  problemsOf,
} from '../../../src/bench/delivery/delivery-figures.ts';
import type { DeliveryParts } from '../../../src/bench/delivery/delivery-figures.ts';
import { renderDelivery } from '../../../src/bench/delivery/delivery-report.ts';
import type { RateFigures } from '../../../src/bench/delivery/latency.ts';
import { verdictOf } from '../../../src/bench/report-lines.ts';
import { summarize } from '../../../src/bench/statistics.ts';

function rate(callsPerSecond: number, delayMs: number, given: Partial<RateFigures> = {}) {
  const delay = summarize([delayMs]);
  const none = { callErrors: 0, callProblems: [], missing: 0 };
  return {
    ...{ callsPerSecond, seconds: 60, calls: 60, events: 1, ...none, delay },
    byType: { 'call.ended': delay },
    turn: summarize([40]),
    ...given,
  };
}

const idle = (endpoints: number, worker: number) => ({
  ...{ endpoints, seconds: 60, cpuMsPerSecond: { worker }, historyEvents: 0, workflowRuns: 0 },
});

const PARTS: DeliveryParts = {
  latency: [rate(1, 120), rate(2, 400), rate(3, 1700)],
  idle: { without: idle(0, 20), withEndpoints: idle(100, 21) },
  flow: {
    ...{ deliveries: 1200, seconds: 60, cpuMs: { worker: 3, total: 3 } },
    ...{ historyEvents: 0.1, workflowRuns: 0.01, rows: 2, bytes: 2000 },
  },
  outage: {
    ...{
      events: 10_000,
      maxPerSecond: 50,
      closed: 60,
      failing: 60,
      slow: 60,
      slowAnswerMs: 14_000,
    },
    ...{ waiting: 9000, drainSeconds: 190, firstSeconds: 1, missing: 0, repeated: 0 },
    ...{ mostInOneSecond: 50, mostInTenSeconds: 495, mostArrivedInOneSecond: 52 },
    ...{ otherQuiet: summarize([10]), otherMeanwhile: summarize([30]), otherMissing: 0 },
  },
  drain: null,
  killed: {
    ...{ seed: 1, calls: 50, seconds: 60, kills: { receiver: 2 }, notBack: 0, settledSeconds: 1 },
    ...{ endedOtherwise: [], openAfterwards: 0 },
    verdict: { ok: true, counts: { lost: 0 }, violations: [] },
  },
};

const verdicts = (parts: DeliveryParts) => deliveryGoals(parts).map(verdictOf);

describe('the goals of delivery', () => {
  test('are met by good figures, and not measured where there are none', () => {
    expect(new Set(verdicts(PARTS))).toEqual(new Set(['met']));
    const nothing = {
      latency: null,
      idle: null,
      flow: null,
      outage: null,
      drain: null,
      killed: null,
    };
    expect(new Set(verdicts(nothing))).toEqual(new Set(['not measured']));
    expect(problemsOf(nothing)).toEqual([]);
  });

  test.each<[string, Partial<DeliveryParts>]>([
    ['events that never arrive', { latency: [rate(1, 100, { missing: 1 })] }],
    ['a slow arrival', { latency: [rate(1, 1001)] }],
    ['a drain that does not end', { outage: { ...PARTS.outage!, drainSeconds: null } }],
    ['one attempt too many', { outage: { ...PARTS.outage!, mostInOneSecond: 51 } }],
    [
      'another customer who waits',
      { outage: { ...PARTS.outage!, otherMeanwhile: summarize([2001]) } },
    ],
    ['an event that is lost', { outage: { ...PARTS.outage!, missing: 1 } }],
    [
      'idle endpoints with a history',
      { idle: { ...PARTS.idle!, withEndpoints: { ...idle(100, 20), historyEvents: 1 } } },
    ],
    [
      'idle endpoints that take processors',
      { idle: { ...PARTS.idle!, withEndpoints: idle(100, 30) } },
    ],
    [
      'a violation',
      {
        killed: {
          ...PARTS.killed!,
          verdict: { ok: false, counts: {}, violations: [{ kind: 'bad-signature', evidence: '' }] },
        },
      },
    ],
  ])('are missed by %s', (_what, change) => {
    expect(verdicts({ ...PARTS, ...change }).filter((each) => each === 'MISSED')).toHaveLength(1);
  });

  test('the end is where the 95th percentile passes a second, or calls go wrong', () => {
    expect(endOfLatency(PARTS.latency)).toEqual({ keepsUpAt: 2, endsAt: 3 });
    expect(endOfLatency([rate(1, 100), rate(2, 100, { callErrors: 1 })])).toEqual({
      keepsUpAt: 1,
      endsAt: 2,
    });
    expect(endOfLatency([rate(1, 100)])).toEqual({ keepsUpAt: 1, endsAt: null });
    expect(endOfLatency(null)).toEqual({ keepsUpAt: null, endsAt: null });
  });
});

test('the report says it all, and the command that does it again', () => {
  const report = renderDelivery(
    {
      ...{ benchmark: 'delivery', command: 'npm run bench -- delivery', sealed: true, ...PARTS },
      ...{ ...endOfLatency(PARTS.latency), goals: deliveryGoals(PARTS), errors: 0 },
      ...{ node: 'v20', cores: 2, load: [1, 2], interrupted: false },
    },
    ['something'],
  );
  for (const words of [
    'Again: npm run bench -- delivery',
    'within a second at 2 calls a second, and not at 3.',
    '100 endpoints, 60 s: 0 history events',
    '1200 deliveries in 60 s',
    'it comes back with 9000 waiting; the first arrives after 1.0 s, all within 190.0 s',
    'most attempts in any second: 50, in any ten: 495; most arrivals in any second: 52',
    '50 calls in 60 s, 2 kills with seed 1: receiver 2',
    'The history holds.',
    'What went wrong:\n  something',
    'goals missed: 0; not certain: 0, not measured: 0, met: 9',
  ]) {
    expect(report).toContain(words);
  }
});
