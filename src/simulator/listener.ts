/** Where a program has got to in what is heard. */
import type { Line } from './line.ts';
import type { SoundSource } from './truth-events.ts';

export interface Heard {
  source: SoundSource;
  text: string;
  atMs: number;
}

export class Listener {
  readonly #line: Line;
  #next = 0;

  constructor(line: Line) {
    this.#line = line;
  }

  get hasMore(): boolean {
    return this.#next < this.#line.heard.length;
  }

  /** What was not taken yet, and the clause of a stream that is being heard. */
  get rest(): string {
    const texts = this.#line.heard.slice(this.#next).map(({ text }) => text);
    return [...texts, this.#line.stream?.hearing ?? ''].join(' ').trim();
  }

  /** The next thing heard. */
  next(): Heard | undefined {
    const entry = this.#line.heard[this.#next];
    if (!entry) return undefined;
    this.#next += 1;
    return { source: entry.source, text: entry.text, atMs: entry.atMs };
  }

  /**
   * Skips to the next thing heard that matches. Clauses of a stream are looked at together with those in
   * front of them, and are kept for those to come.
   */
  nextMatching(pattern: RegExp): Heard | undefined {
    let spoken = '';
    for (const [index, entry] of this.#line.heard.entries()) {
      if (index < this.#next) continue;
      const { source, text, atMs } = entry;
      const isSpoken = source === 'stream';
      spoken = isSpoken ? `${spoken} ${text}`.trim() : '';
      const whole = isSpoken ? spoken : text;
      if (isFound(pattern, text) || isFound(pattern, whole)) {
        this.#next = index + 1;
        return { source, text: whole, atMs };
      }
      if (!isSpoken) this.#next = index + 1;
    }
    return undefined;
  }
}

export function isFound(pattern: RegExp, text: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(text);
}
