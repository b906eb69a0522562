/** The figures of the webhook benchmark for a person. Pure. */
import type { Kind, KindFigures } from './samples.ts';
import type { Summary } from './statistics.ts';

export interface WebhookFigures {
  benchmark: 'webhook';
  calls: number;
  turns: number;
  warmup: number;
  pauseMs: number;
  errors: number;
  /** Times in milliseconds. */
  first: KindFigures;
  turn: KindFigures;
  status: KindFigures;
  /** The same requests to a server of this process that has its answer ready. */
  http: Summary;
  /** How long the model server held a request; part of each turn. */
  model: Summary;
  historyEventsPerTurn: number | null;
  historiesRead: number;
  goals: typeof GOALS;
  node: string;
  cores: number;
  /** Of the last minute, before and after. */
  load: [number, number];
}

/** With one call at a time, on two cores. */
export const GOALS = {
  first: { p50: 40 },
  turn: { p50: 40, p95: 100 },
  historyEventsPerTurn: 20,
} as const;

const COLUMNS = ['p50', 'p95', 'p99', 'max'] as const;
const NAMES: Record<Kind, string> = { first: 'first webhook', turn: 'turn', status: 'status' };

export function renderReport(figures: WebhookFigures, problems: readonly string[]): string {
  const { calls, turns, warmup, pauseMs, node, cores, load } = figures;
  const kinds = (['first', 'turn', 'status'] as const).map((kind) =>
    row(NAMES[kind], figures[kind], String(figures[kind].errors)),
  );
  const perTurn = figures.historyEventsPerTurn;
  return [
    '',
    `One call at a time, model instant: ${calls} calls of ${turns} turns after ${warmup} to warm up, ${pauseMs} ms pause`,
    `Node.js ${node}, ${cores} cores, load ${load.map((each) => each.toFixed(2)).join(' before, ')} after`,
    '',
    cells('ms', 'count', [...COLUMNS], 'errors'),
    ...kinds,
    row('HTTP alone', figures.http),
    row('the model alone', figures.model),
    '',
    ...goalLines(figures),
    goalLine('history events a turn', perTurn, GOALS.historyEventsPerTurn, ''),
    ...(problems.length > 0
      ? ['', 'What went wrong:', ...problems.map((each) => `  ${each}`)]
      : []),
    '',
  ].join('\n');
}

function goalLines({ first, turn }: WebhookFigures): string[] {
  return [
    goalLine('first webhook p50', first.p50, GOALS.first.p50, ' ms'),
    goalLine('turn p50', turn.p50, GOALS.turn.p50, ' ms'),
    goalLine('turn p95', turn.p95, GOALS.turn.p95, ' ms'),
  ];
}

function goalLine(name: string, value: number | null, goal: number, unit: string): string {
  const verdict = value === null ? 'not measured' : value <= goal ? 'met' : 'MISSED';
  return `${name.padEnd(22)} ${shown(value).padStart(7)}${unit}, goal ≤ ${goal}${unit}: ${verdict}`;
}

function row(name: string, figures: Summary, errors = ''): string {
  const values = COLUMNS.map((column) => shown(figures[column]));
  return cells(name, String(figures.count), values, errors);
}

function cells(name: string, count: string, values: string[], last: string): string {
  const columns = [count, ...values, last].map((each) => each.padStart(8));
  return `${name.padEnd(16)}${columns.join('')}`.trimEnd();
}

function shown(value: number | null): string {
  return value === null ? '–' : value.toFixed(1);
}
