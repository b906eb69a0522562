/** What callers have measured and what went wrong for them, added up. */
import type { StreamMeasures } from '../../simulator/truth-events.ts';

/** Can be sent between processes. Times in milliseconds. */
export interface Heard {
  /** From the caller's last audible sample to the first audible one of the answer. */
  answerMs: number[];
  /** From the first audible sample of a caller who interrupts to `clear` at Twilio. */
  clearMs: number[];
  /** The same from where his voice is, see `voice-onset.ts`. */
  clearAfterVoiceMs: number[];
  /** From his first audible sample to the last audible one of what he interrupts. */
  silenceMs: number[];
  turns: number;
  interruptions: number;
  errors: number;
  /** Each once, with how often it was seen. */
  problems: Record<string, number>;
  playback: PlaybackTotals;
  /** What speaks for the callers. */
  voice: string;
  /** How late the timers of this process were, which is in all of the times above. */
  lateMs: { p50: number; p99: number; max: number };
}

/** Of all streams, whole calls. */
export interface PlaybackTotals {
  playedMs: number;
  framesSent: number;
  clears: number;
  staleMs: number;
  underruns: number;
  underrunMs: number;
  maxLeadMs: number;
  /** The median of each stream. */
  medianLeadsMs: number[];
}

export class Tally {
  readonly answerMs: number[] = [];
  readonly clearMs: number[] = [];
  readonly clearAfterVoiceMs: number[] = [];
  readonly silenceMs: number[] = [];
  turns = 0;
  interruptions = 0;
  readonly #problems = new Map<string, number>();
  readonly #playback: PlaybackTotals = {
    playedMs: 0,
    framesSent: 0,
    clears: 0,
    staleMs: 0,
    underruns: 0,
    underrunMs: 0,
    maxLeadMs: 0,
    medianLeadsMs: [],
  };

  failed(problem: string): void {
    this.#problems.set(problem, (this.#problems.get(problem) ?? 0) + 1);
  }

  stream(measures: StreamMeasures): void {
    const totals = this.#playback;
    for (const name of ['playedMs', 'framesSent', 'clears', 'staleMs', 'underruns'] as const) {
      totals[name] += measures[name];
    }
    totals.underrunMs += measures.underrunMs;
    totals.maxLeadMs = Math.max(totals.maxLeadMs, measures.maxLeadMs);
    totals.medianLeadsMs.push(measures.medianLeadMs);
  }

  heard(more: Pick<Heard, 'voice' | 'lateMs'>): Heard {
    const { answerMs, clearMs, clearAfterVoiceMs, silenceMs, turns, interruptions } = this;
    const errors = [...this.#problems.values()].reduce((sum, count) => sum + count, 0);
    return {
      ...{ answerMs, clearMs, clearAfterVoiceMs, silenceMs, turns, interruptions, errors },
      problems: Object.fromEntries(this.#problems),
      playback: this.#playback,
      ...more,
    };
  }
}
