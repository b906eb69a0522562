/** The drill of cut lines: each that a call by webhooks needs, in each direction and in both, while callers talk. */
import type { LineDirection } from '../../drill/index.ts';
import type { LineName, Lines } from '../../drill/lines.ts';
import type { Progress } from '../../embedded/progress.ts';
import { pause } from '../play-call.ts';
import type { CallerPool } from './caller-pool.ts';
import { until } from './kills.ts';

export interface PlannedCut {
  line: LineName;
  /** Where bytes vanish without a word to anybody. */
  way: LineDirection | 'both';
}

export interface DoneCut extends PlannedCut {
  fromMs: number;
  toMs: number;
}

export const CUTS: readonly PlannedCut[] = (
  ['api-temporal', 'worker-temporal', 'api-postgres', 'worker-postgres'] as const
).flatMap((line) => (['both', 'to-server', 'to-client'] as const).map((way) => ({ line, way })));

export interface CutsOptions {
  plan: readonly PlannedCut[];
  lines: Pick<Lines, 'get'>;
  pool: CallerPool;
  seconds: number;
  stopping: AbortSignal;
  progress: Progress;
}

/** After a mended line everybody is answered again so soon, or never. */
const OVER_MS = 60_000;
const CALM_MS = 3000;

/** @returns what was done, in order. */
export async function runCuts(options: CutsOptions): Promise<DoneCut[]> {
  const { plan, lines, pool, seconds, stopping, progress } = options;
  const done: DoneCut[] = [];
  for (const { line, way } of plan) {
    if (stopping.aborted) break;
    progress.say(`Cutting ${line}, ${way}, for ${seconds} s ...`);
    const proxy = lines.get(line);
    const fromMs = Date.now();
    proxy.blackHole(way === 'both' ? undefined : way);
    await pause(seconds * 1000, stopping);
    await proxy.mend();
    const toMs = Date.now();
    done.push({ line, way, fromMs, toMs });
    const isOver = () => pool.live.every(({ waitingMs = 0 }) => waitingMs < Date.now() - toMs);
    await until(isOver, OVER_MS, stopping);
    await pause(CALM_MS, stopping);
  }
  return done;
}
