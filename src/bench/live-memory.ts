/**
 * What live calls cost in memory. Calls that stay on the line come first, so that the measured ones
 * neither pay for what is got once nor live on what ended calls have given back; then as many again,
 * in steps.
 */
import { collectGarbage } from './collect-garbage.ts';
import { LiveCalls } from './live-calls.ts';
import type { Target } from './load.ts';
import { measureProcesses, partOf } from './process-meter.ts';
import { pause } from './play-call.ts';
import { slopeOf } from './regression.ts';
import { median, tenths } from './statistics.ts';

export interface MemoryFigures {
  /** Resident memory of all processes of the part without garbage, in kB, at each number of live calls. */
  steps: { live: number; residentKb: number }[];
  live: number;
  /** That each has made; 0: from one to ten. */
  turns: number;
  /** So many of them came first: memory that is got once, for any number of calls, is got then. */
  warmUp: number;
  /** The slope of a straight line through the steps from the warm-up on. */
  kbPerCall: number | null;
  /** What the calls of the warm-up have added, divided by them: what is got once included. */
  firstKbPerCall: number | null;
  errors: number;
}

export interface MemoryOptions {
  /** How many are measured; as many warm up before them, and stay on the line. */
  live: number;
  /** That each of them has made; 0: from one to ten. */
  turns: number;
  part: string;
  pids: Readonly<Record<string, number>>;
}

const STEPS = 5;
/** Each somewhere in a conversation of ten turns; two after one another are half-way on average. */
const PROGRESS = [1, 10, 2, 9, 3, 8, 4, 7, 5, 6];
/** Long enough for records to be written. */
const SETTLE_MS = 2000;
const LOOKS = 5;
const LOOK_EVERY_MS = 200;

export async function measureLiveMemory(
  target: Target,
  { live, turns, part, pids }: MemoryOptions,
): Promise<{ figures: MemoryFigures; problems: string[] }> {
  const calls = new LiveCalls(target, (index) => turnsOf(index, turns));
  const ours = Object.fromEntries(Object.entries(pids).filter(([name]) => partOf(name) === part));
  let isClean = true;
  const look = async (): Promise<number> => {
    // How much garbage a process keeps is its own affair, and differs by more than calls take.
    isClean = (await collectGarbage(Object.values(ours))) && isClean;
    return residentKb(target, ours);
  };
  try {
    const steps = [{ live: 0, residentKb: await look() }];
    for (let step = 0; step <= STEPS && !target.stopping.aborted; step += 1) {
      await calls.growTo(Math.round(live + (live * step) / STEPS));
      await pause(SETTLE_MS, target.stopping);
      steps.push({ live: calls.count, residentKb: await look() });
    }
    await calls.hangUp();
    const { errors } = calls.samples;
    const problems = [
      ...calls.samples.problems(),
      ...(isClean ? [] : ['memory was read with garbage in it: no inspector could be opened']),
    ];
    return { figures: { ...figuresOf(steps), turns, errors }, problems };
  } finally {
    calls.close();
  }
}

/** How many turns a call makes, by its number from 0, before it falls silent. Pure. */
export function turnsOf(index: number, turns: number): number {
  return turns > 0 ? turns : (PROGRESS[index % PROGRESS.length] ?? 1);
}

/** The figures of the steps: the first one is without calls, the second one after the warm-up. Pure. */
export function figuresOf(steps: MemoryFigures['steps']): Omit<MemoryFigures, 'errors' | 'turns'> {
  const [empty, warm] = steps;
  const live = steps.at(-1)?.live ?? 0;
  const warmUp = warm?.live ?? 0;
  const points = steps.slice(1).map(({ live: x, residentKb: y }) => ({ x, y }));
  const slope = slopeOf(points)?.slope;
  return {
    steps,
    live,
    warmUp,
    kbPerCall: slope === undefined ? null : tenths(slope),
    firstKbPerCall:
      empty && warm && warmUp > 0 ? tenths((warm.residentKb - empty.residentKb) / warmUp) : null,
  };
}

async function residentKb(
  { stopping }: Target,
  pids: Readonly<Record<string, number>>,
): Promise<number> {
  const looks: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    const usages = Object.values(measureProcesses(pids));
    looks.push(usages.reduce((sum, usage) => sum + usage.residentKb, 0));
    await pause(LOOK_EVERY_MS, stopping);
  }
  return median(looks);
}
