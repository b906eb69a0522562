/** What `npm run bench -- api` reports, and its goals. Pure. */
import type { Goal, Machine } from '../report-lines.ts';
import { cells, goalLines, goalsLine, machineLine, shown, verdictOf } from '../report-lines.ts';
import type { Summary } from '../statistics.ts';
import type { CreationTimes } from './creation-times.ts';
import type { ListFigures } from './list-times.ts';
import { PLACES } from './places.ts';
import type { SignInCost } from './sign-in-cost.ts';

export interface ApiFigures extends Machine {
  benchmark: 'api';
  /** Calls of the workspace that is listed, and of the other one. */
  rows: number;
  otherRows: number;
  times: number;
  fillSeconds: number;
  lists: ListFigures[];
  creating: Pick<CreationTimes, 'plain' | 'keyed' | 'repeated'> | null;
  signIn: Omit<SignInCost, 'problems'> | null;
  goals: Goal[];
  /** Goals that were not met. */
  missed: number;
  errors: number;
  interrupted: boolean;
}

const LIST_P95_MS = 50;
const CREATE_P95_MS = 30;
const SIGN_IN_P50_MS = 1;

export function apiGoals({
  lists,
  creating,
  signIn,
}: Pick<ApiFigures, 'lists' | 'creating' | 'signIn'>): Goal[] {
  return [
    ...lists
      .filter(({ isSingle }) => isSingle)
      .map(({ filter, p95 }) => {
        return { name: `list p95, ${filter}`, value: p95, limit: LIST_P95_MS, unit: 'ms' };
      }),
    goal('create an assistant p95', creating?.plain.p95, CREATE_P95_MS),
    goal('the same, Idempotency-Key', creating?.keyed.p95, CREATE_P95_MS),
    goal('sign-in adds, p50', signIn?.added.signedIn, SIGN_IN_P50_MS),
    goal('sign-in and limits add, p50', signIn?.added.limited, SIGN_IN_P50_MS),
  ];
}

function goal(name: string, value: number | null | undefined, limit: number): Goal {
  return { name, value: value ?? null, limit, unit: 'ms' };
}

/** What was not measured was not met. */
export function missedOf(goals: readonly Goal[]): number {
  return goals.filter((each) => verdictOf(each) !== 'met').length;
}

export function renderApi(figures: ApiFigures, problems: readonly string[]): string {
  const { rows, otherRows, times, lists, creating, signIn, goals } = figures;
  return [
    ...(figures.interrupted ? ['STOPPED EARLY: what was measured until then'] : []),
    `${rows} calls in the workspace, ${otherRows} in another one; made in ${figures.fillSeconds} s`,
    machineLine(figures),
    '',
    `GET /v1/calls, one client, pages of 20, ${times} times each place; p50 and p95 in ms`,
    cells('', ['matching', ...PLACES.flatMap((place) => [place, ''])]),
    ...lists.map(listRow),
    '',
    ...(creating ? creationLines(creating) : []),
    ...(signIn ? signInLines(signIn) : []),
    ...problemLines(problems),
    ...goalLines(goals),
    '',
    goalsLine(goals),
    figures.missed > 0 ? 'FAIL' : 'PASS',
  ].join('\n');
}

function listRow({ filter, rows, places, isSingle }: ListFigures): string {
  const times = PLACES.flatMap((place) => [shown(places[place].p50), shown(places[place].p95)]);
  return cells(`${isSingle ? '' : '  '}${filter}`.padEnd(31), [String(rows), ...times]);
}

function creationLines({ plain, keyed, repeated }: NonNullable<ApiFigures['creating']>): string[] {
  const row = (name: string, { count, p50, p95, max }: Summary) =>
    cells(name, [String(count), shown(p50), shown(p95), shown(max)]);
  return [
    cells('POST /v1/assistants, ms', ['count', 'p50', 'p95', 'max']),
    row('plain', plain),
    row('with Idempotency-Key', keyed),
    row('the same again', repeated),
    '',
  ];
}

function signInLines({ requests, trivial, added, inside }: NonNullable<ApiFigures['signIn']>) {
  const ms = (value: number) => `${shown(value, 3)} ms`;
  return [
    `Signing in, medians of ${requests} requests; a trivial request takes ${ms(trivial)}`,
    `  adds ${ms(added.signedIn)} (inside: p50 ${ms(inside.p50)}, p95 ${ms(inside.p95)})`,
    `  with the limits ${ms(added.limited)}; when the key has to be looked up ${ms(added.cold)}`,
    '',
  ];
}

const SHOWN_PROBLEMS = 20;

function problemLines(problems: readonly string[]): string[] {
  if (problems.length === 0) return [];
  const counted = new Map<string, number>();
  for (const each of problems) counted.set(each, (counted.get(each) ?? 0) + 1);
  const lines = [...counted].map(([line, count]) => `  ${count} × ${line}`);
  return [`${problems.length} errors:`, ...lines.slice(0, SHOWN_PROBLEMS), ''];
}
