/** What `npm run bench -- flood` reports, and its goals. Pure. */
import type { Goal, Machine } from '../report-lines.ts';
import {
  cells,
  goalLines,
  goalsLine,
  machineLine,
  shown,
  timesHead,
  timesRow,
} from '../report-lines.ts';
import type { Kind } from '../samples.ts';
import type { Summary } from '../statistics.ts';
import { ASKING, HOLDING } from './order.ts';
import type { FloodFigures, FloodOrder, StrangerKind } from './order.ts';

/** The calls of all quiet times together, or of all floods. */
export type CallTimes = Record<Kind, Summary> & { errors: number };

export interface FloodReport extends Machine {
  benchmark: 'flood';
  callers: number;
  everyMs: number;
  seconds: number;
  rounds: number;
  order: Pick<FloodOrder, 'addresses' | 'held' | 'perSecond'>;
  quiet: CallTimes;
  flooded: CallTimes;
  strangers: FloodFigures;
  /** The larger api process at its largest, in MB: in the first quiet, and in each flood. */
  apiMb: { quiet: number; floods: readonly number[] };
  /** How many processors each part has used on average. */
  usedCores: Record<'quiet' | 'flooded', Readonly<Record<string, number>>>;
  /** Sockets of the api processes: before, at most, and some seconds after the last flood. */
  sockets: { before: number; most: number; after: number } | null;
  goals: Goal[];
  errors: number;
  interrupted: boolean;
}

/** Of the quiet: a fifth more at most. */
const P99_RATIO = 1.2;
/** 5 s for headers or a body, and a second until somebody looks. */
const HELD_MS = 6_500;
const GROWTH_MB = 150;
const SOCKETS_LEFT = 10;

export function floodGoals(
  report: Pick<FloodReport, 'quiet' | 'flooded' | 'strangers' | 'apiMb' | 'sockets'>,
): Goal[] {
  const { quiet, flooded, strangers, apiMb, sockets } = report;
  const held = HOLDING.map((kind) => strangers[kind].longestMs);
  const broken = [...HOLDING, ...ASKING].reduce((sum, kind) => sum + brokenOf(strangers, kind), 0);
  return [
    { name: 'turn p99, flood over quiet', value: ratio(flooded, quiet, 'p99'), limit: P99_RATIO },
    { name: 'calls that failed', value: quiet.errors + flooded.errors, limit: 0 },
    { name: 'a slow connection lives', value: Math.max(...held), limit: HELD_MS, unit: 'ms' },
    { name: 'answers with 5xx', value: broken, limit: 0 },
    {
      name: 'api grows by',
      value: Math.max(apiMb.quiet, ...apiMb.floods) - apiMb.quiet,
      limit: GROWTH_MB,
      unit: 'MB',
    },
    {
      name: 'sockets left afterwards',
      value: sockets ? Math.max(0, sockets.after - sockets.before) : null,
      limit: SOCKETS_LEFT,
    },
  ];
}

/** Of the times of turns; null when one of them was not measured. */
export function ratio(a: CallTimes, b: CallTimes, which: 'p50' | 'p95' | 'p99'): number | null {
  const [over, under] = [a.turn[which], b.turn[which]];
  return over === null || under === null || under === 0 ? null : over / under;
}

function brokenOf(strangers: FloodFigures, kind: StrangerKind): number {
  const entries = Object.entries(strangers[kind].statuses);
  return entries.reduce((sum, [status, count]) => sum + (status.startsWith('5') ? count : 0), 0);
}

export function renderFlood(report: FloodReport, problems: readonly string[]): string {
  const { callers, everyMs, seconds, rounds, quiet, flooded, strangers, apiMb, sockets } = report;
  const row = (name: string, times: CallTimes, kind: Kind) => timesRow(name, times[kind]);
  return [
    ...(report.interrupted ? ['STOPPED EARLY: what was measured until then'] : []),
    `${callers} callers, a turn every ${everyMs} ms each; ${rounds} times ${seconds} s quiet and ${seconds} s of flood`,
    machineLine(report),
    '',
    timesHead(),
    row('quiet, first webhook', quiet, 'first'),
    row('flood, first webhook', flooded, 'first'),
    row('quiet, turn', quiet, 'turn'),
    row('flood, turn', flooded, 'turn'),
    `turns, flood over quiet: p50 × ${shown(ratio(flooded, quiet, 'p50'), 2)}, p95 × ${shown(ratio(flooded, quiet, 'p95'), 2)}, p99 × ${shown(ratio(flooded, quiet, 'p99'), 2)}`,
    '',
    cells('strangers', ['sent', 'refused', 'longest', ' answers']),
    ...[...HOLDING, ...ASKING].map((kind) => strangerRow(kind, strangers)),
    `api, the larger process: ${shown(apiMb.quiet)} MB in the first quiet, in the floods ${apiMb.floods.map((mb) => shown(mb)).join(', ')} MB`,
    `processors used in the quiet: ${coresLine(report.usedCores.quiet)}`,
    `processors used in the flood: ${coresLine(report.usedCores.flooded)}`,
    ...(sockets
      ? [
          `sockets of the api: ${sockets.before} before, ${sockets.most} at most, ${sockets.after} after`,
        ]
      : []),
    '',
    ...problems.map((each) => `  ${each}`),
    ...goalLines(report.goals),
    '',
    goalsLine(report.goals),
  ].join('\n');
}

function coresLine(cores: Readonly<Record<string, number>>): string {
  return Object.entries(cores)
    .map(([part, used]) => `${part} ${shown(used, 2)}`)
    .join(', ');
}

function strangerRow(kind: StrangerKind, strangers: FloodFigures): string {
  const { sent, refused, longestMs, statuses } = strangers[kind];
  const answers = Object.entries(statuses).map(([status, count]) => `${count} × ${status}`);
  return `${cells(kind, [String(sent), String(refused), String(longestMs)])}  ${answers.join(', ')}`;
}
