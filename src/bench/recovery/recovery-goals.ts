/** What callers ought to notice of a disturbance, and no more. Pure. */
import type { Goal } from '../report-lines.ts';
import { mediaGoals } from './media-figures.ts';
import type { RecoveryFigures } from './recovery-figures.ts';
import type { Moment } from './schedule.ts';

export const LIMITS = {
  workerNextWordsMs: 2500,
  workerFillerMs: 4000,
  workerAnswerMs: 6000,
  awayMs: 4000,
} as const;

export function recoveryGoals({
  byKill,
  away,
  media,
  verdict,
  applicationErrors,
  openAfterwards,
}: Pick<
  RecoveryFigures,
  'byKill' | 'away' | 'media' | 'verdict' | 'applicationErrors' | 'openAfterwards'
>): Goal[] {
  const workers = byKill.filter(({ victim }) => victim === 'worker');
  // Its own calls, where it is known whose they were.
  const worker = (moment: Moment) =>
    workers
      .filter((each) => each.moment === moment && each.whose !== 'calls of the other')
      .toSorted((a, b) => Number(b.whose !== undefined) - Number(a.whose !== undefined))
      .at(0);
  const limit = (name: string, value: number | null | undefined, ms: number): Goal => ({
    name,
    value: value ?? null,
    limit: ms,
    unit: 'ms',
  });
  const repeated = [
    'reply-twice',
    'words-of-another-turn',
    'model-asked-too-often',
    'answers-differ',
    'words-twice',
    'greeted-twice',
  ];
  return [
    limit(
      'worker between turns, next words p95',
      worker('between')?.first.p95,
      LIMITS.workerNextWordsMs,
    ),
    limit(
      'worker in mid-turn, first words p95',
      worker('mid-turn')?.first.p95,
      LIMITS.workerFillerMs,
    ),
    limit('worker in mid-turn, answer p95', worker('mid-turn')?.answer.p95, LIMITS.workerAnswerMs),
    {
      name: 'worker killed, callers not answered',
      value:
        workers.length === 0
          ? null
          : workers.reduce((sum, { notAnswered }) => sum + notAnswered, 0),
      limit: 0,
    },
    limit('Temporal away, longest silence', away?.waits.max, LIMITS.awayMs),
    { name: 'Temporal away, never anything heard', value: away?.unheard ?? null, limit: 0 },
    {
      name: 'Temporal away, answered afterwards',
      value: away?.answeredAfter ?? null,
      limit: away?.calls ?? 0,
      atLeast: true,
    },
    ...mediaGoals(media),
    { name: "Twilio's error messages heard", value: applicationErrors, limit: 0 },
    { name: 'calls left open', value: openAfterwards, limit: 0 },
    { name: 'turns lost', value: verdict ? (verdict.counts['lost'] ?? 0) : null, limit: 0 },
    {
      name: 'turns repeated',
      value: verdict
        ? verdict.violations.filter(({ kind }) => repeated.includes(kind)).length
        : null,
      limit: 0,
    },
    { name: 'violations in all', value: verdict?.violations.length ?? null, limit: 0 },
  ];
}
