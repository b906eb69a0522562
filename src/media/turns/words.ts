/** Words as text: put together, counted, taken off the front. */
import { plainWords } from '../../../workflows/rules/phrases.ts';

export function joined(parts: readonly string[]): string {
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(' ');
}

export function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== '');
}

export function wordCount(text: string): number {
  return wordsOf(text).length;
}

/** What is left of clauses after so many words; the one that was cut begins with its next word. */
export function withoutFirstWords(clauses: readonly string[], count: number): string[] {
  const left: string[] = [];
  let toSkip = count;
  for (const clause of clauses) {
    const words = wordsOf(clause);
    if (toSkip < words.length) left.push(toSkip === 0 ? clause : words.slice(toSkip).join(' '));
    toSkip = Math.max(0, toSkip - words.length);
  }
  return left;
}

/**
 * What `text` says beyond `known`, where it begins with it or with its end, and what of `known` it has
 * not said yet; all of `text` where it is something else.
 */
export function beyond(known: string, text: string): { rest: string; left: string } {
  const [before, words] = [wordsOf(known), wordsOf(text)];
  const [expected, said] = [before.map(plainWords), words.map(plainWords)];
  for (let start = 0; start < expected.length; start += 1) {
    const overlap = Math.min(expected.length - start, said.length);
    const isSame = said.slice(0, overlap).every((word, i) => word === expected[start + i]);
    if (overlap > 0 && isSame) {
      return {
        rest: words.slice(overlap).join(' '),
        left: before.slice(start + overlap).join(' '),
      };
    }
  }
  return { rest: text, left: '' };
}

/** Phrases as they are compared, the longest first. */
export function plainPhrases(phrases: readonly string[]): string[] {
  const plain = phrases.map(plainWords).filter((phrase) => phrase !== '');
  return plain.sort((a, b) => b.length - a.length);
}

/** Whether `text` is made of nothing but these plain phrases. */
export function isOnly(text: string, phrases: readonly string[]): boolean {
  let left = plainWords(text);
  while (left !== '') {
    const found = phrases.find((phrase) => left === phrase || left.startsWith(`${phrase} `));
    if (found === undefined) return false;
    left = left.slice(found.length).trimStart();
  }
  return true;
}

/** Whether one of the plain phrases is said anywhere in `text`. */
export function holdsAny(text: string, phrases: readonly string[]): boolean {
  const said = ` ${plainWords(text)} `;
  return phrases.some((phrase) => said.includes(` ${phrase} `));
}
