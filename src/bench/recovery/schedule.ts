/** Which process is killed when: the same for the same seed. Pure. */
import { seededRandom } from '../../simulator/faults/random.ts';

/** The part that is killed, as reports name it. */
export type Victim = 'api' | 'worker' | 'temporal' | 'postgres';

/** `between`: while callers listen or think. `mid-turn`: while the model is being asked. */
export type Moment = 'between' | 'mid-turn';

export interface PlannedKill {
  victim: Victim;
  /** The name of its pid file. */
  process: string;
  moment: Moment;
  /** How long after the moment has come, in milliseconds. */
  delayMs: number;
}

const VICTIMS: readonly Victim[] = ['worker', 'api', 'temporal', 'postgres'];
const MOMENTS: readonly Moment[] = ['between', 'mid-turn'];
const MAX_DELAY_MS = 700;

/**
 * In turn: every eight kills hold each part at each moment once, in an order of their own, so that
 * none follows the same other one every time.
 */
export function planKills(seed: string, count: number): PlannedKill[] {
  const kinds = VICTIMS.flatMap((victim) => MOMENTS.map((moment) => ({ victim, moment })));
  const plan: PlannedKill[] = [];
  for (let round = 0; plan.length < count; round += 1) {
    const random = seededRandom(seed, 'kills', round);
    for (const { victim, moment } of shuffled(kinds, (max) => random.integer(0, max))) {
      if (plan.length >= count) break;
      const delayMs = random.integer(0, MAX_DELAY_MS);
      plan.push({ victim, process: processOf(victim, random.integer(1, 2)), moment, delayMs });
    }
  }
  return plan;
}

function processOf(victim: Victim, which: number): string {
  return victim === 'api' || victim === 'worker' ? `voca-${victim}-${which}` : `voca-${victim}`;
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], upTo: (max: number) => number): T[] {
  const all = [...items];
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = upTo(at);
    [all[at], all[other]] = [all[other] as T, all[at] as T];
  }
  return all;
}
