/** Spoken numbers become figures: "twenty-first" → "21st", "seven oh five" → "7 05". */

const ONES: Record<string, number> = {
  zero: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
};
const TEENS: Record<string, number> = {
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
};
const TENS: Record<string, number> = {
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
};
const ORDINALS: Record<string, number> = {
  first: 1,
  second: 2,
  third: 3,
  fourth: 4,
  fifth: 5,
  sixth: 6,
  seventh: 7,
  eighth: 8,
  ninth: 9,
  tenth: 10,
  eleventh: 11,
  twelfth: 12,
  thirteenth: 13,
  fourteenth: 14,
  fifteenth: 15,
  sixteenth: 16,
  seventeenth: 17,
  eighteenth: 18,
  nineteenth: 19,
  twentieth: 20,
  thirtieth: 30,
};

/** "that one", "no one": a pronoun, not a number. */
const PRONOUN_BEFORE = /^(?:that|this|the|which|no|any|each|every|another|good|right|wrong|last)$/;
/** "one moment", "a second": time to think, not a number. */
const MOMENT_AFTER = /^(?:moment|second|sec|minute)$/;

/**
 * Lower case, one space between words, figures for number words, no punctuation but what figures,
 * apostrophes and clock times need. Sentence marks become "," so that words do not run together.
 */
export function normalise(text: string): string {
  const words = text
    .slice(0, 2_000)
    .toLowerCase()
    .replace(/[’‘ʼ`]/g, "'")
    .replace(/\b([ap])\.\s?m\b\.?/g, '$1m')
    .replace(/\b([a-z]{3,6})ish\b/g, (whole, word: string) =>
      word in ONES || word in TEENS ? `${word} ish` : whole,
    )
    .replace(/\b(\d{4})-(\d\d?)-(\d\d?)\b/g, '$1/$2/$3')
    .replace(/\bo'?\s?clock\b/g, 'oclock')
    .replace(/(\d)\.(\d\d)(?!\d)/g, '$1:$2')
    .replace(/(\d),(\d{3})\b/g, '$1$2')
    .replace(/[^\p{L}\p{M}\p{N}':/#*]+/gu, (between) => (/[,.;!?…]/.test(between) ? ' , ' : ' '))
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  return toFigures(words)
    .join(' ')
    .replace(/^(?:, ?)+|(?: ?,)+$/g, '')
    .trim();
}

function toFigures(words: string[]): string[] {
  const out: string[] = [];
  for (let at = 0; at < words.length;) {
    const { figure, length } = readNumber(words, at);
    out.push(figure);
    at += length;
  }
  return out;
}

function readNumber(words: string[], at: number): { figure: string; length: number } {
  const word = words[at] ?? '';
  const next = words[at + 1] ?? '';
  const small = ONES[word] ?? TEENS[word];
  if (small !== undefined) {
    if (next === 'hundred' && small > 0 && small < 100)
      return readHundreds(words, at, small * 100, 2);
    if (isPronoun(words, at) || (small === 1 && MOMENT_AFTER.test(next))) {
      return { figure: word, length: 1 };
    }
    return { figure: String(small), length: 1 };
  }
  const tens = TENS[word];
  if (tens !== undefined) {
    const one = ONES[next];
    if (one !== undefined && one > 0) return { figure: String(tens + one), length: 2 };
    const ordinal = ORDINALS[next];
    if (ordinal !== undefined && ordinal < 10) return { figure: nth(tens + ordinal), length: 2 };
    return { figure: String(tens), length: 1 };
  }
  if (word === 'a' && next === 'hundred') return readHundreds(words, at, 100, 2);
  if ((word === 'oh' || word === 'o') && isMinuteOne(words, at)) {
    return { figure: `0${ONES[next] ?? next}`, length: 2 };
  }
  const ordinal = ORDINALS[word];
  if (ordinal !== undefined && !isMomentSecond(words, at))
    return { figure: nth(ordinal), length: 1 };
  return { figure: word, length: 1 };
}

/** "two hundred and five" and the like; what follows is read as a number of its own below 100. */
function readHundreds(
  words: string[],
  at: number,
  hundreds: number,
  length: number,
): { figure: string; length: number } {
  const and = words[at + length] === 'and' ? 1 : 0;
  const rest = readNumber(words, at + length + and);
  const value = /^\d{1,2}$/.test(rest.figure) ? Number(rest.figure) : undefined;
  if (value === undefined) return { figure: String(hundreds), length };
  return { figure: String(hundreds + value), length: length + and + rest.length };
}

function isPronoun(words: string[], at: number): boolean {
  return words[at] === 'one' && PRONOUN_BEFORE.test(words[at - 1] ?? '');
}

/** "seven oh five": only behind a number and before a one. */
function isMinuteOne(words: string[], at: number): boolean {
  const before = words[at - 1] ?? '';
  const next = words[at + 1] ?? '';
  const hour = before in ONES || before in TEENS || /^\d{1,2}$/.test(before);
  return hour && (next in ONES || /^\d$/.test(next));
}

/** "just a second" is no date; "the second of May" and "May second" are. */
function isMomentSecond(words: string[], at: number): boolean {
  return words[at] === 'second' && /^(?:a|one|1|per|wait|just|sec)?$/.test(words[at - 1] ?? '');
}

/** 1 → "1st". */
export function nth(value: number): string {
  const teen = value % 100 >= 11 && value % 100 <= 13;
  const ending = teen ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return `${value}${ending}`;
}
