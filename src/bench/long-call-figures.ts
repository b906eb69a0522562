/** What a long call comes to. Pure. */
import { cells, machineLine, shown, timesHead, timesRow } from './report-lines.ts';
import type { Summary } from './statistics.ts';

/** One run of the call's workflow. */
export interface Run {
  events: number;
  bytes: number;
}

export interface LongCallFigures {
  benchmark: 'long-call';
  turns: number;
  pauseMs: number;
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
  ];
  return faults.filter(([isWrong]) => isWrong).map(([, what]) => what);
}

export function renderLongCall(figures: LongCallFigures, problems: readonly string[]): string {
  const { turns, pauseMs, runs, firstPart, lastPart, turn } = figures;
  const largest = runs.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  return [
    '',
    `One call of ${turns} turns, ${pauseMs} ms pause, model instant`,
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
    cells('turns recorded', [String(figures.turnsRecorded)]),
    cells('webhooks sent again', [String(figures.sentAgain)]),
    ...problems.map((problem) => `WRONG: ${problem}`),
    '',
  ].join('\n');
}
