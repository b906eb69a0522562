/** What a long call comes to. Pure. */
import { cells, machineLine, shown, timesHead, timesRow } from '../report-lines.ts';
import type { EndReason } from '../../../workflows/contract.ts';
import type { Summary } from '../statistics.ts';

/** One run of the call's workflow. */
export interface Run {
  events: number;
  bytes: number;
}

export interface LongCallFigures {
  benchmark: 'long-call';
  turns: number;
  pauseMs: number;
  /** How many times as fast as ours Temporal's clock was to go. */
  clock: number;
  /** The assistant was to end the call after so many minutes of that clock; 0: it was not. */
  minutes: number;
  errors: number;
  turn: Summary;
  firstPart: Summary;
  lastPart: Summary;
  /** Old webhooks that were sent again, and how many of them were not answered as before. */
  sentAgain: number;
  answeredDifferently: number;
  turnsRecorded: number;
  /** Every sentence once, answered, in its place. */
  isInOrder: boolean;
  isEnded: boolean;
  endReason?: EndReason;
  /** From its answer to its end, by Temporal's clock. */
  lastedSeconds?: number;
  /** From its first webhook to its last, by ours. */
  tookSeconds: number;
  /** Webhooks that were sent again long after the end. */
  lateSent?: number;
  /** Of them, those that were not answered with a goodbye. */
  lateAnsweredElse?: number;
  /** Whether a new call began because of them. */
  lateHasBegun?: boolean;
  runs: Run[];
  /** The longest request that the model was sent. */
  largestPromptChars: number;
  node: string;
  cores: number;
  load: [number, number];
}

/** A run that is longer has not gone on in a new one when it should. */
const MOST_EVENTS = 8_000;
const MOST_BYTES = 8_000_000;
/** By which the end of a call may be late: the words of farewell, and looking for it. */
const LATE_SECONDS = 10;
/** What Temporal's clock may differ from what was asked for, as a part of it ... */
const CLOCK_OFF = 0.02;
/** ... and beside that: of our time, a part passes before the answer and after the end. */
const OUTSIDE_SECONDS = 3;
/** Instructions, tools, summary and the newest turns. */
const MOST_PROMPT_CHARS = 60_000;

/** What is wrong with it; nothing when all is well. */
export function judgeLongCall(figures: LongCallFigures): string[] {
  const { turns, turnsRecorded, isInOrder, isEnded, answeredDifferently, runs } = figures;
  const faults: [boolean, string][] = [
    [turnsRecorded !== turns, `${turnsRecorded} of ${turns} turns are recorded`],
    [!isInOrder, 'the transcript is not what was said'],
    [!isEnded, 'the end is not recorded'],
    [answeredDifferently > 0, `${answeredDifferently} old webhooks were answered differently`],
    [runs.some(({ events }) => events > MOST_EVENTS), 'a run has too many events'],
    [runs.some(({ bytes }) => bytes > MOST_BYTES), 'a run is too large'],
    [figures.largestPromptChars > MOST_PROMPT_CHARS, 'a prompt was too long'],
    ...timeFaults(figures),
    [(figures.lateAnsweredElse ?? 0) > 0, 'late webhooks were not answered with a goodbye'],
    [figures.lateHasBegun === true, 'late webhooks have begun a new call'],
  ];
  return faults.filter(([isWrong]) => isWrong).map(([, what]) => what);
}

/** A limit must end the call when it should, by the clock that was asked for. */
function timeFaults(figures: LongCallFigures): [boolean, string][] {
  const { clock, minutes, endReason, lastedSeconds, tookSeconds } = figures;
  const faults: [boolean, string][] = [];
  if (clock > 1 && lastedSeconds !== undefined) {
    const off = Math.abs(lastedSeconds / clock - tookSeconds);
    const isOff = off > tookSeconds * CLOCK_OFF + OUTSIDE_SECONDS;
    faults.push([isOff, "Temporal's clock did not go as fast as it should"]);
  }
  if (minutes > 0) {
    const late = (lastedSeconds ?? Infinity) - minutes * 60;
    const isInTime = late >= 0 && late <= LATE_SECONDS * clock;
    faults.push([endReason !== 'max-duration', `it was ended by ${endReason ?? 'nobody'}`]);
    faults.push([!isInTime, 'it was not ended in time']);
  }
  return faults;
}

function lateLines({ lateSent, lateAnsweredElse = 0 }: LongCallFigures): string[] {
  if (lateSent === undefined) return [];
  return [
    cells('sent long after the end', [String(lateSent)]),
    cells('answered with a goodbye', [String(lateSent - lateAnsweredElse)]),
  ];
}

export function renderLongCall(figures: LongCallFigures, problems: readonly string[]): string {
  const { turns, pauseMs, clock, runs, firstPart, lastPart, turn } = figures;
  const largest = runs.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  return [
    '',
    `One call of ${turns} turns, ${pauseMs} ms pause, model instant`,
    ...(clock === 1 ? [] : [`Temporal's clock goes ${clock} times as fast.`]),
    machineLine(figures),
    '',
    timesHead(),
    timesRow('turn', turn),
    timesRow(`the first ${firstPart.count}`, firstPart),
    timesRow(`the last ${lastPart.count}`, lastPart),
    '',
    cells('runs', [String(runs.length)]),
    cells(
      'events of each',
      runs.map(({ events }) => String(events)),
    ),
    cells('largest run, kB', [shown(largest / 1000, 0)]),
    cells('largest prompt, chars', [String(figures.largestPromptChars)]),
    cells('lasted, s', [shown(figures.lastedSeconds ?? null, 0)]),
    cells('took, s', [shown(figures.tookSeconds, 0)]),
    cells('ended by', [figures.endReason ?? '-']),
    cells('turns recorded', [String(figures.turnsRecorded)]),
    cells('webhooks sent again', [String(figures.sentAgain)]),
    ...lateLines(figures),
    ...problems.map((problem) => `WRONG: ${problem}`),
    '',
  ].join('\n');
}
