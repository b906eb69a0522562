/** How names are written: capitals, and letters that the caller names. */
import { PARTICLES, TITLES } from './name-words.ts';

/** `index` is the word's place in the name: particles keep their small letter inside of it. */
export function inCapitals(word: string, index: number): string {
  const title = TITLES[word.toLowerCase()];
  if (title !== undefined && index === 0) return title;
  if (index > 0 && PARTICLES.has(word)) return word;
  const shouted = word.length > 3 && word === word.toUpperCase();
  if (!shouted && /\p{Lu}/u.test(word)) return word;
  return word
    .toLowerCase()
    .replace(
      /(^|[-'])(\p{L})/gu,
      (_all, before: string, letter: string) => before + letter.toUpperCase(),
    )
    .replace(/^Mc(\p{L})/u, (_all, letter: string) => `Mc${letter.toUpperCase()}`)
    .replace(/'S$/u, "'s");
}

/** What a letter replaces: "Smith, with a y" is Smyth. */
const SWAPS: Record<string, string> = {
  y: 'i',
  i: 'y',
  k: 'c',
  c: 'k',
  z: 's',
  s: 'z',
  f: 'ph',
  ph: 'f',
  v: 'f',
};

/** "with a y", "without an h", "with an e": applied to the last word. */
export function respelled(name: string, text: string): string {
  const match = /\bwith(out)? an? ['"]?([a-z]{1,2})['"]?\b/i.exec(text);
  const letter = match?.[2]?.toLowerCase();
  if (letter === undefined || (letter.length > 1 && letter !== 'ph')) return name;
  const at = name.lastIndexOf(' ') + 1;
  const last = name.slice(at);
  return name.slice(0, at) + respelledWord(last, letter, match?.[1] !== undefined);
}

function respelledWord(word: string, letter: string, without: boolean): string {
  const lower = word.toLowerCase();
  if (without) return lower.includes(letter) ? inCapitals(lower.replace(letter, ''), 0) : word;
  if (lower.includes(letter)) return word;
  const swapped = SWAPS[letter];
  if (swapped !== undefined && lower.includes(swapped))
    return inCapitals(lower.replace(swapped, letter), 0);
  return letter === 'e' ? `${word}e` : word;
}
