/** Collects what a run measured and what went wrong in it. */
import type { Summary } from './statistics.ts';
import { summarize } from './statistics.ts';

/** The kinds of webhook that are told apart. */
export const KINDS = ['first', 'turn', 'status'] as const;
export type Kind = (typeof KINDS)[number];

export type KindFigures = Summary & { errors: number };

/** A place in the samples of each kind. */
export type Mark = Record<Kind, number>;

export class Samples {
  readonly #timesMs: Record<Kind, number[]> = { first: [], turn: [], status: [] };
  readonly #errors: Record<Kind, number> = { first: 0, turn: 0, status: 0 };
  readonly #problems = new Map<string, number>();

  /**
   * Wrong answers are taken too, and how long no answer came: a filler after 3.5 s must not make the
   * figures look better.
   */
  took(kind: Kind, ms: number): void {
    this.#timesMs[kind].push(ms);
  }

  failed(kind: Kind, problem: string): void {
    this.#errors[kind] += 1;
    const line = `${kind}: ${problem}`;
    this.#problems.set(line, (this.#problems.get(line) ?? 0) + 1);
  }

  get errors(): number {
    return KINDS.reduce((sum, kind) => sum + this.#errors[kind], 0);
  }

  timesOf(kind: Kind): readonly number[] {
    return this.#timesMs[kind];
  }

  /** How many webhooks were sent, whatever came of them. */
  get count(): number {
    return KINDS.reduce((sum, kind) => sum + this.#timesMs[kind].length, 0);
  }

  /** Where the samples end now, for {@link between}. */
  mark(): Mark {
    const at = (kind: Kind) => this.#timesMs[kind].length;
    return { first: at('first'), turn: at('turn'), status: at('status') };
  }

  /** The times that were taken between two marks. */
  between(start: Mark, end: Mark = this.mark()): Record<Kind, Summary> {
    const of = (kind: Kind) => summarize(this.#timesMs[kind].slice(start[kind], end[kind]));
    return { first: of('first'), turn: of('turn'), status: of('status') };
  }

  figures(): Record<Kind, KindFigures> {
    const of = (kind: Kind): KindFigures => ({
      ...summarize(this.#timesMs[kind]),
      errors: this.#errors[kind],
    });
    return { first: of('first'), turn: of('turn'), status: of('status') };
  }

  /** Each problem once, with how often it was seen. */
  problems(): string[] {
    return [...this.#problems].map(([line, count]) => `${count} × ${line}`);
  }
}
