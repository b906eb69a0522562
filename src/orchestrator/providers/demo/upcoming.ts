/** Which day is meant: a date without its year, a weekday, the next such day from today on. */
import { addDays, dayOf, weekdayOf, type Day } from './calendar.ts';

export type SpokenDay =
  | { kind: 'day'; day: Day }
  /** "30 February". */
  | { kind: 'no-such-day' }
  /** "next week", "in December": a hint, not a day. */
  | { kind: 'vague' };

export const MONTHS = [
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
export const WEEKDAYS = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
];
export function dated(
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
export function upcoming(today: Day, month: number, day: number): SpokenDay {
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
export function daysFrom(
  [, count, unit, week, from]: RegExpExecArray,
  today: Day,
): SpokenDay | undefined {
  if (week !== undefined) return { kind: 'day', day: addDays(today, 8) };
  if (from === undefined && unit !== 'fortnight') return undefined;
  const each = unit?.startsWith('day') ? 1 : unit?.startsWith('week') ? 7 : 14;
  const ahead = (Number(count) || 1) * each + (from === 'tomorrow' ? 1 : 0);
  return { kind: 'day', day: addDays(today, ahead) };
}

/** The first such weekday after today: for today itself people say "today". */
export function nextWeekday(today: Day, name: string | undefined): Day {
  const ahead = (WEEKDAYS.indexOf(name ?? '') - weekdayOf(today) + 7) % 7;
  return addDays(today, ahead === 0 ? 7 : ahead);
}
