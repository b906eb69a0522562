/** Callers who keep so many calls over streams going, for as long as a drill lasts. */
import { DEMO_CALLER, DEMO_STREAM_NUMBER } from '../../demo/demo-config.ts';
import type { Simulator } from '../../simulator/index.ts';
import { seededRandom } from '../../simulator/faults/random.ts';
import { pause } from '../play-call.ts';
import { MediaCaller } from './media-caller.ts';
import { sentenceOf } from './media-talk.ts';

export interface MediaPoolOptions {
  simulator: Simulator;
  seed: string;
  calls: number;
  greeting: string;
  stopping: AbortSignal;
}

/** Answered turns of a call: calls come and go, so that new ones begin at both workers. */
const TURNS = { min: 4, max: 9 };
/** Nobody calls at the same moment. */
const RAMP_MS = 150;

export class MediaPool {
  readonly #options: MediaPoolOptions;
  readonly #live = new Set<MediaCaller>();
  readonly #lines: Promise<void>[];
  readonly #problems: string[] = [];
  #isClosing = false;
  #calls = 0;
  #saidAgain = 0;
  #cutSentences = 0;

  constructor(options: MediaPoolOptions) {
    this.#options = options;
    this.#lines = Array.from({ length: options.calls }, (_, at) => this.#line(at));
  }

  get live(): readonly MediaCaller[] {
    return [...this.#live];
  }

  get calls(): number {
    return this.#calls;
  }

  get saidAgain(): number {
    return this.#saidAgain;
  }

  get cutSentences(): number {
    return this.#cutSentences;
  }

  /** Calls that ended otherwise than by their callers. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Lets everybody finish the turn they are in and hang up. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const caller of this.#live) caller.leave();
    await Promise.all(this.#lines);
  }

  async #line(at: number): Promise<void> {
    const { simulator, seed, stopping, greeting } = this.#options;
    await pause(at * RAMP_MS, stopping);
    while (!this.#isClosing && !stopping.aborted) {
      this.#calls += 1;
      const number = this.#calls;
      const random = seededRandom(seed, 'media', number);
      const turns = random.integer(TURNS.min, TURNS.max);
      // Made while the greeting is heard: nobody waits for a voice in mid-call.
      void simulator.prepareWords(sentenceOf(number, 1), sentenceOf(number, 2));
      const phone = simulator.dial({ from: DEMO_CALLER, to: DEMO_STREAM_NUMBER });
      const caller = new MediaCaller(phone, { number, greeting, turns, random, stopping });
      this.#live.add(caller);
      const problem = await caller.run();
      this.#live.delete(caller);
      this.#saidAgain += caller.saidAgain;
      this.#cutSentences += caller.cutSentences;
      if (problem !== undefined) this.#problems.push(`stream of guest ${number}: ${problem}`);
    }
  }
}
