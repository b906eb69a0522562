/** Reads all details out of one sentence, before they meet what is known. */
import type { DayPart, LocalMoment } from './calendar.ts';
import { findPart, findTimes, timeOfKeys, type SpokenTime } from './clock.ts';
import { findBareDay, findDaysByChrono, findNamedDays, type SpokenDay } from './dates.ts';
import { findDelay, findShift } from './durations.ts';
import { blank, findAll, lastWanted, type Found } from './match.ts';
import { findLastName, findName } from './names.ts';
import { countsOfPeople, findParty, type SpokenParty } from './party.ts';
import type { Kind } from './slots.ts';

/** What one sentence says, before it meets what is known. */
export interface Details {
  kind?: Kind;
  day?: SpokenDay;
  /** A day or time that was only ruled out: "not Monday". */
  ruledOut: { day?: SpokenDay; time?: SpokenTime };
  part?: DayPart;
  time?: SpokenTime;
  /** "in two hours": minutes from now, instead of a day and a time. */
  delay?: number;
  /** "half an hour later": minutes from the time so far. */
  shift?: number;
  party?: SpokenParty;
  name?: string;
}

/** `text` is the normalised form of `sentence`; `asked` what the caller was asked for. */
export function readDetails(
  sentence: string,
  text: string,
  asked: string,
  now: LocalMoment,
): Details {
  const about = aboutOf(text) ?? asked;
  const named = findNamedDays(text, now.day);
  const delay = findDelay(text);
  const shift = findShift(text);
  const undated = blank(
    text,
    [...named, delay, shift].filter((each) => each !== undefined),
  );
  const times = findTimes(blank(undated, countsOfPeople(undated)), about === 'time');
  const untimed = blank(undated, times);
  const byChrono = findDaysByChrono(untimed, now.day);
  const days = [...named, ...byChrono];
  const rest = blank(untimed, byChrono);
  if (asked === 'day' && days.length === 0 && times.length === 0) {
    days.push(...findBareDay(text, now.day));
  }
  const kind = findKind(text);
  const party = findParty(rest, about === 'party');
  const bareSentence =
    days.length + times.length === 0 && party === undefined && kind === undefined;
  const name =
    findName(sentence, nameContext(asked, bareSentence)) ??
    (bareSentence ? undefined : findLastName(sentence));
  return {
    ...optional('kind', kind),
    ...optional('day', wantedDay(days)),
    ruledOut: { ...ruledOut('day', days), ...ruledOut('time', times) },
    ...optional('part', findPart(times.length > 0 ? text.replace(/\b[ap]m\b/g, ' ') : text)),
    ...optional('time', lastWanted(times)?.value),
    ...optional('delay', delay?.value),
    ...optional('shift', shift?.value),
    ...optional('party', party),
    ...optional('name', name),
  };
}

/** "Change the time to eight", "the number should be five": what a bare number is about. */
function aboutOf(text: string): 'time' | 'party' | undefined {
  if (/\btime\b/.test(text)) return 'time';
  return /\b(?:number|people|guests)\b/.test(text) ? 'party' : undefined;
}

function nameContext(asked: string, bareSentence: boolean): 'asked' | 'likely' | 'none' {
  if (asked === 'name') return 'asked';
  return ['confirm', 'change'].includes(asked) && bareSentence ? 'likely' : 'none';
}

/** A day beats a hint: "next week, on Thursday". */
function wantedDay(days: readonly Found<SpokenDay>[]): SpokenDay | undefined {
  const exact = days.filter(({ value }) => value.kind !== 'vague');
  return (lastWanted(exact) ?? lastWanted(days))?.value;
}

function ruledOut<K extends string, T>(key: K, found: readonly Found<T>[]): Partial<Record<K, T>> {
  const negated = found.filter((each) => each.negated);
  const value = negated.at(-1)?.value;
  return negated.length === found.length && value !== undefined
    ? ({ [key]: value } as Record<K, T>)
    : {};
}

function optional<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, T>);
}

function findKind(text: string): Kind | undefined {
  const table =
    /\b(?:table|reservation|dinner|supper|lunch|breakfast|brunch|restaurant|to eat|dine|dining|seats?)\b/g;
  const appointment =
    /\b(?:appointment|meeting|consultation|visit|viewing|doctor|dentist|haircut|(?:see|meet) (?:someone|somebody|the team|you))\b/g;
  return lastWanted<Kind>([
    ...findAll(text, table, (): Kind => 'table'),
    ...findAll(text, appointment, (): Kind => 'appointment'),
  ])?.value;
}

/** Whether a sentence held any detail at all, also one that is known already. */
export function hasDetails({ ruledOut: out, ...rest }: Details): boolean {
  return Object.keys(rest).length > 0 || Object.keys(out).length > 0;
}

/** Keys as the answer to a question; undefined when they make no sense there. */
export function detailsOfKeys(
  digits: string,
  asked: string,
  now: LocalMoment,
): Details | undefined {
  const number = /^\d{1,4}$/.test(digits) ? Number(digits) : undefined;
  if (number === undefined) return undefined;
  if (asked === 'kind' && (number === 1 || number === 2)) {
    return { ruledOut: {}, kind: number === 1 ? 'table' : 'appointment' };
  }
  if (asked === 'party' && digits.length <= 2) return { ruledOut: {}, party: { count: number } };
  if (asked === 'time') {
    const time = timeOfKeys(digits);
    return time && { ruledOut: {}, time };
  }
  if (asked === 'day' && digits.length <= 2) {
    const day = findBareDay(digits, now.day)[0]?.value;
    return day && { ruledOut: {}, day };
  }
  return undefined;
}
