/**
 * What callers on streams say, and what they are answered: known to both sides, so that each word can be
 * looked for. Names and dishes are words of their own, without digits, behind which more is waited for.
 */

const SYLLABLES = ['ba', 'do', 'fe', 'gu', 'ki', 'la', 'mo', 'ne', 'pu', 'ri', 'sa', 'to', 've'];

/** A word that no other number has. */
function wordOf(number: number): string {
  let word = '';
  for (let rest = number; word === '' || rest > 0; rest = Math.floor(rest / SYLLABLES.length)) {
    word += SYLLABLES[rest % SYLLABLES.length] ?? '';
  }
  return `${word}n`;
}

/** The `nth` sentence of a caller, said by nobody else. */
export function sentenceOf(caller: number, nth: number): string {
  return `Guest ${wordOf(caller)} here, I would like dish ${wordOf(nth)} with the usual salad, please.`;
}

/** Whether a caller on a stream has said this; others say other things. */
export function isSentence(words: string): boolean {
  return /^Guest \w+ here, I would like dish \w+ with the usual salad, please\.$/.test(
    words.trim(),
  );
}

const END = 'and somebody brings it to your table in a little while.';

/** Long enough to be cut in its middle. */
export function answerTo(words: string): string {
  return `You said: ${words.trim()} That can be done, the kitchen knows of it, ${END}`;
}

/** The answer to these words to its end, behind anything. */
export function patternOfAnswer(words: string): RegExp {
  return new RegExp(escaped(answerTo(words)));
}

/** The last words of a text, or of another one. */
export function endOf(...texts: readonly string[]): RegExp {
  const ends = texts.map((text) => escaped(text.split(' ').slice(-3).join(' ')));
  return new RegExp(ends.join('|'));
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
