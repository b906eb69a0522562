/** Spoken days, in normalised text (numbers.ts). chrono-node reads what it reads well; the rest is ours. */
import { casual, type ParsedResult } from 'chrono-node/en';
import { addDays, dayOf, weekdayOf, type Day } from './calendar.ts';
import { blank, findAll, isNegated, type Found } from './match.ts';

export type SpokenDay =
  | { kind: 'day'; day: Day }
  /** "30 February". */
  | { kind: 'no-such-day' }
  /** "next week", "in December": a hint, not a day. */
  | { kind: 'vague' };

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const MONTH = `(${MONTHS.join('|')})`;
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
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
      `\\b(?:next|this|the following) (?:week|month|year)\\b|\\b(?:in|of|next) ${MONTH}\\b`,
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

function dated(
  today: Day,
  month: string | undefined,
  day: string | undefined,
  year: string | undefined,
): SpokenDay {
  const index = MONTHS.indexOf(month ?? '') + 1;
  if (year === undefined) return upcoming(today, index, Number(day));
  const exact = dayOf(Number(year), index, Number(day));
  return exact ? { kind: 'day', day: exact } : { kind: 'no-such-day' };
}

/** The next such day, today included: "the fifth of March" said in November is next year's. */
function upcoming(today: Day, month: number, day: number): SpokenDay {
  const year = Number(today.slice(0, 4));
  for (const each of [year, year + 1]) {
    const exact = dayOf(each, month, day);
    if (exact !== undefined && exact >= today) return { kind: 'day', day: exact };
  }
  return { kind: 'no-such-day' };
}

/** "the 21st": this month's or the next one that has it (and falls on that weekday, when one was said). */
export function ordinalDay(today: Day, nth: number, weekday = -1): SpokenDay | undefined {
  if (nth < 1 || nth > 31) return undefined;
  const year = Number(today.slice(0, 4));
  const month = Number(today.slice(5, 7));
  let first: Day | undefined;
  for (let ahead = 0; ahead < 12; ahead += 1) {
    const at = month - 1 + ahead;
    const day = dayOf(year + Math.floor(at / 12), (at % 12) + 1, nth);
    if (day === undefined || day < today) continue;
    if (weekday === -1 || weekdayOf(day) === weekday) return { kind: 'day', day };
    first ??= day;
  }
  return first === undefined ? undefined : { kind: 'day', day: first };
}

/** "a week from today", "tomorrow week"; without a "from" it is left to chrono ("in 3 days"). */
function daysFrom([, count, unit, week, from]: RegExpExecArray, today: Day): SpokenDay | undefined {
  if (week !== undefined) return { kind: 'day', day: addDays(today, 8) };
  if (from === undefined && unit !== 'fortnight') return undefined;
  const each = unit?.startsWith('day') ? 1 : unit?.startsWith('week') ? 7 : 14;
  const ahead = (Number(count) || 1) * each + (from === 'tomorrow' ? 1 : 0);
  return { kind: 'day', day: addDays(today, ahead) };
}

/** The first such weekday after today: for today itself people say "today". */
function nextWeekday(today: Day, name: string | undefined): Day {
  const ahead = (WEEKDAYS.indexOf(name ?? '') - weekdayOf(today) + 7) % 7;
  return addDays(today, ahead === 0 ? 7 : ahead);
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

const SOON_MINUTES = 15;

/** "in two hours", "right now": minutes from now. */
export function findDelay(text: string): Found<number> | undefined {
  const found = findAll(
    text,
    /\bin (half an|an|a|\d{1,3}) (hours?|minutes?)\b|\b(right now|immediately|as soon as possible)\b/g,
    ([, count, unit]) => {
      if (count === undefined) return SOON_MINUTES;
      const number = count === 'half an' ? 0.5 : Number(count) || 1;
      return number * (unit?.startsWith('hour') ? 60 : 1);
    },
  );
  return found.find(({ negated }) => !negated);
}
