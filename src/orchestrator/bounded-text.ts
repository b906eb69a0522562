/** Characters of a model's text that are looked at; a reply of the longest kind has half as many. */
export const MAX_READ_LENGTH = 20_000;

/**
 * What of a text is read at all: its beginning, ended at a whole character, with long runs of white
 * space, of empty lines and of dashes made short. All work that follows takes time in proportion to
 * the length; this keeps that length small, whatever a model writes.
 */
export function boundedText(text: string): string {
  const head = text.slice(0, MAX_READ_LENGTH);
  const whole = text.length > head.length ? head.replace(/[\uD800-\uDBFF]$/, '') : head;
  return shortRuns(whole);
}

/** Runs mean nothing to an ear: three of a kind say the same as a thousand. */
export function shortRuns(text: string): string {
  return text
    .replace(/[^\S\n]{3,}/g, '  ')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/-{4,}/g, '---');
}
