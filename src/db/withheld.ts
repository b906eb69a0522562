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

const NOTHING = /^\+?0*$/;
/** Too short to ring anywhere, such as `+464`. */
const TOO_SHORT = /^\+?\d{1,4}$/;

/** A client of Twilio's without a name is `client:anonymous`; over SIP, RFC 3323 has `anonymous.invalid`. */
const ADDRESS = /^(?:(?:sips?|client):)?([^@;]*)(@[^;]*)?/;

export function withheld(number: string): boolean {
  const plain = number.trim().toLowerCase();
  const [, user = '', host = ''] = ADDRESS.exec(plain) ?? [];
  const isNobody = WORDS.includes(user) || SPELT.has(user) || NOTHING.test(user);
  // A short number is somebody's where the address says in which house: an extension.
  return isNobody || TOO_SHORT.test(plain) || host.endsWith('.invalid');
}
