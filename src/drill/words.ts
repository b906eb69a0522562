/** Comparing what was said with what was kept: written apart from the product's own rules. */

/** What XML and databases cannot hold is gone, white space is one blank. */
export function plainWords(text: string): string {
  return text
    .replace(/\p{Cs}|[\ufffd\ufffe\uffff]/gu, '')
    .replace(/(?![\t\n\r\u0085])\p{Cc}/gu, '')
    .replace(/[\s\u0085]+/g, ' ')
    .trim();
}

/** Above this, what was said may be kept in part. */
const LONG = 5_000;

/** Whether `kept` is what was said; of a very long speech, whether it is its beginning. */
export function isSameSpeech(said: string, kept: string): boolean {
  const [whole, part] = [plainWords(said), plainWords(kept)];
  if (whole === part) return true;
  return whole.length > LONG && part.length >= LONG / 2 && whole.startsWith(part);
}

/** Twilio posts the finish key only when nothing else was pressed: it says nothing. */
export function plainKeys(digits: string): string {
  const keys = digits.replace(/[^0-9*#]/g, '');
  return keys === '#' ? '' : keys;
}
