/** What the media workers tell of themselves, from their metrics. */

/** Added up over the workers. */
export interface WorkerCounts {
  /** Pieces of callers' audio that came twice or too late. */
  droppedFrames: number;
  underruns: Record<string, number>;
  /** How many beats of 20 ms were at most so many milliseconds late; the last one is all of them. */
  beats: { withinMs: number; count: number }[];
}

/** Of the supervised processes, see `metricsPortOf`. */
const FIRST_MEDIA = 4;

export async function readWorkers(metricsPort: number, workers: number): Promise<WorkerCounts> {
  const texts = await Promise.all(
    Array.from({ length: workers }, async (_, at) => {
      const answer = await fetch(`http://127.0.0.1:${metricsPort + FIRST_MEDIA + at}/metrics`);
      return answer.text();
    }),
  );
  return countsIn(texts);
}

/** Pure. */
export function countsIn(texts: readonly string[]): WorkerCounts {
  const counts: WorkerCounts = { droppedFrames: 0, underruns: {}, beats: [] };
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{([^}]*)\})? (\S+)$/.exec(line) ?? [];
    const count = Number(value);
    const label = /="([^"]*)"/.exec(labels)?.[1] ?? '';
    if (name === 'voca_media_frames_dropped_total') counts.droppedFrames += count;
    if (name === 'voca_media_underruns_total') {
      counts.underruns[label] = (counts.underruns[label] ?? 0) + count;
    }
    if (name !== 'voca_media_beat_lateness_seconds_bucket') continue;
    const withinMs = label === '+Inf' ? Infinity : Number(label) * 1000;
    const known = counts.beats.find((each) => each.withinMs === withinMs);
    if (known) known.count += count;
    else counts.beats.push({ withinMs, count });
  }
  return counts;
}

export function difference(before: WorkerCounts, after: WorkerCounts): WorkerCounts {
  const underruns = Object.entries(after.underruns).map(
    ([why, count]) => [why, count - (before.underruns[why] ?? 0)] as const,
  );
  const beats = after.beats.map(({ withinMs, count }) => {
    const earlier = before.beats.find((each) => each.withinMs === withinMs);
    return { withinMs, count: count - (earlier?.count ?? 0) };
  });
  return {
    droppedFrames: after.droppedFrames - before.droppedFrames,
    underruns: Object.fromEntries(underruns),
    beats,
  };
}

/** The bound that so many per cent of the beats did not exceed, in milliseconds; Infinity beyond the last one. */
export function beatWithin({ beats }: WorkerCounts, percent: number): number | null {
  const all = Math.max(0, ...beats.map(({ count }) => count));
  if (all === 0) return null;
  const found = beats.find(({ count }) => count * 100 >= all * percent);
  return found?.withinMs ?? Infinity;
}
