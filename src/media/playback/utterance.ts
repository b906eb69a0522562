/** One utterance: its clauses in order, and how far it has got. */
import type { ClauseAudio } from './clause-audio.ts';
import { heardPart, joinClauses } from './heard-text.ts';

export class Utterance {
  readonly number: number;
  isFinished = false;
  wasAudible = false;
  /** Where its first and its last sample stand in what was sent. */
  startsAt: number | undefined;
  endsAt = 0;
  readonly #clauses: ClauseAudio[] = [];
  #current = 0;
  #currentSinceMs = 0;

  constructor(number: number) {
    this.number = number;
  }

  add(clause: ClauseAudio): void {
    this.#clauses.push(clause);
  }

  /**
   * The clause whose turn it is.
   * @param position where the next sample will stand
   */
  next(position: number, nowMs: number): ClauseAudio | undefined {
    for (;;) {
      const clause = this.#clauses[this.#current];
      if (!clause) return undefined;
      clause.startsAt ??= position;
      if (!clause.isDrained) return clause;
      this.#current += 1;
      this.#currentSinceMs = nowMs;
    }
  }

  /** Since when `clause`, whose turn it is, could have been sent. */
  readySinceMs(clause: ClauseAudio): number {
    return Math.max(this.#currentSinceMs, clause.waitingSinceMs);
  }

  get isDrained(): boolean {
    return this.isFinished && this.#clauses.every((clause) => clause.isDrained);
  }

  get waiting(): number {
    return this.#clauses.reduce((sum, clause) => sum + clause.waiting, 0);
  }

  get isWhole(): boolean {
    return this.#clauses.every((clause) => clause.state !== 'failed');
  }

  /** What was heard of it when the caller is at `position`. */
  heardText(position: number): string {
    if (this.startsAt === undefined || position <= this.startsAt) return '';
    const parts: string[] = [];
    for (const clause of this.#clauses) {
      const fraction = clause.fractionAt(position);
      parts.push(heardPart(clause.text, fraction));
      // What follows a clause that broke off was heard nevertheless.
      if (fraction < 1 && clause.state !== 'failed') break;
    }
    return joinClauses(parts.filter((part) => part !== ''));
  }
}
