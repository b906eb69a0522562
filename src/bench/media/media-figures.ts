/** What the benchmark of streams finds out, and what it ought to find. Pure. */
import type { Goal, Machine } from '../report-lines.ts';
import type { Summary } from '../statistics.ts';
import type { Delays } from './delays.ts';
import type { Heard, PlaybackTotals } from './tally.ts';

export interface WorkerStep {
  name: string;
  count: number;
  p50: number | null;
  p95: number | null;
}

/** Times in milliseconds. */
export interface PhaseFigures extends Pick<
  Heard,
  'turns' | 'interruptions' | 'errors' | 'problems' | 'voice' | 'lateMs'
> {
  streams: number;
  seconds: number;
  /** Of the machine, in the last minute of the phase. */
  load: number;
  answer: Summary;
  /** What `answer` takes more than the delays that are set, added up: less than nothing where they overlap. */
  overhead: Summary;
  /** The same beyond the critical path, see `delays.ts`: what no overlap pays for. */
  beyondOverlap: Summary;
  /** From the first audible sample of whoever interrupts. */
  clear: Summary;
  /** From where his voice is: see `voice-onset.ts`. */
  clearAfterVoice: Summary;
  silence: Summary;
  playback: Omit<PlaybackTotals, 'medianLeadsMs'> & { medianLeadMs: number | null };
  worker: {
    droppedFrames: number;
    underruns: Record<string, number>;
    beatLateMs: { p95: number | null; p99: number | null };
  };
  steps: WorkerStep[];
  /** CPU seconds by part: both processes of a role together. */
  cpuPerStreamMinute: Record<string, number>;
  /** Resident memory of the media workers when everybody has fallen silent, without garbage; of the last phase. */
  mediaMb: number | null;
  /** The same while everybody talks, with it. */
  mediaWithGarbageMb: number | null;
}

export interface MediaFigures extends Machine {
  benchmark: 'media';
  delays: Delays;
  /** Of media. */
  workers: number;
  criticalPathMs: number;
  inSequenceMs: number;
  phases: PhaseFigures[];
  /** The same as `mediaMb` when all have hung up. */
  emptyMb: number | null;
  mbPerStream: number | null;
  errors: number;
  goals: Goal[];
  interrupted: boolean;
}

/** On two cores. */
export const LIMITS = {
  overheadP95Ms: 30,
  clearP95Ms: 150,
  staleMs: 0,
  underruns: 0,
  cpuPerStreamMinute: 0.3,
  mbPerStream: 2,
} as const;

const OVERHEAD_AT = 50;
const UNDERRUNS_AT = 100;

/** What the streams of the last phase held, of which nothing is left when they are gone. */
export function mbPerStream(
  phases: readonly PhaseFigures[],
  emptyMb: number | null,
): number | null {
  const { streams, mediaMb } = phases.at(-1) ?? { streams: 0, mediaMb: null };
  if (mediaMb === null || emptyMb === null) return null;
  return Math.round((100 * (mediaMb - emptyMb)) / streams) / 100;
}

export function mediaGoals(phases: readonly PhaseFigures[], emptyMb: number | null): Goal[] {
  const most = phases.reduce<PhaseFigures | undefined>(
    (found, each) => (found && found.streams >= each.streams ? found : each),
    undefined,
  );
  // Of the largest phase where the one that a goal speaks of was left out.
  const at = (streams: number) => phases.find((each) => each.streams === streams) ?? most;
  const [overhead, underruns] = [at(OVERHEAD_AT), at(UNDERRUNS_AT)];
  // A turn without an answer has no time, and whoever is not there costs nothing.
  const of = <T>(phase: PhaseFigures | undefined, value: (phase: PhaseFigures) => T): T | null =>
    phase && phase.errors === 0 ? value(phase) : null;
  const stale = phases.reduce((sum, { playback }) => sum + playback.staleMs, 0);
  return [
    {
      name: `overhead p95, ${overhead?.streams ?? 0} streams`,
      value: of(overhead, (phase) => phase.overhead.p95),
      limit: LIMITS.overheadP95Ms,
      unit: 'ms',
    },
    {
      name: `clear after voice p95, ${overhead?.streams ?? 0} streams`,
      value: of(overhead, (phase) => phase.clearAfterVoice.p95),
      limit: LIMITS.clearP95Ms,
      unit: 'ms',
    },
    { name: 'stale audio', value: stale, limit: LIMITS.staleMs, unit: 'ms' },
    {
      name: `underruns, ${underruns?.streams ?? 0} streams`,
      value: underruns?.playback.underruns ?? null,
      limit: LIMITS.underruns,
    },
    {
      name: `CPU s a stream-minute, ${most?.streams ?? 0} streams`,
      value: of(most, (phase) => phase.cpuPerStreamMinute['media'] ?? null),
      limit: LIMITS.cpuPerStreamMinute,
    },
    {
      name: 'memory a stream',
      value: mbPerStream(phases, emptyMb),
      limit: LIMITS.mbPerStream,
      unit: 'MB',
    },
  ];
}
