/**
 * Whether a caller has withheld the number. Twilio gives a word then, or the digits that spell one on
 * the keys of a telephone: such a "number" is that of many people.
 */
const WORDS = ['anonymous', 'restricted', 'blocked', 'unknown', 'unavailable', 'private'];

const KEYS = ['abc', 'def', 'ghi', 'jkl', 'mno', 'pqrs', 'tuv', 'wxyz'];

const digitsOf = (word: string): string =>
  Array.from(word, (letter) => KEYS.findIndex((key) => key.includes(letter)) + 2).join('');

/** With and without the `+` of a number. */
const SPELT = new Set(WORDS.flatMap((word) => [digitsOf(word), `+${digitsOf(word)}`]));

/** Nothing, nothing but zeros, or too short to ring anywhere, such as `+464`. */
const NOBODY = /^\+?(0*|\d{1,4})$/;

export function withheld(number: string): boolean {
  const plain = number.trim().toLowerCase();
  return WORDS.includes(plain) || SPELT.has(plain) || NOBODY.test(plain);
}
