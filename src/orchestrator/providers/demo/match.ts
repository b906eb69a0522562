/** How a thing found in a sentence is kept, so that several readers can share one sentence. */

export interface Found<T> {
  value: T;
  /** Place in the normalised sentence. */
  start: number;
  end: number;
  /** "not Monday": named to be ruled out. */
  negated: boolean;
}

const NEGATION =
  /\b(?:not|instead of|rather than|isn't|wasn't|don't want|don't mean|can't (?:do|make|come)|cannot (?:do|make|come))(?: (?:on|at|for|the|to|it|in|of|a))*\s*$/;
const NEGATION_BEHIND =
  /^ (?:doesn't|does not|won't|will not|isn't|is not) (?:work|suit|good|possible|right|ok|okay)/;

/** Whether what stands from `start` to `end` is ruled out by the words around it. */
export function isNegated(text: string, start: number, end: number): boolean {
  return NEGATION.test(text.slice(0, start)) || NEGATION_BEHIND.test(text.slice(end));
}

/** Blanks out what was read, so that the next reader does not read it again. Keeps all places. */
export function blank(text: string, found: readonly { start: number; end: number }[]): string {
  let out = text;
  for (const { start, end } of found) {
    out = out.slice(0, start) + '|'.repeat(end - start) + out.slice(end);
  }
  return out;
}

/** All matches of a global expression, in order, each turned into a value or passed over. */
export function findAll<T>(
  text: string,
  expression: RegExp,
  read: (match: RegExpExecArray) => T | undefined,
): Found<T>[] {
  const found: Found<T>[] = [];
  for (const match of text.matchAll(expression)) {
    const value = read(match);
    if (value === undefined) continue;
    const start = match.index;
    const end = start + match[0].length;
    found.push({ value, start, end, negated: isNegated(text, start, end) });
  }
  return found;
}

/** The last one that is wanted: people correct themselves forwards. */
export function lastWanted<T>(found: readonly Found<T>[]): Found<T> | undefined {
  return found
    .filter(({ negated }) => !negated)
    .reduce<Found<T> | undefined>((a, b) => (a && a.start > b.start ? a : b), undefined);
}
