/** Words as they are compared: without case, punctuation and spacing. */

export function plainWords(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s]/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Whether these words are one of the phrases and nothing else. */
export function isPhrase(text: string, phrases: readonly string[]): boolean {
  const said = plainWords(text);
  return said !== '' && phrases.some((phrase) => plainWords(phrase) === said);
}
