/** Measures of one stream, for the truth log and for benchmarks. */
import type { StreamMeasures } from '../truth-events.ts';
import { SAMPLES_PER_MS } from './format.ts';

/**
 * Nothing left to play and more within so long: an underrun. After a longer gap it counts as something
 * new that is being said (an answer takes longer than this).
 */
export const UNDERRUN_UP_TO_MS = 500;

const LEAD_STEP_MS = 10;
const LEAD_STEPS = 1_000;

export class Measuring {
  framesSent = 0;
  clears = 0;
  marks = 0;
  #receivedSamples = 0;
  #playedSamples = 0;
  #clearedSamples = 0;
  #underruns = 0;
  #underrunMs = 0;
  #maxLeadMs = 0;
  #staleMs = 0;
  #arrivals = 0;
  readonly #leads = new Uint32Array(LEAD_STEPS);

  received(samples: number, leadMs: number): void {
    this.#receivedSamples += samples;
    this.#maxLeadMs = Math.max(this.#maxLeadMs, leadMs);
    const step = Math.min(LEAD_STEPS - 1, Math.floor(leadMs / LEAD_STEP_MS));
    this.#leads[step] = (this.#leads[step] ?? 0) + 1;
    this.#arrivals += 1;
  }

  played(samples: number): void {
    this.#playedSamples += samples;
  }

  cleared(samples: number): void {
    this.clears += 1;
    this.#clearedSamples += samples;
  }

  underrun(gapMs: number): void {
    this.#underruns += 1;
    this.#underrunMs += gapMs;
  }

  stale(audioMs: number): void {
    this.#staleMs += audioMs;
  }

  snapshot(): StreamMeasures {
    return {
      framesSent: this.framesSent,
      receivedMs: this.#receivedSamples / SAMPLES_PER_MS,
      playedMs: this.#playedSamples / SAMPLES_PER_MS,
      clears: this.clears,
      clearedMs: this.#clearedSamples / SAMPLES_PER_MS,
      marks: this.marks,
      underruns: this.#underruns,
      underrunMs: Math.round(this.#underrunMs),
      maxLeadMs: Math.round(this.#maxLeadMs),
      medianLeadMs: this.#medianLeadMs(),
      staleMs: this.#staleMs,
    };
  }

  #medianLeadMs(): number {
    let left = this.#arrivals / 2;
    const step = this.#leads.findIndex((count) => (left -= count) <= 0);
    return Math.max(0, step) * LEAD_STEP_MS;
  }
}
