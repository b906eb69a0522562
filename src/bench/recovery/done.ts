/** What a drill has done. */
import type { Evidence, RunInfo } from '../../drill/index.ts';
import type { DoneKill } from './attribution.ts';
import type { DoneAway } from './away.ts';
import type { DoneCut } from './cuts.ts';
import type { DoneMediaPart } from './media-figures.ts';

type Away = NonNullable<RunInfo['temporalAway']>[number];

/** Everything that was done, for the evaluation. */
export interface Done {
  /** How many were planned. */
  planned: number;
  kills: DoneKill[];
  cuts: DoneCut[];
  away: DoneAway | undefined;
  media: DoneMediaPart | undefined;
  /** Calls that ended otherwise than by their callers. */
  problems: string[];
  openAfterwards: string[] | undefined;
  evidence: Evidence | undefined;
}

/** When the api processes could not reach Temporal; only then may words be refused. */
export function whenAway({ kills, cuts, away }: Pick<Done, 'kills' | 'cuts' | 'away'>): Away[] {
  const all: Away[] = [
    ...kills
      .filter(({ victim }) => victim === 'temporal')
      .map(({ atMs, backAtMs = atMs, ...kill }) => ({ ...kill, fromMs: atMs, toMs: backAtMs })),
    ...cuts.filter(({ line }) => line === 'api-temporal'),
    ...(away ? [away] : []),
  ];
  return all.map(({ fromMs, toMs, answersAtMs }) => ({
    fromMs,
    toMs,
    ...(answersAtMs !== undefined && { answersAtMs }),
  }));
}
