/** What the caller hears of a stream: words by their captions, and when anything is audible at all. */
import { CaptionReader } from '../../captions/index.ts';
import { audibleRange, FRAME_SAMPLES, SAMPLES_PER_MS } from './format.ts';
import type { PlayedPiece } from './playback.ts';

/** Words that belong together. Times in milliseconds since 1970. */
export interface Clause {
  text: string;
  firstWordAtMs: number;
  lastWordAtMs: number;
}

/** A stretch in which something is audible: no gap in it is longer than {@link JOINED_MS}. */
interface Stretch {
  fromMs: number;
  toMs: number;
}

/** A clause is over when nothing was heard for so long. */
const PAUSE_MS = 300;
/** A comma ends a clause of so many words. */
const LONG_CLAUSE_WORDS = 6;
const JOINED_MS = 60;
const KEPT_STRETCHES = 5_000;

export class Hearing {
  readonly #onClause: (clause: Clause) => void;
  readonly #reader = new CaptionReader();
  readonly #stretches: Stretch[] = [];
  #words: string[] = [];
  #firstWordAtMs = 0;
  #lastWordAtMs = 0;
  #samples = 0;
  #sounds = 0;

  constructor(onClause: (clause: Clause) => void) {
    this.#onClause = onClause;
  }

  /** The words of the clause that is being heard. */
  get words(): string {
    return this.#words.join(' ');
  }

  /** How often something began to be audible. */
  get sounds(): number {
    return this.#sounds;
  }

  /** Behind the last audible sample so far; undefined when there was none yet. */
  get audibleUntilMs(): number | undefined {
    return this.#stretches.at(-1)?.toMs;
  }

  /** The first audible moment at or after this one. */
  firstAudibleAfter(atMs: number): number | undefined {
    const stretch = this.#stretches.find(({ toMs }) => toMs > atMs);
    return stretch && Math.max(atMs, stretch.fromMs);
  }

  hear({ audio, atMs }: PlayedPiece): void {
    // In pieces of a frame: a gap inside a long one would be missed.
    for (let from = 0; from < audio.length; from += FRAME_SAMPLES) {
      const range = audibleRange(audio.subarray(from, from + FRAME_SAMPLES));
      if (!range) continue;
      const timeOf = (sample: number) => atMs + (from + sample) / SAMPLES_PER_MS;
      this.#audible(timeOf(range.from), timeOf(range.to));
    }
    const before = this.#samples;
    this.#samples += audio.length;
    for (const { word, atSample } of this.#reader.read(audio)) {
      this.#word(word, atMs + (atSample - before) / SAMPLES_PER_MS);
    }
  }

  /** To be called all the time: a pause ends a clause. */
  tick(nowMs: number): void {
    const quietSinceMs = Math.max(this.audibleUntilMs ?? 0, this.#lastWordAtMs);
    if (this.#words.length > 0 && nowMs - quietSinceMs >= PAUSE_MS) this.flush();
  }

  /** The clause is over, as far as it came. */
  flush(): void {
    if (this.#words.length === 0) return;
    const text = this.words;
    this.#words = [];
    const [firstWordAtMs, lastWordAtMs] = [this.#firstWordAtMs, this.#lastWordAtMs];
    this.#onClause({ text, firstWordAtMs, lastWordAtMs });
  }

  #word(word: string, atMs: number): void {
    if (this.#words.length === 0) this.#firstWordAtMs = atMs;
    this.#words.push(word);
    this.#lastWordAtMs = atMs;
    const ends =
      /[.!?…:;]["'”’)]*$/.test(word) ||
      (this.#words.length >= LONG_CLAUSE_WORDS && word.endsWith(','));
    if (ends) this.flush();
  }

  #audible(fromMs: number, toMs: number): void {
    const last = this.#stretches.at(-1);
    if (last && fromMs - last.toMs <= JOINED_MS) last.toMs = toMs;
    else {
      this.#stretches.push({ fromMs, toMs });
      this.#sounds += 1;
    }
    if (this.#stretches.length > KEPT_STRETCHES) this.#stretches.shift();
  }
}
