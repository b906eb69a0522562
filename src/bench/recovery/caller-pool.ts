/** Callers who keep so many calls going, one after the other, for as long as a drill lasts. */
import { DEMO_CALLER, DEMO_NUMBER } from '../../demo/demo-config.ts';
import type { Simulator } from '../../simulator/index.ts';
import { seededRandom } from '../../simulator/faults/random.ts';
import { DrillCaller } from './drill-caller.ts';
import type { CallerPlan } from './drill-caller.ts';

export interface PoolOptions {
  simulator: Simulator;
  seed: string;
  /** Goes into the callers' names: no two pools of a run share it. */
  name: string;
  calls: number;
  /** In all; left out: until it is closed. */
  total?: number;
  /** Answered turns of each call. */
  turns: number;
  thinkMs: CallerPlan['thinkMs'];
  stopping: AbortSignal;
}

export class CallerPool {
  readonly #options: PoolOptions;
  readonly #live = new Set<DrillCaller>();
  readonly #lines: Promise<void>[];
  readonly #problems: string[] = [];
  #isClosing = false;
  #calls = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#lines = Array.from({ length: options.calls }, () => this.#line());
  }

  get live(): readonly DrillCaller[] {
    return [...this.#live];
  }

  get calls(): number {
    return this.#calls;
  }

  /** Calls that ended otherwise than by their callers. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** When as many calls as there are to be have ended; never without a total. */
  async done(): Promise<void> {
    await Promise.all(this.#lines);
  }

  /** Lets everybody finish the turn they are in and hang up. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const caller of this.#live) caller.leave();
    await Promise.all(this.#lines);
  }

  async #line(): Promise<void> {
    const { simulator, seed, name, turns, thinkMs, stopping, total = Infinity } = this.#options;
    while (!this.#isClosing && !stopping.aborted && this.#calls < total) {
      this.#calls += 1;
      const caller = new DrillCaller(simulator.dial({ from: DEMO_CALLER, to: DEMO_NUMBER }), {
        name: `${name} ${this.#calls}`,
        turns,
        thinkMs,
        random: seededRandom(seed, name, this.#calls),
        stopping,
      });
      this.#live.add(caller);
      const problem = await caller.run();
      this.#live.delete(caller);
      if (problem !== undefined) this.#problems.push(problem);
    }
  }
}
