/** From how much of the audio was heard to how much of the text was. Pure. */

const WORDS = new Intl.Segmenter(undefined, { granularity: 'word' });
const ENDS_WITHOUT_SPACE = /[\s。！？，、；：]$/u;

/** The words that were heard to their end, when this part of the audio was. */
export function heardPart(text: string, fraction: number): string {
  if (fraction >= 1) return text;
  const limit = text.length * fraction;
  let end = 0;
  for (const border of wordEnds(text)) {
    if (border > limit) break;
    end = border;
  }
  return text.slice(0, end);
}

export function joinClauses(clauses: readonly string[]): string {
  let joined = '';
  for (const clause of clauses) {
    const isGap = joined !== '' && clause !== '' && !ENDS_WITHOUT_SPACE.test(joined);
    joined += isGap ? ` ${clause}` : clause;
  }
  return joined;
}

/** Before a space, and between words that are written without one; `10:30` and `it's` are not cut. */
function* wordEnds(text: string): Generator<number> {
  let wasWord = false;
  for (const { segment, index, isWordLike } of WORDS.segment(text)) {
    const isSpace = segment.trim() === '';
    if (index > 0 && (isSpace || (wasWord && isWordLike === true))) yield index;
    wasWord = isWordLike === true;
  }
}
