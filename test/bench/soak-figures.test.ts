import { describe, expect, test } from '@jest/globals';
import { verdictOf } from '../../src/bench/report-lines.ts';
import { growthOf, leftOf, renderSoak, soakGoals } from '../../src/bench/soak-figures.ts';
import type { SoakFigures, SoakLook } from '../../src/bench/soak-figures.ts';
import { seededRandom } from '../../src/simulator/faults/random.ts';

const mark = { first: 0, turn: 0, status: 0 };
/** A look every 10 s for half an hour; memory in MB at each second. */
const looks = (memory: (seconds: number) => number): SoakLook[] =>
  Array.from({ length: 181 }, (_each, at) => ({
    seconds: at * 10,
    usages: { 'voca-api-1': { cpuSeconds: 0, residentKb: memory(at * 10) * 1024 } },
    mark,
  }));
const verdictFor = (memory: (seconds: number) => number) =>
  verdictOf(soakGoals(growthOf(looks(memory), 600), 0, {})[0]!);

describe('growth', () => {
  test('is measured behind the warm-up', () => {
    const growth = growthOf(
      looks((seconds) => (seconds < 600 ? 100 + seconds : 700 + seconds / 3600)),
      600,
    );
    expect(growth['voca-api-1']).toMatchObject({ firstMb: 700.2, lastMb: 700.5, mbPerHour: 1 });
  });

  test('is met, missed or not certain, and noise alone is never a miss', () => {
    const random = seededRandom('noise');
    expect(verdictFor(() => 100)).toBe('met');
    expect(verdictFor((seconds) => 100 + (5 * seconds) / 3600)).toBe('MISSED');
    expect(verdictFor(() => 100 + 20 * random.next())).toBe('not certain');
  });

  test('of too few looks is not certain', () => {
    const growth = growthOf(looks(() => 100).slice(0, 2), 0);
    expect(growth['voca-api-1']?.marginMbPerHour).toBeNull();
    expect(verdictOf(soakGoals(growth, 0, {})[0]!)).toBe('not certain');
    expect(growthOf([], 0)).toEqual({});
  });
});

describe('what is left open', () => {
  const usage = (openFiles: number, sockets: number) => ({
    cpuSeconds: 0,
    residentKb: 1,
    openFiles,
    sockets,
  });

  test('is what was not open before, by process', () => {
    const before = { 'voca-api-1': usage(30, 10), 'voca-worker-1': usage(40, 20) };
    const after = { 'voca-api-1': usage(33, 12), 'voca-worker-1': usage(39, 18) };
    expect(leftOf(before, after)).toEqual({
      'voca-api-1': { openFiles: 3, sockets: 2 },
      'voca-worker-1': { openFiles: -1, sockets: -2 },
    });
  });

  test('is unknown where the system does not tell', () => {
    const bare = { cpuSeconds: 0, residentKb: 1 };
    expect(leftOf({ a: bare }, { a: bare })).toEqual({});
    expect(soakGoals({}, null, {}).map(verdictOf)).toEqual(['not measured', 'not measured']);
  });

  test('in one process is not made up for by another, and the load generator is not ours', () => {
    const left = {
      'voca-api-1': { openFiles: 0, sockets: 2 },
      'voca-worker-1': { openFiles: 0, sockets: -2 },
      generator: { openFiles: 9, sockets: 9 },
    };
    expect(soakGoals({}, 0, left).find(({ name }) => /sockets/.test(name))?.value).toBe(2);
  });
});

describe('the report of a soak', () => {
  const kind = { count: 9, p50: 1, p95: 2, p99: 3, max: 4, errors: 0 };
  const growth = growthOf(
    looks(() => 100),
    600,
  );
  const left = { 'voca-api-1': { openFiles: 2, sockets: 0 } };
  const figures: SoakFigures = {
    benchmark: 'soak',
    calls: 20,
    turns: 10,
    pauseMs: 5000,
    seconds: 1800,
    warmupSeconds: 600,
    settleSeconds: 600,
    hastyCalls: 2000,
    callsPlayed: 600,
    errors: 0,
    first: kind,
    turn: kind,
    status: kind,
    firstPart: { ...kind, p99: 10 },
    lastPart: { ...kind, p99: 12.5 },
    growth,
    left,
    sealed: true,
    workflowsLeft: 1,
    looksWithGarbage: 0,
    goals: soakGoals(growth, 1, left),
    node: 'v20.0.0',
    cores: 2,
    load: [1, 1],
    interrupted: false,
  };

  test('shows growth, what is open, and the last part against the first', () => {
    const report = renderSoak(figures, []);
    expect(report).toMatch(/^voca-api-1 +100\.0 +100\.0 +0\.0 +0\.0 +\+2 +0$/m);
    expect(report).toContain('p99 of the last third over the first: 1.25');
    expect(report).toContain('What Temporal keeps is sealed.');
    expect(report.trimEnd()).toMatch(/\ngoals missed: 1; not certain: 0, not measured: 0, met: 2$/);
    expect(report).toMatch(/^workflows left open +1, goal ≤ 0: MISSED$/m);
    expect(report).toMatch(/^voca-api-1 grows by +0 ± 0\.0 MB\/h, goal ≤ 1 MB\/h: met$/m);
  });
});
