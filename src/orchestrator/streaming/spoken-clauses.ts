import { LeakWatch } from '../leak.ts';
import { ModelError, type Completion, type Prompt } from '../llm.ts';
import { MAX_SPOKEN_LENGTH } from '../speakable.ts';
import { plainWords, wholeSentences } from '../spoken-answer.ts';
import { ClauseCutter, type WrittenClause } from './clause-cutter.ts';

/** All signs by which one clause could turn another into markup. */
const MARKS = /[<>*_`~[\]\\|&#{}]/;
const ROUNDS = 4;

/**
 * One answer of a model, made into clauses that can be spoken while it comes. What is given out obeys
 * the rules of whole answers (`spokenAnswer`), as far as they can be obeyed by one who must not look
 * ahead: all clauses together are plain words that the same rules would leave as they are.
 */
export class SpokenClauses {
  readonly #cutter: ClauseCutter;
  readonly #leak: LeakWatch | undefined;
  readonly #give: (clause: string) => void;
  #written = false;
  /** All clauses that are for the caller, also those that are still held back. */
  #said = '';
  #given = '';
  /** In which a recital of the prompt may have begun. */
  #held: string[] = [];
  #isPlain = true;
  #isOver = false;

  constructor(
    { secret }: Pick<Prompt, 'secret'>,
    give: (clause: string) => void,
    startsInThought = false,
  ) {
    this.#cutter = new ClauseCutter(startsInThought);
    this.#leak = secret && new LeakWatch(secret);
    this.#give = give;
  }

  /** The clauses so far, parted by one space; empty while none was given out. */
  get text(): string {
    return this.#given;
  }

  /** Nothing that follows will be said: it has become too long, or the model speaks for the caller. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** See {@link ClauseCutter.hasThoughtAloud}. */
  get hasThoughtAloud(): boolean {
    return this.#cutter.hasThoughtAloud;
  }

  /** @throws ModelError `bad-answer` when the answer recites the instructions; nothing may follow. */
  push(piece: string): void {
    if (piece.trim() !== '') this.#written = true;
    this.#cutter.push(piece);
    this.#takeAll(false);
  }

  /**
   * Gives out the rest of an answer that is there as a whole.
   * @throws ModelError `bad-answer` when nothing in all of it is for the caller, and when it recites
   */
  end({ text, end, isCut = false }: Completion): void {
    // What only came at the end: a farewell, an answer without a stream.
    if (!this.#written) this.#cutter.push(text);
    this.#takeAll(!isCut);
    if (!this.#isOver) {
      const rest = this.#cutter.rest();
      const hasSaid = this.#said !== '';
      this.#take(rest, isCut ? (words) => wholeSentences(words, hasSaid) : (words) => words);
    }
    this.#giveHeld();
    if (this.#given === '' && !end) {
      throw new ModelError('bad-answer', 'the model answered nothing that can be said');
    }
  }

  #takeAll(isWhole: boolean): void {
    while (!this.#isOver) {
      const clause = this.#cutter.next(isWhole);
      if (!clause) return;
      this.#take(clause, (words) => words);
    }
  }

  #take({ text, isForced, isTorn }: WrittenClause, shorten: (words: string) => string): void {
    const { text: plain, isOver } = plainWords(text, this.#said === '');
    const bare = isTorn ? withoutMarks(plain) : plain;
    // An item of a list is ended with a full stop, which has no place in the middle of it.
    const isAdded = isForced && bare.endsWith('.') && !text.trimEnd().endsWith('.');
    const clause = this.#fitting(shorten(isAdded ? bare.slice(0, -1) : bare));
    if (clause !== '') this.#say(clause);
    else if (this.#said === '') this.#cutter.beginAgain();
    if (!isOver) return;
    this.#giveHeld();
    this.#isOver = true;
  }

  #say(clause: string): void {
    const joined = this.#joined(clause);
    if (joined.length > MAX_SPOKEN_LENGTH) {
      this.#giveHeld();
      this.#isOver = true;
      return;
    }
    if (this.#leak?.add(clause)) {
      this.#isOver = true;
      this.#held = [];
      throw new ModelError('bad-answer', 'the model recited its instructions');
    }
    this.#said = joined;
    this.#isPlain &&= !MARKS.test(clause);
    this.#held.push(clause);
    if (!this.#leak?.isSuspect) this.#giveHeld();
  }

  #giveHeld(): void {
    for (const clause of this.#held.splice(0)) {
      this.#given = this.#given === '' ? clause : `${this.#given} ${clause}`;
      this.#give(clause);
    }
  }

  #joined(clause: string): string {
    return this.#said === '' ? clause : `${this.#said} ${clause}`;
  }

  /** The clause such that it makes no markup together with those before; empty when it cannot be. */
  #fitting(clause: string): string {
    if (clause === '') return '';
    if (this.#said !== '' && this.#isPlain && !MARKS.test(clause) && !clause.startsWith(':')) {
      return clause;
    }
    let fitting = clause;
    for (let round = 0; round < ROUNDS && fitting !== ''; round += 1) {
      const joined = this.#joined(fitting);
      const again = plainWords(joined).text;
      if (again === joined) return fitting;
      if (!again.startsWith(this.#joined(''))) break;
      fitting = again.slice(this.#joined('').length);
    }
    const bare = withoutMarks(clause.replace(/^:+/, ''));
    return plainWords(this.#joined(bare)).text === this.#joined(bare) ? bare : '';
  }
}

function withoutMarks(text: string): string {
  const bare = text.replace(new RegExp(MARKS, 'g'), ' ');
  return plainWords(bare, false).text;
}
