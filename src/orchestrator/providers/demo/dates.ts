/** Spoken days, in normalised text (numbers.ts). chrono-node reads what it reads well; the rest is ours. */
import { casual, type ParsedResult } from 'chrono-node/en';
import { addDays, dayOf, weekdayOf, type Day } from './calendar.ts';
import {
  dated,
  daysFrom,
  MONTHS,
  nextWeekday,
  ordinalDay,
  upcoming,
  WEEKDAYS,
  type SpokenDay,
} from './upcoming.ts';
import { blank, findAll, isNegated, type Found } from './match.ts';

export type { SpokenDay } from './upcoming.ts';

const MONTH = `(${MONTHS.join('|')})`;
const WEEKDAY = `(${WEEKDAYS.join('|')})`;
const NTH = '(\\d{1,2})(?:st|nd|rd|th)';

/** Feasts that people name instead of a date: month and day. */
const FEASTS: Record<string, readonly [number, number]> = {
  'christmas eve': [12, 24],
  'christmas day': [12, 25],
  christmas: [12, 25],
  'boxing day': [12, 26],
  "new year's eve": [12, 31],
  "new year's day": [1, 1],
  "valentine's day": [2, 14],
  halloween: [10, 31],
};

interface Reader {
  expression: RegExp;
  read: (match: RegExpExecArray, today: Day) => SpokenDay | undefined;
}

const READERS: Reader[] = [
  {
    expression: /\b(?:the )?day after (?:tomorrow|next)\b/g,
    read: (_match, today) => ({ kind: 'day', day: addDays(today, 2) }),
  },
  {
    expression: /\b(?:the )?day before yesterday\b/g,
    read: (_match, today) => ({ kind: 'day', day: addDays(today, -2) }),
  },
  {
    expression: new RegExp(`\\b(${Object.keys(FEASTS).join('|')})\\b`, 'g'),
    read: ([, name = ''], today) => {
      const [month, day] = FEASTS[name] ?? [1, 1];
      return upcoming(today, month, day);
    },
  },
  {
    expression: new RegExp(`\\b${NTH}(?: day)?(?: of)? ${MONTH}(?: (\\d{4}))?\\b`, 'g'),
    read: ([, day, month, year], today) => dated(today, month, day, year),
  },
  {
    expression: new RegExp(`\\b(\\d{1,2})(?: of)? ${MONTH}(?: (\\d{4}))?\\b`, 'g'),
    read: ([, day, month, year], today) => dated(today, month, day, year),
  },
  {
    expression: new RegExp(
      `\\b${MONTH} (?:the )?(\\d{1,2})(?:st|nd|rd|th)?\\b(?:,? (\\d{4})\\b)?(?!:)`,
      'g',
    ),
    read: ([, month, day, year], today) => dated(today, month, day, year),
  },
  {
    expression: new RegExp(`\\b(?:last|past|previous) ${WEEKDAY}\\b`, 'g'),
    read: ([, name], today) => ({ kind: 'day', day: addDays(nextWeekday(today, name), -7) }),
  },
  {
    expression:
      /\b(?:(a|\d{1,2}) (days?|weeks?|fortnight)|(tomorrow) week) ?(?:from (today|now|tomorrow))?\b/g,
    read: (match, today) => daysFrom(match, today),
  },
  {
    expression: new RegExp(`\\b${WEEKDAY} after next\\b`, 'g'),
    read: ([, name], today) => ({ kind: 'day', day: addDays(nextWeekday(today, name), 7) }),
  },
  {
    expression: new RegExp(`\\b(?:a|1) week (?:from|on|after) (?:next |this )?${WEEKDAY}\\b`, 'g'),
    read: ([, name], today) => ({ kind: 'day', day: addDays(nextWeekday(today, name), 7) }),
  },
  {
    expression: new RegExp(`\\b${WEEKDAY} week\\b`, 'g'),
    read: ([, name], today) => ({ kind: 'day', day: addDays(nextWeekday(today, name), 7) }),
  },
  {
    expression: new RegExp(`\\b${WEEKDAY},? (?:the )?${NTH}\\b`, 'g'),
    read: ([, name, nth], today) => ordinalDay(today, Number(nth), WEEKDAYS.indexOf(name ?? '')),
  },
  {
    expression: new RegExp(`\\bthe ${NTH}\\b`, 'g'),
    read: ([, nth], today) => ordinalDay(today, Number(nth)),
  },
  {
    expression: new RegExp(
      `\\b(?:this|on|this coming|coming)? ?${WEEKDAY}\\b(?= next week)? ?(next week)?`,
      'g',
    ),
    read: (match, today) => weekdayNamed(match, today),
  },
  {
    expression: /\b(?:this|on the|at the|the)? ?(next )?weekend\b/g,
    read: ([, next], today) => ({
      kind: 'day',
      day: addDays(nextWeekday(addDays(today, -1), 'saturday'), next ? 7 : 0),
    }),
  },
  {
    expression: new RegExp(
      `\\b(?:next|this|the following) (?:week|month|year)\\b|\\b(?:in|of|next) ${MONTH}\\b|^${MONTH}$`,
      'g',
    ),
    read: () => ({ kind: 'vague' }),
  },
];

/** Days that need no engine. They are read before times are, or "December 5 at 7" would be 5:07. */
export function findNamedDays(text: string, today: Day): Found<SpokenDay>[] {
  const found: Found<SpokenDay>[] = [];
  let rest = text;
  for (const { expression, read } of READERS) {
    const here = findAll(rest, expression, (match) => read(match, today));
    found.push(...here);
    rest = blank(rest, here);
  }
  return found;
}

/** "5" and "the 5th", when a day was asked for. */
export function findBareDay(text: string, today: Day): Found<SpokenDay>[] {
  const bare = /^(?:on |it's |maybe |the )*(\d{1,2})(?:st|nd|rd|th)?(?: please)?$/g;
  return findAll(text, bare, ([, nth]) => ordinalDay(today, Number(nth)));
}

/** A bare weekday; "next Friday" is left to chrono. */
function weekdayNamed(match: RegExpExecArray, today: Day): SpokenDay | undefined {
  const before = match.input.slice(0, match.index).trimEnd();
  if (/\bnext$/.test(before)) return undefined;
  const [, name, nextWeek] = match;
  if (nextWeek === undefined) return { kind: 'day', day: nextWeekday(today, name) };
  const monday = addDays(today, 7 - ((weekdayOf(today) + 6) % 7));
  return { kind: 'day', day: addDays(monday, (WEEKDAYS.indexOf(name ?? '') + 6) % 7) };
}

/** What chrono may answer for: it also takes "sat", "may" and "second" for dates. */
const TRUSTED =
  /\b(?:today|tonight|tomorrow|this (?:morning|afternoon|evening)|yesterday|(?:a|\d+) (?:days?|weeks?|months?)|end of the month|\w+day|fortnight)\b|\d[/-]\d|\d{4}-\d/;

/** What is left for chrono ("in two weeks", "next Friday", "12/5"), in a text without its times. */
export function findDaysByChrono(text: string, today: Day): Found<SpokenDay>[] {
  const [year = 1970, month = 1, day = 1] = today.split('-').map(Number);
  const reference = { instant: new Date(Date.UTC(year, month - 1, day, 12)), timezone: 0 };
  return casual
    .parse(text, reference, { forwardDate: true })
    .filter(({ text: words }) => TRUSTED.test(words))
    .flatMap((result) => {
      const value = valueOf(result);
      if (value === undefined) return [];
      const start = result.index;
      const end = start + result.text.length;
      return [{ value, start, end, negated: isNegated(text, start, end) }];
    });
}

function valueOf({ start }: ParsedResult): SpokenDay | undefined {
  const [year, month, day] = [start.get('year'), start.get('month'), start.get('day')];
  if (year === null || month === null || day === null) return undefined;
  const exact = dayOf(year, month, day);
  return exact === undefined ? { kind: 'no-such-day' } : { kind: 'day', day: exact };
}
