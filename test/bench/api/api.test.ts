import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { apiGoals, missedOf, renderApi } from '../../../src/bench/api/api-figures.ts';
import type { ApiFigures } from '../../../src/bench/api/api-figures.ts';
import { measureCreations } from '../../../src/bench/api/creation-times.ts';
import { CONDITIONS } from '../../../src/bench/api/filters.ts';
import { faultOf } from '../../../src/bench/api/list-times.ts';
import { planOf } from '../../../src/bench/api/places.ts';

const never = new AbortController().signal;

describe('the places of a list that are visited', () => {
  const ranksOf = (place: string, total: number, times = 20) =>
    planOf(total, times).flatMap((visit) => (visit.place === place ? [visit.rank] : []));

  test('the top has no cursor', () => {
    expect(new Set(ranksOf('top', 1000))).toEqual(new Set([undefined]));
  });

  test('the middle is another row each time, none within a quarter of an end', () => {
    const ranks = ranksOf('middle', 1000) as number[];
    expect(new Set(ranks).size).toBe(20);
    expect(Math.min(...ranks)).toBeGreaterThanOrEqual(250);
    expect(Math.max(...ranks)).toBeLessThanOrEqual(750);
  });

  test('the end is the last row and the ones before it, as far as a page goes', () => {
    expect(ranksOf('end', 1000, 3)).toEqual([1000, 999, 998]);
    expect(Math.min(...(ranksOf('end', 1000, 50) as number[]))).toBe(980);
  });

  test('all ranks are rows of the list, however short it is', () => {
    for (const total of [1, 2, 5, 21]) {
      const ranks = planOf(total, 25).flatMap(({ rank }) => rank ?? []);
      expect(ranks.every((rank) => rank >= 1 && rank <= total)).toBe(true);
      expect(ranks.length).toBe(75);
    }
  });

  test('of an empty list there is a top alone', () => {
    expect(planOf(0, 2)).toEqual([{ place: 'top' }, { place: 'top' }]);
  });
});

test('every filter of the list of calls is measured', () => {
  const file = join(import.meta.dirname, '..', '..', '..', 'openapi.json');
  const { paths } = JSON.parse(readFileSync(file, 'utf8')) as {
    paths: Record<string, { get: { parameters: { name: string; in: string }[] } }>;
  };
  const named = paths['/v1/calls']?.get.parameters.flatMap((parameter) =>
    parameter.in === 'query' ? [parameter.name] : [],
  );
  const ofPages = ['limit', 'starting_after', 'ending_before'];
  expect([...Object.keys(CONDITIONS), ...ofPages].sort()).toEqual(named?.sort());
});

describe('a page of a list', () => {
  const visit = { place: 'top', cursor: {}, rows: 2, hasMore: true } as const;

  test('with the rows that it must have is right', () => {
    expect(faultOf({ data: [1, 2], has_more: true }, visit)).toBeUndefined();
  });

  test.each([
    [{ data: [1], has_more: true }, '1 rows instead of 2'],
    [{ data: [1, 2], has_more: false }, 'has_more is false'],
    [{ code: 'not-found' }, 'no list'],
    [undefined, 'no list'],
  ])('as in %j is not', (body, fault) => {
    expect(faultOf(body, visit)).toBe(fault);
  });
});

describe('assistants are created', () => {
  test('in turn without a key, with a new one, and with the same again', async () => {
    const keys: (string | undefined)[] = [];
    const client = {
      ask: async (_path: string, ask: { headers?: Record<string, string> } = {}) => {
        keys.push(ask.headers?.['idempotency-key']);
        return { status: 201, body: {}, ms: 2 };
      },
    };
    const { plain, keyed, repeated, problems } = await measureCreations(client, 3, never);
    expect([plain.count, keyed.count, repeated.count]).toEqual([3, 3, 3]);
    expect(problems).toEqual([]);
    const [first, second, third, , fifth] = keys;
    expect([first, second === third, second === fifth]).toEqual([undefined, true, false]);
  });

  test('and another answer than 201 is a problem', async () => {
    const client = { ask: async () => ({ status: 429, body: {}, ms: 1 }) };
    const { problems } = await measureCreations(client, 1, never);
    expect(new Set(problems)).toContain('creating an assistant, plain: status 429');
  });
});

const times = { count: 4, p50: 2, p95: 4, p99: 5, max: 6 };
const list = (filter: string, isSingle: boolean, p95: number | null) => ({
  filter,
  isSingle,
  rows: 7,
  places: { top: times, middle: times, end: times, backwards: times },
  p95,
});
const signIn = {
  requests: 10,
  trivial: 0.2,
  signedIn: 0.25,
  limited: 0.3,
  cold: 0.9,
  added: { signedIn: 0.05, limited: 0.1, cold: 0.7 },
  inside: { p50: 0.04, p95: 0.09 },
};
const creating = { plain: times, keyed: times, repeated: times };
const figures: ApiFigures = {
  benchmark: 'api',
  rows: 1000,
  otherRows: 10,
  times: 4,
  fillSeconds: 1,
  lists: [list('none', true, 49), list('two at once', false, 500)],
  creating,
  signIn,
  goals: [],
  missed: 0,
  errors: 0,
  node: 'v20.0.0',
  cores: 2,
  load: [0, 1],
  interrupted: false,
};

describe('the goals of the API', () => {
  test('are met when each filter alone is quick, whatever pairs take', () => {
    const goals = apiGoals(figures);
    expect(missedOf(goals)).toBe(0);
    expect(goals.map(({ name }) => name)).not.toContain('list p95, two at once');
  });

  test.each<[string, Partial<ApiFigures>]>([
    ['a filter is slow', { lists: [list('none', true, 51)] }],
    ['a filter was not measured', { lists: [list('none', true, null)] }],
    ['assistants are slow', { creating: { ...creating, keyed: { ...times, p95: 31 } } }],
    [
      'signing in is slow',
      { signIn: { ...signIn, added: { ...signIn.added, signedIn: 1.1, limited: 0.5 } } },
    ],
  ])('are missed when %s', (_what, change) => {
    expect(missedOf(apiGoals({ ...figures, ...change }))).toBe(1);
  });

  test('that were not measured are not met', () => {
    expect(missedOf(apiGoals({ lists: [], creating: null, signIn: null }))).toBe(4);
  });

  test('are told with every list, and whether all were met', () => {
    const goals = apiGoals(figures);
    const report = renderApi({ ...figures, goals }, ['list: status 500', 'list: status 500']);
    expect(report).toContain('two at once');
    expect(report).toContain('adds 0.050 ms');
    expect(report).toContain('2 × list: status 500');
    expect(report.endsWith('PASS')).toBe(true);
    expect(renderApi({ ...figures, missed: 1 }, []).endsWith('FAIL')).toBe(true);
  });
});
