/** One number of streams: they talk for a while, and are measured at both ends of it. */
import { withDatabase } from '../bench-servers.ts';
import { collectGarbage } from '../collect-garbage.ts';
import type { BenchInstance } from '../bench-instance.ts';
import { FIRST_WORKSPACE, inWorkspace } from '../../db/scope.ts';
import { latencyOf, TIMINGS } from '../../db/latency.ts';
import { byPart, instancePids, measureProcesses, partOf } from '../process-meter.ts';
import type { Usages } from '../process-meter.ts';
import { median, summarize, tenths } from '../statistics.ts';
import { loadavg } from 'node:os';
import { ASSISTANT_ID } from './assistant.ts';
import { criticalPathMs, inSequenceMs } from './delays.ts';
import type { Delays } from './delays.ts';
import type { PhaseOrder } from './callers-order.ts';
import { beatWithin, difference, readWorkers } from './media-metrics.ts';
import type { PhaseFigures, WorkerStep } from './media-figures.ts';
import type { Callers } from './start-callers.ts';

export interface PhaseParts {
  bench: BenchInstance;
  callers: Callers;
  vendorsPid: number;
  metricsPort: number;
  /** Of media. */
  workers: number;
  delays: Delays;
}

const LOOK_EVERY_MS = 1_000;
/** The last half of the time tells what memory so many streams take while they talk. */
const SETTLED = 0.5;

/** @param isLast it is also weighed: a process that has just collected its garbage is a dearer one */
export async function playPhase(
  parts: PhaseParts,
  order: PhaseOrder,
  isLast: boolean,
): Promise<PhaseFigures> {
  const { bench, callers, metricsPort, workers: count, delays } = parts;
  const since = new Date();
  const before = await readWorkers(metricsPort, count);
  const window = new Window(parts);
  const heard = await callers.play(order, {
    up: () => window.begin(),
    over: () => window.end(),
    silent: async () => {
      if (isLast) await window.weigh();
    },
  });
  const workers = difference(before, await readWorkers(metricsPort, count));
  const { answerMs, clearMs, clearAfterVoiceMs, silenceMs, playback, ...counts } = heard;
  const { medianLeadsMs, ...totals } = playback;
  const beyond = (pathMs: number) => summarize(answerMs.map((ms) => ms - pathMs));
  return {
    ...counts,
    streams: order.streams,
    seconds: order.seconds,
    load: tenths(loadavg()[0] ?? 0),
    answer: summarize(answerMs),
    overhead: beyond(inSequenceMs(delays)),
    beyondOverlap: beyond(criticalPathMs(delays)),
    clear: summarize(clearMs),
    clearAfterVoice: summarize(clearAfterVoiceMs),
    silence: summarize(silenceMs),
    playback: {
      ...totals,
      medianLeadMs: medianLeadsMs.length === 0 ? null : median(medianLeadsMs),
    },
    worker: {
      droppedFrames: workers.droppedFrames,
      underruns: workers.underruns,
      beatLateMs: { p95: beatWithin(workers, 95), p99: beatWithin(workers, 99) },
    },
    steps: await workerSteps(bench, since),
    ...window.figures(order.streams),
  };
}

/** What the workers have recorded with the turns, from the end of the voice as they know it. */
async function workerSteps(bench: BenchInstance, since: Date): Promise<WorkerStep[]> {
  const { timings } = await withDatabase(bench, (owner) =>
    inWorkspace(owner, FIRST_WORKSPACE, 'Reading how quick the answers were', (scope) =>
      latencyOf(scope, ASSISTANT_ID, since),
    ),
  );
  return TIMINGS.map((name) => ({
    name,
    count: timings[name].count,
    p50: timings[name].p50 ?? null,
    p95: timings[name].p95 ?? null,
  }));
}

/** The time in which all streams talk. */
class Window {
  readonly #parts: PhaseParts;
  readonly #memoryKb: number[] = [];
  #before: Usages = {};
  #after: Usages = {};
  #beganAt = 0;
  #endedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #heldMb: number | null = null;

  constructor(parts: PhaseParts) {
    this.#parts = parts;
  }

  begin(): void {
    this.#before = this.#look();
    this.#beganAt = performance.now();
    this.#timer = setInterval(() => this.#lookAtMemory(), LOOK_EVERY_MS);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#after = this.#look();
    this.#endedAt = performance.now();
    this.#lookAtMemory();
  }

  async weigh(): Promise<void> {
    this.#heldMb = await heldMb(this.#parts.bench);
  }

  figures(
    streams: number,
  ): Pick<PhaseFigures, 'cpuPerStreamMinute' | 'mediaMb' | 'mediaWithGarbageMb'> {
    const minutes = (this.#endedAt - this.#beganAt) / 60_000;
    const costs = Object.entries(this.#after).map(([part, { cpuSeconds }]): [string, number] => {
      const spent = cpuSeconds - (this.#before[part]?.cpuSeconds ?? cpuSeconds);
      return [part, Math.round((1000 * spent) / (streams * minutes)) / 1000];
    });
    const settled = this.#memoryKb.slice(Math.floor(this.#memoryKb.length * SETTLED));
    return {
      cpuPerStreamMinute: Object.fromEntries(costs),
      mediaMb: this.#heldMb,
      mediaWithGarbageMb: settled.length === 0 ? null : tenths(median(settled) / 1024),
    };
  }

  #look(): Usages {
    return byPart(measureProcesses(this.#pids()));
  }

  #pids(): Record<string, number> {
    const { bench, callers, vendorsPid } = this.#parts;
    return { ...instancePids(bench.dataDir), callers: callers.pid, vendors: vendorsPid };
  }

  #lookAtMemory(): void {
    this.#memoryKb.push(residentKb(mediaPids(this.#parts.bench)));
  }
}

/**
 * What the media workers hold: without garbage, of which a process keeps as much as it likes. Null when it could
 * not be collected.
 */
export async function heldMb(bench: BenchInstance): Promise<number | null> {
  const pids = mediaPids(bench);
  return (await collectGarbage(Object.values(pids))) ? tenths(residentKb(pids) / 1024) : null;
}

function mediaPids({ dataDir }: BenchInstance): Record<string, number> {
  const all = Object.entries(instancePids(dataDir));
  return Object.fromEntries(all.filter(([name]) => partOf(name) === 'media'));
}

function residentKb(pids: Record<string, number>): number {
  return Object.values(measureProcesses(pids)).reduce((sum, usage) => sum + usage.residentKb, 0);
}
