const MAX_BYTES = 1024;
/** No more of an answer is looked at: so many may come at once that their whole texts fill the memory. */
export const KEPT_BYTES = 4 * MAX_BYTES;

/**
 * The start of a stranger's answer, to be shown to those whose endpoint it is: plain text of at most 1 KB
 * in UTF-8, without characters that steer terminals.
 */
export function answerStart(body: string): string {
  const start = Buffer.from(body.slice(0, MAX_BYTES)).subarray(0, MAX_BYTES).toString();
  return start.replace(/\ufffd+$/, '').replace(/[^\P{Cc}\n\t]/gu, '');
}
