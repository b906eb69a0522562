/** What live calls cost in memory: calls are begun in steps, and all stay on the line. */
import { LiveCalls } from './live-calls.ts';
import type { Target } from './load.ts';
import { measureProcesses, partOf } from './process-meter.ts';
import { pause } from './play-call.ts';
import { slopeOf } from './regression.ts';
import { median, tenths } from './statistics.ts';

export interface MemoryFigures {
  /** Resident memory of all processes of the part, in kB, at each number of live calls. */
  steps: { live: number; residentKb: number }[];
  live: number;
  /** What was added in all, divided by the calls. */
  kbPerCall: number | null;
  /** The slope of a straight line through all steps: less moved by what only the first calls cost. */
  slopeKbPerCall: number | null;
  errors: number;
}

export interface MemoryOptions {
  live: number;
  part: string;
  pids: Readonly<Record<string, number>>;
}

const STEPS = 5;
const TURNS = 2;
/** Long enough for records to be written. */
const SETTLE_MS = 2000;
const LOOKS = 5;
const LOOK_EVERY_MS = 200;

export async function measureLiveMemory(
  target: Target,
  { live, part, pids }: MemoryOptions,
): Promise<{ figures: MemoryFigures; problems: string[] }> {
  const calls = new LiveCalls(target, TURNS);
  try {
    const steps = [{ live: 0, residentKb: await residentKb(target, part, pids) }];
    for (let step = 1; step <= STEPS && !target.stopping.aborted; step += 1) {
      await calls.growTo(Math.round((live * step) / STEPS));
      await pause(SETTLE_MS, target.stopping);
      steps.push({ live: calls.count, residentKb: await residentKb(target, part, pids) });
    }
    await calls.hangUp();
    const { errors } = calls.samples;
    return { figures: { ...figuresOf(steps), errors }, problems: calls.samples.problems() };
  } finally {
    calls.close();
  }
}

/** The figures of the steps; the first one is without calls. Pure. */
export function figuresOf(steps: MemoryFigures['steps']): Omit<MemoryFigures, 'errors'> {
  const [first, last] = [steps.at(0), steps.at(-1)];
  const live = last?.live ?? 0;
  if (!first || !last || live === 0) return { steps, live, kbPerCall: null, slopeKbPerCall: null };
  const points = steps.map(({ live: x, residentKb: y }) => ({ x, y }));
  const slope = slopeOf(points)?.slope;
  return {
    steps,
    live,
    kbPerCall: tenths((last.residentKb - first.residentKb) / live),
    slopeKbPerCall: slope === undefined ? null : tenths(slope),
  };
}

async function residentKb(
  { stopping }: Target,
  part: string,
  pids: Readonly<Record<string, number>>,
): Promise<number> {
  const names = Object.entries(pids).filter(([name]) => partOf(name) === part);
  const looks: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    const usages = Object.values(measureProcesses(Object.fromEntries(names)));
    looks.push(usages.reduce((sum, usage) => sum + usage.residentKb, 0));
    await pause(LOOK_EVERY_MS, stopping);
  }
  return median(looks);
}
