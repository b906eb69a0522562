import { describe, expect, test } from '@jest/globals';
import { goalLines, verdictOf } from '../../src/bench/report-lines.ts';
import type { PhaseFigures } from '../../src/bench/phase.ts';
import { ratiosOf, webhookGoals } from '../../src/bench/webhook-figures.ts';
import type { AllParts, WebhookFigures } from '../../src/bench/webhook-figures.ts';
import { renderReport } from '../../src/bench/webhook-report.ts';

const kind = { count: 2, p50: 35, p95: 80, p99: 90, max: 99, errors: 0 };
const phase = (change: Partial<PhaseFigures> = {}): PhaseFigures => ({
  calls: 2,
  turns: 1,
  pauseMs: 100,
  seconds: 1,
  errors: 0,
  first: kind,
  turn: kind,
  status: kind,
  cpuMsPerWebhook: { api: 2, worker: 10, generator: 1, total: 12 },
  ...change,
});
const throughput = {
  callers: 8,
  seconds: 10,
  webhooks: 400,
  perSecond: 40,
  errors: 0,
  first: kind,
  turn: kind,
  status: kind,
  cpuMsPerWebhook: { api: 3, worker: 20, generator: 1, total: 23 },
};
const memory = {
  steps: [
    { live: 0, residentKb: 102_400 },
    { live: 10, residentKb: 105_472 },
  ],
  live: 10,
  turns: 0,
  warmUp: 5,
  kbPerCall: 307.2,
  firstKbPerCall: 512,
  errors: 0,
};
const parts: AllParts = { one: phase(), many: phase({ calls: 50 }), throughput, memory };
const bot: AllParts = {
  one: phase({ first: { ...kind, p50: 5 }, turn: { ...kind, p50: 7 } }),
  many: null,
  throughput: { ...throughput, perSecond: 160, cpuMsPerWebhook: { bot: 2.3, total: 2.3 } },
  memory: null,
};
const history = { historyEventsPerTurn: 19.7, manyHistoryEventsPerTurn: 21, historiesRead: 4 };
const verdicts = (all: AllParts) => webhookGoals(all, history).map(verdictOf);

describe('a goal', () => {
  test('is met at its limit, and missed beyond it', () => {
    const goal = { name: 'any', limit: 10 };
    expect(verdictOf({ ...goal, value: 10 })).toBe('met');
    expect(verdictOf({ ...goal, value: 10.1 })).toBe('MISSED');
    expect(verdictOf({ ...goal, value: 10, atLeast: true })).toBe('met');
    expect(verdictOf({ ...goal, value: 9.9, atLeast: true })).toBe('MISSED');
    expect(verdictOf({ ...goal, value: null })).toBe('not measured');
  });

  test('is not certain where the true value may lie on either side', () => {
    const goal = { name: 'any', limit: 1 };
    expect(verdictOf({ ...goal, value: 0.2, margin: 0.5 })).toBe('met');
    expect(verdictOf({ ...goal, value: 0.2, margin: 0.9 })).toBe('not certain');
    expect(verdictOf({ ...goal, value: 1.8, margin: 0.9 })).toBe('not certain');
    expect(verdictOf({ ...goal, value: 2, margin: 0.9 })).toBe('MISSED');
    expect(verdictOf({ ...goal, value: 0, margin: Infinity })).toBe('not certain');
  });

  test('is set beside its figure', () => {
    expect(
      goalLines([
        { name: 'turn', value: 7.25, limit: 10, unit: 'ms' },
        { name: 'webhooks', value: 41, limit: 40, atLeast: true },
      ]),
    ).toEqual(['turn          7.3 ms, goal ≤ 10 ms: met', 'webhooks       41, goal ≥ 40: met']);
  });
});

describe('the goals of the webhook benchmark', () => {
  test('are those of a run that just meets them', () => {
    expect(verdicts(parts)).toEqual(['met', 'met', 'met', 'met', 'met', 'MISSED', 'MISSED']);
  });

  test('take the worse of the histories', () => {
    const better = { ...history, manyHistoryEventsPerTurn: 18 };
    expect(webhookGoals(parts, better).find(({ name }) => /events/.test(name))?.value).toBe(19.7);
  });

  test('are not measured where a part was left out, or its rate came with errors', () => {
    const none = { ...parts, many: null, memory: null };
    expect(verdicts(none)).toEqual([
      'met',
      'met',
      'met',
      'not measured',
      'met',
      'MISSED',
      'not measured',
    ]);
    const failed = { ...parts, throughput: { ...throughput, errors: 1 } };
    expect(verdicts(failed)[4]).toBe('not measured');
  });

  test('are not measured by calls that were not answered', () => {
    const failed = { ...parts, one: phase({ errors: 1 }), many: phase({ errors: 1 }) };
    expect(verdicts(failed).slice(0, 4)).toEqual(Array.from({ length: 4 }, () => 'not measured'));
  });
});

describe('the ratios to the bot', () => {
  test('say how many times as much', () => {
    expect(ratiosOf(parts, bot)).toEqual({
      firstP50: 7,
      turnP50: 5,
      manyTurnP95: null,
      cpuPerWebhook: 10,
      perSecond: 0.25,
      kbPerCall: null,
    });
  });
});

describe('the report', () => {
  const figures: WebhookFigures = {
    benchmark: 'webhook',
    calls: 2,
    turns: 1,
    warmup: 0,
    pauseMs: 100,
    betweenMs: 500,
    sealed: false,
    errors: 0,
    ...parts,
    ...history,
    http: kind,
    model: kind,
    bot,
    ratios: ratiosOf(parts, bot),
    goals: webhookGoals(parts, history),
    node: 'v20.0.0',
    cores: 2,
    load: [0.1, 0.25],
    interrupted: false,
  };

  test('has a table for each way of calling, costs and memory, and the bot beside it', () => {
    const report = renderReport(figures, []);
    expect(report).toMatch(/^turn +2 +35\.0 +80\.0 +90\.0 +99\.0 +0$/m);
    expect(report).toMatch(/^HTTP alone +2 +35\.0 +80\.0 +90\.0 +99\.0$/m);
    expect(report).toMatch(/^50 calls at once, /m);
    expect(report).toMatch(
      /^CPU ms a webhook: api 3\.0, worker 20\.0, generator 1\.0, total 23\.0 \(the load generator: 4 % of all\)$/m,
    );
    expect(report).toMatch(
      /^Memory by live calls, one to ten turns each: 0: 100\.0 MB, 10: 103\.0 MB$/m,
    );
    expect(report).toMatch(/^ {2}307\.2 kB a call: the slope after the first 5, /m);
    expect(report).toMatch(/^ {2}512\.0 kB a call: the first 5, /m);
    expect(report).toMatch(/IN MEMORY$/m);
    expect(report).toContain('CPU × 10.0, webhooks a second × 0.25');
    expect(report).toContain('load 0.10 before, 0.25 after');
    expect(report).not.toContain('What went wrong');
    expect(report).not.toContain('STOPPED');
  });

  test('says what went wrong, what was left out, and that it was stopped', () => {
    const part = { ...figures, ...parts, many: null, throughput: null, memory: null, bot: null };
    const report = renderReport({ ...part, ratios: null, interrupted: true }, [
      '3 × turn: other words',
    ]);
    expect(report).toContain('What went wrong:\n  3 × turn: other words');
    expect(report).toContain('STOPPED EARLY');
    expect(report).not.toContain('calls at once');
    expect(report).not.toContain('IN MEMORY');
  });
});
