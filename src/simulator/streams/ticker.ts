import { FRAME_MS, preciseNow } from './format.ts';

/** Ticks come this long after each other, each stream has one in four. */
const STEP_MS = 5;
const PHASES = FRAME_MS / STEP_MS;

interface Member {
  phase: number;
  nextMs: number;
  onTick: (atMs: number) => void;
}

/**
 * The beat of all streams of a simulator: each is called every 20 ms of an absolute clock, so that
 * nothing drifts. One timer serves them all; they are spread over four beats, as the streams of the
 * real network do not send in step. A beat that was missed is made up for.
 */
export class Ticker {
  readonly #members = new Set<Member>();
  readonly #startedMs = preciseNow();
  #timer: NodeJS.Timeout | undefined;

  /** Calls back with the moment that each beat was due; returns how to stop. */
  join(onTick: (atMs: number) => void): () => void {
    const phase = this.#emptiestPhase();
    const sinceMs = preciseNow() - this.#startedMs - phase * STEP_MS;
    const nextMs =
      this.#startedMs + phase * STEP_MS + FRAME_MS * Math.max(0, Math.ceil(sinceMs / FRAME_MS));
    const member = { phase, nextMs, onTick };
    this.#members.add(member);
    this.#schedule();
    return () => this.#members.delete(member);
  }

  #emptiestPhase(): number {
    const sizes = Array.from({ length: PHASES }, () => 0);
    for (const { phase } of this.#members) sizes[phase] = (sizes[phase] ?? 0) + 1;
    return sizes.indexOf(Math.min(...sizes));
  }

  #schedule(): void {
    if (this.#timer || this.#members.size === 0) return;
    let dueMs = Number.POSITIVE_INFINITY;
    for (const { nextMs } of this.#members) dueMs = Math.min(dueMs, nextMs);
    this.#timer = setTimeout(() => this.#beat(), Math.max(0, dueMs - preciseNow()));
  }

  #beat(): void {
    this.#timer = undefined;
    const nowMs = preciseNow();
    for (const member of this.#members) {
      while (member.nextMs <= nowMs && this.#members.has(member)) {
        const dueMs = member.nextMs;
        member.nextMs += FRAME_MS;
        member.onTick(dueMs);
      }
    }
    this.#schedule();
  }
}
