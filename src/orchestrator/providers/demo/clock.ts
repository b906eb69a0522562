/** Spoken times of day, in normalised text (numbers.ts): "half past 7", "10 30", "at 4 pm", "noon". */
import type { DayPart } from './calendar.ts';
import { blank, findAll, type Found } from './match.ts';

/** A time as it was said. "Seven" alone may be either half of the day. */
export interface SpokenTime {
  /** Since midnight; below 720 when the half of the day was not said. */
  minutes: number;
  exact: boolean;
}

const HOUR = '(\\d{1,2})';
const HALF_DAY =
  '(?: ?(am|pm|a m|p m)\\b|(?: oclock| hours)?(?: (?:in|at) (?:the )?(?:early |late )?)(morning|afternoon|evening|night)\\b| oclock\\b)?';

/**
 * Every time in the sentence. `expected`: the caller was asked for a time, so a bare number is one.
 */
export function findTimes(text: string, expected: boolean): Found<SpokenTime>[] {
  const found: Found<SpokenTime>[] = [];
  let rest = text;
  for (const { expression, read } of READERS) {
    const here = findAll(rest, expression, read);
    found.push(...here);
    rest = blank(rest, here);
  }
  if (expected && found.length === 0) found.push(...findAll(rest, BARE.expression, BARE.read));
  return found.sort((a, b) => a.start - b.start);
}

interface Reader {
  expression: RegExp;
  read: (match: RegExpExecArray) => SpokenTime | undefined;
}

const MINUTES = '(quarter|5|10|15|20|25|\\d{1,2} minutes?)';

const READERS: Reader[] = [
  {
    expression: /\b(?:12 )?(noon|midday|midnight)\b/g,
    read: ([, word]) => ({ minutes: word === 'midnight' ? 0 : 720, exact: true }),
  },
  {
    expression: new RegExp(`\\bhalf (?:past |after )?${HOUR}\\b${HALF_DAY}`, 'g'),
    read: ([, hour, ...half]) => time(Number(hour), 30, half),
  },
  {
    expression: new RegExp(`\\b(?:a )?${MINUTES} (?:past|after) ${HOUR}\\b${HALF_DAY}`, 'g'),
    read: ([, minutes, hour, ...half]) => time(Number(hour), count(minutes), half),
  },
  {
    expression: new RegExp(
      `\\b(?:a )?${MINUTES} (?:to|till|til|before) ${HOUR}\\b(?! people| persons| guests)${HALF_DAY}`,
      'g',
    ),
    read: ([, minutes, hour, ...half]) => time(Number(hour), -count(minutes), half),
  },
  {
    expression: new RegExp(`\\b${HOUR}(?::| )(\\d\\d)\\b(?! ?[/:]| of | people)${HALF_DAY}`, 'g'),
    read: ([, hour, minute, ...half]) => time(Number(hour), Number(minute), half),
  },
  {
    expression: /\b(\d{2})(\d{2}) hours\b/g,
    read: ([, hour, minute]) => time(Number(hour), Number(minute), []),
  },
  {
    // The half of the day is what makes a time of this number.
    expression: new RegExp(`\\b${HOUR}(?=${HALF_DAY.replace(/\?$/, '')})${HALF_DAY}`, 'g'),
    read: ([, hour, , , ...half]) => time(Number(hour), 0, half),
  },
  {
    expression:
      /\b(?:at|around|about|by|towards?|before|after|from|until|till|past|to be at) (?:about |around |exactly |say |maybe )?(\d{1,2})(?:ish)?\b(?! ?(?:people|persons?|guests|of us|adults|kids|children|friends|or \d|and|[:/]))/g,
    read: ([, hour]) => time(Number(hour), 0, []),
  },
  {
    expression:
      /(?<!\b(?:for|of) )\b(\d{1,2})(?= (?:this|tomorrow|\w+day) (?:morning|afternoon|evening|night)\b| tonight\b)/g,
    read: ([, hour]) => time(Number(hour), 0, []),
  },
  {
    expression: /\b(?:say )?(\d{1,2}) ?ish\b/g,
    read: ([, hour]) => time(Number(hour), 0, []),
  },
];

/** A number alone, "730" and "1930": only when a time was asked for. */
const BARE: Reader = {
  expression:
    /\b(\d{1,2})(\d{2})?\b(?! ?(?:people|persons?|guests|of us|adults|kids|children|days?|weeks?))/g,
  read: ([, hour, minute]) => time(Number(hour), Number(minute ?? 0), []),
};

/** The time of keys: "7", "19", "730", "1930". */
export function timeOfKeys(digits: string): SpokenTime | undefined {
  const match = /^(\d{1,2})(\d{2})?$/.exec(digits);
  return match ? time(Number(match[1]), Number(match[2] ?? 0), []) : undefined;
}

function count(minutes: string | undefined): number {
  return minutes === 'quarter' ? 15 : parseInt(minutes ?? '0', 10);
}

function time(
  hour: number,
  minute: number,
  half: readonly (string | undefined)[],
): SpokenTime | undefined {
  if (hour > 24 || minute > 59 || minute < -59) return undefined;
  const word = half.find((each) => each !== undefined)?.replace(' ', '');
  const total = (hour % 24) * 60 + minute;
  if (word === undefined) {
    const exact = hour > 12 || hour === 0 || hour === 24;
    // "a quarter to one" without more is 12:45, in either half of the day.
    return { minutes: exact ? (total + 1440) % 1440 : (total + 720) % 720, exact };
  }
  if (hour > 12) return { minutes: (total + 1440) % 1440, exact: true };
  const inHalf = (total + 720) % 720;
  return { minutes: inHalf + (isLater(word, inHalf) ? 720 : 0), exact: true };
}

/** "Twelve at night" is midnight, "one in the night" too is early; "twelve in the morning" is rare. */
function isLater(word: string, inHalf: number): boolean {
  if (word === 'am') return false;
  if (word === 'morning') return false;
  if (word === 'night') return inHalf >= 5 * 60;
  return true;
}

const PARTS: { expression: RegExp; part: DayPart }[] = [
  { expression: /\b(?:evening|tonight|night|dinner|supper|late|pm)\b/, part: 'evening' },
  { expression: /\b(?:afternoon|after lunch|lunch|lunchtime|tea time)\b/, part: 'afternoon' },
  { expression: /\b(?:morning|breakfast|brunch|before noon|early|am)\b/, part: 'morning' },
];

/** The part of the day that a sentence names beside its times. */
export function findPart(text: string): DayPart | undefined {
  const greetingless = text.replace(/\bgood (?:morning|afternoon|evening|night)\b/g, '');
  const hits = PARTS.flatMap(({ expression, part }) =>
    findAll(greetingless, new RegExp(expression, 'g'), () => part),
  ).filter(({ negated }) => !negated);
  return hits.sort((a, b) => a.start - b.start).at(-1)?.value;
}
