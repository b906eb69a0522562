import type { Caption } from './captions.ts';

/** A pause is as long as so many characters. */
const BETWEEN_WORDS = 1;
const AFTER_COMMA = 3;
const AFTER_SENTENCE = 6;

/** The words of a text, spread over its audio as a voice would: in proportion to their length. */
export function spokenCaptions(text: string, samples: number): Caption[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const lengths = words.map(lengthOf);
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  let before = 0;
  return words.map((word, index) => {
    const atSample = Math.floor((samples * before) / whole);
    before += lengths[index] ?? 0;
    return { word, atSample };
  });
}

function lengthOf(word: string): number {
  const pause = /[.!?…]\W*$/.test(word)
    ? AFTER_SENTENCE
    : /[,;:]\W*$/.test(word)
      ? AFTER_COMMA
      : BETWEEN_WORDS;
  return word.length + pause;
}
