/**
 * Which marks are open at a place of a model's text: a clause that ended there would be read without
 * their other half, and markup be heard. Takes one character after the other and looks at each once.
 */

type SoftMark =
  | 'tag' //     <b ...
  | 'fence' //   ``` ...
  | 'bracket' // [ ...
  | 'address' // ( ... right behind a bracket
  | 'row' //     | of a table, to the end of its line
  | 'stress' //  *... or _...
  | 'tool'; //   end_call ( ...

/** What these hide is never said, so they are waited for until the answer ends. */
type HardMark =
  | 'thought' // <think> ...
  | 'comment' // <!-- ...
  | 'json' //    { "...
  | 'escaped'; // &lt; or &#123;: one of these, or a plain sign; nobody escapes what is to be heard

/** Characters for which a soft mark may stay open; one that has not closed then was none. */
const PATIENCE: Record<SoftMark, number> = {
  tag: 300,
  fence: 600,
  bracket: 300,
  address: 300,
  row: 300,
  stress: 300,
  tool: 300,
};

/** `<` and `{`, escaped any number of times. */
const ESCAPED = /&(?:amp;)*(?:lt|#0*(?:60|123)|#x0*(?:3c|7b));$/i;
/** Enough to tell every sign that opens or closes. */
const TAIL_LENGTH = 16;
/** Something may begin here, or not: that is seen by what follows. */
const BEGINNING = /(?:[{[]\s{0,10}|<|end_call\s?)$/i;

export class OpenMarks {
  #soft: SoftMark | undefined;
  #hard: HardMark | undefined;
  #softFor = 0;
  #tail = '';
  #isLineBegun = false;
  #isTorn = false;
  #hasThoughtAloud = false;
  /** Of JSON: how deep, and where in a text. */
  #depth = 0;
  #isQuoted = false;
  #isEscaped = false;
  /** Which of the two the stress was opened with. */
  #sign = '';

  /** @param startsInThought for a model that is known to think aloud without saying so first */
  constructor(startsInThought = false) {
    if (startsInThought) this.#hard = 'thought';
  }

  get isOpen(): boolean {
    return this.#hard !== undefined || this.#soft !== undefined || BEGINNING.test(this.#tail);
  }

  /** Nothing of what is open now will be said, however long it is. */
  get isHidden(): boolean {
    return this.#hard !== undefined;
  }

  /** A thought has ended that had not begun: all before it was one. */
  get hasThoughtAloud(): boolean {
    return this.#hasThoughtAloud;
  }

  /** Whether a mark was given up since this was asked last: half of it is in the text. */
  takeTorn(): boolean {
    const was = this.#isTorn;
    this.#isTorn = false;
    return was;
  }

  /** The next character (a UTF-16 unit). */
  push(sign: string): void {
    const before = this.#tail;
    this.#tail = (before + sign).slice(-TAIL_LENGTH);
    if (this.#hard) this.#followHard(sign);
    else if (!this.#beginsHard(sign, before)) {
      if (this.#soft) this.#followSoft(sign, before);
      else this.#beginSoft(sign, before);
    }
    if (sign === '\n') this.#isLineBegun = false;
    else if (sign.trim() !== '') this.#isLineBegun = true;
  }

  #beginsHard(sign: string, before: string): boolean {
    if (sign === '>' && this.#tail.endsWith('</think>')) this.#hasThoughtAloud = true;
    if (sign === '>' && this.#tail.endsWith('<think>')) return this.#openHard('thought');
    if (sign === '-' && this.#tail.endsWith('<!--')) return this.#openHard('comment');
    if (sign === ';' && ESCAPED.test(this.#tail)) return this.#openHard('escaped');
    if (sign !== '"' || !/\{\s{0,10}$/.test(before)) return false;
    // A list of objects: the bracket in front is one level of it.
    this.#depth = /\[\s{0,5}\{\s{0,10}$/.test(before) ? 2 : 1;
    this.#isQuoted = true;
    this.#isEscaped = false;
    return this.#openHard('json');
  }

  #openHard(mark: HardMark): true {
    this.#hard = mark;
    // A fence goes on around an object; the others have been mistaken for something.
    if (this.#soft !== 'fence') this.#soft = undefined;
    return true;
  }

  #followHard(sign: string): void {
    if (this.#hard === 'json') return this.#followJson(sign);
    if (sign !== '>' || this.#hard === 'escaped') return;
    if (this.#tail.endsWith(this.#hard === 'thought' ? '</think>' : '-->')) this.#hard = undefined;
  }

  #followJson(sign: string): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (this.#isQuoted && sign === '\\') this.#isEscaped = true;
    else if (sign === '"') this.#isQuoted = !this.#isQuoted;
    else if (this.#isQuoted) return;
    else if (sign === '{' || sign === '[') this.#depth += 1;
    else if (sign === '}' || sign === ']') {
      this.#depth -= 1;
      if (this.#depth === 0) this.#hard = undefined;
    }
  }

  #beginSoft(sign: string, before: string): void {
    const mark = this.#softAt(sign, before);
    if (mark === undefined) return;
    this.#soft = mark;
    this.#softFor = 0;
  }

  #softAt(sign: string, before: string): SoftMark | undefined {
    const last = before.at(-1) ?? '';
    if (sign === '`' && before.endsWith('``')) return 'fence';
    if (sign === '|' && !this.#isLineBegun) return 'row';
    if (sign === '[') return 'bracket';
    if (sign === '(' && last === ']') return 'address';
    if (sign === '(' && /end_call\s?$/i.test(before)) return 'tool';
    if (last === '<' && /[a-z/!?|｜]/i.test(sign)) return 'tag';
    if ((last === '*' || last === '_') && /[^\s*_]/.test(sign)) {
      this.#sign = last;
      if (/(?:^|[^\p{L}\p{N}*_])[*_]$/u.test(before)) return 'stress';
    }
    return undefined;
  }

  #followSoft(sign: string, before: string): void {
    if (!this.#soft) return;
    this.#softFor += 1;
    if (this.#closes(this.#soft, sign, before)) {
      this.#soft = undefined;
    } else if (this.#softFor >= PATIENCE[this.#soft]) {
      this.#soft = undefined;
      this.#isTorn = true;
    }
  }

  #closes(mark: SoftMark, sign: string, before: string): boolean {
    switch (mark) {
      case 'tag':
        return sign === '>';
      case 'fence':
        return sign === '`' && before.endsWith('``') && this.#softFor >= 3;
      case 'bracket':
        return sign === ']' || sign === '\n';
      case 'address':
        return sign === ')' || sign === '\n';
      case 'row':
        return sign === '\n';
      case 'stress':
        return sign === '\n' || (sign === this.#sign && /\S$/.test(before));
      case 'tool':
        return sign === ')' || sign === '\n';
    }
  }
}
