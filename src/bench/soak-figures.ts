/** What a soak finds out, and its report. Pure. */
import type { Usages } from './process-meter.ts';
import { slopeOf } from './regression.ts';
import type { Goal, Machine } from './report-lines.ts';
import {
  cells,
  goalLines,
  goalsLine,
  machineLine,
  shown,
  timesHead,
  timesRow,
} from './report-lines.ts';
import type { Kind, KindFigures, Mark } from './samples.ts';
import { KINDS } from './samples.ts';
import { tenths } from './statistics.ts';
import type { Summary } from './statistics.ts';

/** What was seen at one moment. */
export interface SoakLook {
  seconds: number;
  usages: Usages;
  mark: Mark;
}

export interface Growth {
  firstMb: number;
  lastMb: number;
  /** Null when there are too few looks. */
  mbPerHour: number | null;
  /** The true slope is so near with 95 % confidence; null when nothing can be said. */
  marginMbPerHour: number | null;
}

export interface Left {
  openFiles: number;
  sockets: number;
}

export interface SoakFigures extends Record<Kind, KindFigures>, Machine {
  benchmark: 'soak';
  calls: number;
  turns: number;
  pauseMs: number;
  seconds: number;
  /** In haste, and then as they are measured. */
  warmupSeconds: number;
  settleSeconds: number;
  hastyCalls: number;
  callsPlayed: number;
  errors: number;
  /** Turns in the first and in the last third of the measured time. */
  firstPart: Summary;
  lastPart: Summary;
  /** By process. */
  growth: Record<string, Growth>;
  /** More than before the calls, by process; where the system tells. */
  left: Record<string, Left>;
  /** Null: Temporal could not be asked. */
  workflowsLeft: number | null;
  /** At so many looks not all processes of Node's could be made to collect their garbage before. */
  looksWithGarbage: number;
  /** What Temporal keeps was sealed. */
  sealed: boolean;
  goals: Goal[];
  interrupted: boolean;
}

const MB_PER_HOUR = 1;
/** It collects the samples, and is no part of the product. */
const NOT_OURS = 'generator';

/** The slope of each process's memory, once it has settled. */
export function growthOf(
  looks: readonly SoakLook[],
  settleSeconds: number,
): Record<string, Growth> {
  const measured = looks.filter(({ seconds }) => seconds >= settleSeconds);
  const names = Object.keys(measured[0]?.usages ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const points = measured.flatMap(({ seconds, usages }) => {
        const usage = usages[name];
        return usage ? [{ x: seconds / 3600, y: usage.residentKb / 1024 }] : [];
      });
      const slope = slopeOf(points);
      const margin = slope && Number.isFinite(slope.margin) ? tenths(slope.margin) : null;
      const growth: Growth = {
        firstMb: tenths(points.at(0)?.y ?? NaN),
        lastMb: tenths(points.at(-1)?.y ?? NaN),
        mbPerHour: slope ? tenths(slope.slope) : null,
        marginMbPerHour: margin,
      };
      return [name, growth];
    }),
  );
}

/** What is open now and was not before. */
export function leftOf(before: Usages, after: Usages): Record<string, Left> {
  return Object.fromEntries(
    Object.entries(after).flatMap(([name, now]) => {
      const then = before[name];
      if (then?.openFiles === undefined || now.openFiles === undefined) return [];
      const left: Left = {
        openFiles: now.openFiles - then.openFiles,
        sockets: (now.sockets ?? 0) - (then.sockets ?? 0),
      };
      return [[name, left]];
    }),
  );
}

export function soakGoals(
  growth: Readonly<Record<string, Growth>>,
  workflowsLeft: number | null,
  left: Readonly<Record<string, Left>>,
): Goal[] {
  const ours = Object.entries(growth).filter(([name]) => name !== NOT_OURS);
  const sockets = Object.entries(left).filter(([name]) => name !== NOT_OURS);
  return [
    ...ours.map(([name, { mbPerHour, marginMbPerHour }]): Goal => ({
      name: `${name} grows by`,
      value: mbPerHour,
      limit: MB_PER_HOUR,
      unit: 'MB/h',
      margin: marginMbPerHour ?? Infinity,
    })),
    { name: 'workflows left open', value: workflowsLeft, limit: 0 },
    {
      name: 'sockets left open',
      value:
        sockets.length === 0
          ? null
          : sockets.reduce((sum, [, each]) => sum + Math.max(0, each.sockets), 0),
      limit: 0,
    },
  ];
}

export function renderSoak(figures: SoakFigures, problems: readonly string[]): string {
  const { calls, turns, pauseMs, seconds, settleSeconds, growth, left } = figures;
  return [
    '',
    ...(figures.interrupted ? ['STOPPED EARLY: this is a part.'] : []),
    `${calls} calls at any time for ${settleSeconds} and ${seconds} s (${figures.callsPlayed} in all) of ${turns} turns, one every ${pauseMs} ms`,
    `Before them ${figures.warmupSeconds} s of calls without pauses (${figures.hastyCalls} in all).`,
    machineLine(figures),
    `What Temporal keeps is ${figures.sealed ? 'sealed' : 'not sealed'}.`,
    '',
    timesHead('errors'),
    ...KINDS.map((kind) => timesRow(kind, figures[kind], String(figures[kind].errors))),
    timesRow('turns, first third', figures.firstPart),
    timesRow('turns, last third', figures.lastPart),
    `p99 of the last third over the first: ${shown(ratioOf(figures), 2)}`,
    '',
    cells(`after ${settleSeconds} s`, ['MB', 'MB later', 'MB/h', '± 95 %', 'files', 'sockets']),
    ...Object.entries(growth).map(([name, each]) =>
      cells(name, [
        shown(each.firstMb),
        shown(each.lastMb),
        shown(each.mbPerHour),
        shown(each.marginMbPerHour),
        signed(left[name]?.openFiles),
        signed(left[name]?.sockets),
      ]),
    ),
    '"files" and "sockets": how many more are open than before the calls.',
    '',
    ...goalLines(figures.goals),
    'Not certain: the memory moves more than it could have grown in this time; run it longer.',
    ...(problems.length > 0
      ? ['', 'What went wrong:', ...problems.map((each) => `  ${each}`)]
      : []),
    '',
    goalsLine(figures.goals),
    '',
  ].join('\n');
}

function ratioOf({ firstPart, lastPart }: SoakFigures): number | null {
  return firstPart.p99 && lastPart.p99 ? lastPart.p99 / firstPart.p99 : null;
}

function signed(value: number | undefined): string {
  if (value === undefined) return '–';
  return value > 0 ? `+${value}` : String(value);
}
