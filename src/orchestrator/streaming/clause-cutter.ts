/** Cuts a model's text, while it comes, into pieces that can be spoken one after the other. */
import { lookAt, type CutKind } from './cut-points.ts';
import { OpenMarks } from './open-marks.ts';

/** A piece of a model's text as it was written: still with markup, white space in front. */
export interface WrittenClause {
  text: string;
  /** It is cut where no sign ends it. */
  isForced: boolean;
  /** It holds half of a mark whose other half is in another clause. */
  isTorn: boolean;
}

/** From how many characters on a clause may end at which kind of place. */
type Lengths = Record<CutKind, number>;

/** The caller waits for the first clause; the others are made while it is spoken. */
const FIRST: Lengths = { strong: 2, weak: 25, joint: 60, space: 140 };
const LATER: Lengths = { strong: 12, weak: 120, joint: 160, space: 260 };
/** Where not even a space comes. */
const LONGEST = 300;

/**
 * Where it cuts depends on the text alone, not on the pieces in which that comes: each place is
 * decided in turn, as soon as the characters behind it are there that it depends on.
 */
export class ClauseCutter {
  readonly #marks: OpenMarks;
  #text = '';
  /** The first half of a character whose second one has not come yet. */
  #half = '';
  /** The next character to be looked at. */
  #at = 0;
  /** Found, and not reached yet: closing quotes may stand between. */
  #found: { kind: CutKind; at: number } | undefined;
  /** Characters of the clause so far: neither what is hidden nor the space in front. */
  #length = 0;
  #isFirst = true;

  /** @param startsInThought for a model that is known to think aloud without saying so first */
  constructor(startsInThought = false) {
    this.#marks = new OpenMarks(startsInThought);
  }

  /** See {@link OpenMarks.hasThoughtAloud}. */
  get hasThoughtAloud(): boolean {
    return this.#marks.hasThoughtAloud;
  }

  push(piece: string): void {
    const text = this.#half + piece;
    // Half a character may be a sign that the other half makes a different one.
    this.#half = /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? '';
    this.#text += text.slice(0, text.length - this.#half.length);
  }

  /**
   * The next clause, when it is whole.
   * @param isWhole whether nothing follows any more; what then is left is `rest()`
   */
  next(isWhole = false): WrittenClause | undefined {
    for (; this.#at < this.#text.length; this.#step()) {
      const lengths = this.#isFirst ? FIRST : LATER;
      const found = this.#found?.at === this.#at ? this.#found : undefined;
      if (found && this.#mayEnd(found.kind)) return this.#take(false);
      const isGap = this.#length < lengths.joint && /[^\S\n]/.test(this.#text[this.#at] ?? '');
      const look = isGap ? 'none' : lookAt(this.#text, this.#at, isWhole);
      if (look === 'undecided') return undefined;
      if (look !== 'none' && look.at > this.#at) this.#found = look;
      else if (look !== 'none' && this.#mayEnd(look.kind)) return this.#take(isForced(look.kind));
      if (this.#isTooLong()) return this.#take(true);
    }
    return undefined;
  }

  /** What no clause was made of; nothing is left then. */
  rest(): WrittenClause {
    this.#text += this.#half;
    this.#half = '';
    this.#at = this.#text.length;
    return this.#take(false);
  }

  /** Nothing of what was given could be said: what comes now is the first clause again. */
  beginAgain(): void {
    this.#isFirst = true;
  }

  #step(): void {
    const sign = this.#text[this.#at] ?? '';
    this.#marks.push(sign);
    this.#at += 1;
    const counts = !this.#marks.isHidden && (this.#length > 0 || sign.trim() !== '');
    if (counts) this.#length += 1;
  }

  #mayEnd(kind: CutKind): boolean {
    const lengths = this.#isFirst ? FIRST : LATER;
    return this.#length >= lengths[kind] && !this.#marks.isOpen;
  }

  #isTooLong(): boolean {
    if (this.#length < LONGEST || this.#marks.isOpen) return false;
    const [before, after] = [this.#text[this.#at - 1] ?? '', this.#text[this.#at] ?? ''];
    const isWithin =
      /[\uD800-\uDBFF\u200D]/.test(before) || /[\uDC00-\uDFFF\p{M}\u200D]/u.test(after);
    return !isWithin;
  }

  #take(isForced: boolean): WrittenClause {
    const text = this.#text.slice(0, this.#at);
    this.#text = this.#text.slice(this.#at);
    this.#at = 0;
    this.#length = 0;
    this.#found = undefined;
    this.#isFirst = false;
    return { text, isForced, isTorn: this.#marks.takeTorn() };
  }
}

function isForced(kind: CutKind): boolean {
  return kind === 'space' || kind === 'joint';
}
