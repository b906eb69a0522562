/** Which words of one text are which of another, in order. Pure. */

/** A word of what ought to be found, and how much it would be missed. */
export interface Expected {
  word: string;
  /** 0: it is missed by nobody; more: rather this one than one of less. */
  weight: number;
}

/**
 * Pairs equal words without changing their order, so that the words that are paired weigh the most; of
 * several such ways the one that pairs the most words.
 * @returns for each word of `kept` the place of its pair in `expected`; -1: it has none
 */
export function align(expected: readonly Expected[], kept: readonly string[]): number[] {
  const [rows, columns] = [kept.length, expected.length];
  const best = Array.from({ length: rows + 1 }, () => new Float64Array(columns + 1));
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const skipped = Math.max(valueOf(best, row + 1, column), valueOf(best, row, column + 1));
      const paired = gainOf(expected[column], kept[row]);
      const both = paired === 0 ? 0 : paired + valueOf(best, row + 1, column + 1);
      (best[row] as Float64Array)[column] = Math.max(skipped, both);
    }
  }
  const pairs = new Array<number>(rows).fill(-1);
  for (let row = 0, column = 0; row < rows && column < columns;) {
    const value = valueOf(best, row, column);
    const paired = gainOf(expected[column], kept[row]);
    if (value === valueOf(best, row, column + 1)) column += 1;
    else if (paired > 0 && value === paired + valueOf(best, row + 1, column + 1)) {
      pairs[row] = column;
      row += 1;
      column += 1;
    } else row += 1;
  }
  return pairs;
}

/** Each pair counts beside its weight. */
const PAIR = 1;
const WEIGHT = 16;

function gainOf(expected: Expected | undefined, word: string | undefined): number {
  if (!expected || expected.word !== word) return 0;
  return PAIR + expected.weight * WEIGHT;
}

function valueOf(best: readonly Float64Array[], row: number, column: number): number {
  return best[row]?.[column] ?? 0;
}

/** Letters and digits alone, in small letters. */
export function bareWords(text: string): string[] {
  return (
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}
