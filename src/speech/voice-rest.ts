/** What is left to say of a clause that broke off, as far as its audio tells. */
import { MULAW_RATE } from '../audio/mulaw.ts';
import { speakable } from './voices/speakable.ts';

/** Of speech in general; voices differ by a third. */
const BYTES_PER_CHARACTER = MULAW_RATE / 15;
/** Clauses of a few letters tell nothing: what surrounds them is longer than they are. */
const WORTH_LEARNING = 20;

/** Of the estimate: to say a word twice is better than to leave one out. */
const CAUTION = 0.85;

/** How quickly a voice speaks, learnt from clauses that came whole. */
export class SpeakingRate {
  #bytesPerCharacter = BYTES_PER_CHARACTER;

  learn(text: string, bytes: number): void {
    const { length } = speakable(text);
    if (length < WORTH_LEARNING || bytes === 0) return;
    const seen = bytes / length;
    const bounded = Math.max(BYTES_PER_CHARACTER / 2, Math.min(BYTES_PER_CHARACTER * 2, seen));
    this.#bytesPerCharacter += (bounded - this.#bytesPerCharacter) / 4;
  }

  /** Characters that so many bytes of audio have said, rather too few than too many. */
  charactersIn(bytes: number): number {
    return Math.floor((CAUTION * bytes) / this.#bytesPerCharacter);
  }
}

/**
 * The words of a clause behind so many characters, from the beginning of the word on in which that is;
 * the whole text when it is the first word, and nothing when only the last word's end is missing.
 */
export function restOf(text: string, characters: number): string {
  const words = text.trim();
  if (characters <= 0) return text;
  if (characters >= words.length) return '';
  const start = words.slice(0, characters + 1).search(/\S+\s*$/);
  return start <= 0 ? text : words.slice(start);
}
