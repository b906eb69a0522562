/** Whether Temporal was away when something happened. */
import type { RunInfo } from './evidence.ts';

/** An outage is got over a little later than Temporal answers again: connections are made anew. */
const ANSWERS_SLACK_MS = 5000;
/** Where it is not known when Temporal answered again; it starts in seconds. */
const SLACK_MS = 8000;

/** @returns undefined when the evidence does not say when Temporal was away */
export function wasTemporalAway(
  { temporalAway }: Pick<RunInfo, 'temporalAway'>,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): boolean | undefined {
  return temporalAway?.some((away) => {
    const { answersAtMs } = away;
    const overMs =
      answersAtMs === undefined ? away.toMs + SLACK_MS : answersAtMs + ANSWERS_SLACK_MS;
    return fromMs < overMs && toMs > away.fromMs;
  });
}
