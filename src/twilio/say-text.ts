/** Makes any text fit to be said in TwiML. */

/** What `<Say>` takes at most. */
export const MAX_SAY_CHARS = 4_096;

/**
 * Not allowed in XML 1.0 (control characters, U+FFFE, U+FFFF, lone surrogates), or allowed and
 * never meant to be said (the C1 controls).
 */
const UNFIT = /[\p{Cs}\ufffe\uffff]|(?![\t\n\r\u0085])\p{Cc}/gu;

/** Characters that XML 1.0 allows, with every run of white space as one space, trimmed. */
export function cleanText(text: string): string {
  return text
    .replace(UNFIT, '')
    .replace(/[\s\u0085]+/g, ' ')
    .trim();
}

/**
 * Cuts a cleaned text into parts of at most `maxChars` UTF-16 units: behind a sentence where there
 * is one, else between words, else anywhere but within a character.
 */
export function cutText(text: string, maxChars: number = MAX_SAY_CHARS): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > 0) {
    const part = headOf(rest, maxChars);
    rest = rest.slice(part.length).trimStart();
    parts.push(part.trimEnd());
  }
  return parts.filter((part) => part !== '');
}

/**
 * The start of a text, at most `maxChars` long, ending as described at {@link cutText}. An end in
 * the first half is passed over, so that little is lost where the rest is not used.
 */
export function headOf(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const window = text.slice(0, maxChars);
  const sentence = lastSentenceEnd(window, text.charAt(maxChars));
  if (sentence > maxChars / 2) return text.slice(0, sentence);
  const space = text.charAt(maxChars) === ' ' ? maxChars : window.lastIndexOf(' ');
  if (space > maxChars / 2) return text.slice(0, space);
  const splitsPair = /[\ud800-\udbff]$/.test(window) && maxChars > 1;
  return splitsPair ? window.slice(0, -1) : window;
}

/** The index behind the last sentence of a window; `after` is the character behind the window. */
function lastSentenceEnd(window: string, after: string): number {
  for (let index = window.length - 1; index >= 0; index--) {
    const character = window.charAt(index);
    if ('。！？'.includes(character)) return index + 1;
    const next = index + 1 < window.length ? window.charAt(index + 1) : after;
    if ('.!?…'.includes(character) && next === ' ') return index + 1;
  }
  return 0;
}
