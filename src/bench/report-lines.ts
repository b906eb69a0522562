/** Lines of reports that all benchmarks share. Pure. */
import type { Summary } from './statistics.ts';

export interface Goal {
  name: string;
  value: number | null;
  limit: number;
  unit?: string;
  /** The value is to be at least the limit; at most by default. */
  atLeast?: boolean;
  /** How far the true value may be from this one. */
  margin?: number;
}

export type GoalVerdict = 'met' | 'MISSED' | 'not certain' | 'not measured';

/** Not certain: the true value may be on either side of the limit. */
export function verdictOf({ value, limit, margin = 0, atLeast = false }: Goal): GoalVerdict {
  if (value === null) return 'not measured';
  const excess = atLeast ? limit - value : value - limit;
  if (excess + margin <= 0) return 'met';
  return excess - margin > 0 ? 'MISSED' : 'not certain';
}

export function goalLines(goals: readonly Goal[]): string[] {
  const width = Math.max(0, ...goals.map(({ name }) => name.length));
  return goals.map((goal) => {
    const { name, value, limit, unit = '', margin, atLeast = false } = goal;
    const spread = margin === undefined ? '' : ` ± ${shown(margin)}`;
    const suffix = unit === '' ? '' : ` ${unit}`;
    const compared = `${atLeast ? '≥' : '≤'} ${limit}${suffix}`;
    return `${name.padEnd(width)} ${figureOf(value).padStart(8)}${spread}${suffix}, goal ${compared}: ${verdictOf(goal)}`;
  });
}

/** The last line of a report: the command does not fail for a goal that is missed. */
export function goalsLine(goals: readonly Goal[]): string {
  const verdicts = goals.map(verdictOf);
  const count = (verdict: GoalVerdict) => verdicts.filter((each) => each === verdict).length;
  return (
    `goals missed: ${count('MISSED')}; not certain: ${count('not certain')}, ` +
    `not measured: ${count('not measured')}, met: ${count('met')}`
  );
}

/** Infinity is a time that did not come. */
function figureOf(value: number | null): string {
  if (value === Infinity) return 'never';
  return shown(value, value !== null && Number.isInteger(value) ? 0 : 1);
}

const COLUMNS = ['p50', 'p95', 'p99', 'max'] as const;

/** The head of a table of times, in milliseconds. */
export function timesHead(last = ''): string {
  return cells('ms', ['count', ...COLUMNS, last]);
}

export function timesRow(name: string, figures: Summary, last = ''): string {
  return cells(name, [
    String(figures.count),
    ...COLUMNS.map((column) => shown(figures[column])),
    last,
  ]);
}

const NAME_WIDTH = 24;
const CELL_WIDTH = 9;

export function cells(name: string, values: readonly string[]): string {
  const columns = values.map((each) => each.padStart(CELL_WIDTH));
  return `${name.padEnd(NAME_WIDTH)}${columns.join('')}`.trimEnd();
}

export function shown(value: number | null | undefined, digits = 1): string {
  return value === null || value === undefined || !Number.isFinite(value)
    ? '–'
    : value.toFixed(digits);
}

/** Node, cores and the load of the last minute before and after. */
export interface Machine {
  node: string;
  cores: number;
  load: [number, number];
}

export function machineLine({ node, cores, load }: Machine): string {
  const [before, after] = load.map((each) => each.toFixed(2));
  return `Node.js ${node}, ${cores} cores, load ${before} before, ${after} after`;
}
