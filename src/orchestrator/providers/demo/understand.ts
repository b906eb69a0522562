/** Reads all details out of one sentence and puts them into what is known. */
import {
  findDelay,
  findBareDay,
  findDaysByChrono,
  findNamedDays,
  type SpokenDay,
} from './dates.ts';
import { findPart, findTimes, timeOfKeys, type SpokenTime } from './clock.ts';
import { addDays, type DayPart, type LocalMoment } from './calendar.ts';
import { blank, findAll, lastWanted, type Found } from './match.ts';
import { findName } from './names.ts';
import { countsOfPeople, findParty, type SpokenParty } from './party.ts';
import {
  problemOfDay,
  problemOfParty,
  settleTime,
  without,
  type Kind,
  type Problem,
  type SlotName,
  type Slots,
} from './slots.ts';

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
  party?: SpokenParty;
  name?: string;
}

/** What of a sentence was taken, and what was not and why. */
export interface Merged {
  slots: Slots;
  changed: SlotName[];
  /** Those of `changed` that had another value before. */
  corrected: SlotName[];
  problem?: { slot: SlotName; what: Problem };
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
  const undated = blank(text, delay ? [...named, delay] : named);
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
  const name = findName(sentence, nameContext(asked, bareSentence));
  return {
    ...optional('kind', kind),
    ...optional('day', wantedDay(days)),
    ruledOut: { ...ruledOut('day', days), ...ruledOut('time', times) },
    ...optional('part', findPart(times.length > 0 ? text.replace(/\b[ap]m\b/g, ' ') : text)),
    ...optional('time', lastWanted(times)?.value),
    ...optional('delay', delay?.value),
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
    /\b(?:appointment|meeting|consultation|visit|viewing|(?:see|meet) (?:someone|somebody|the team|you))\b/g;
  return lastWanted<Kind>([
    ...findAll(text, table, (): Kind => 'table'),
    ...findAll(text, appointment, (): Kind => 'appointment'),
  ])?.value;
}

/** Puts the details of a sentence to what is known. Pure. */
export function merge(known: Slots, details: Details, now: LocalMoment): Merged {
  const merged: Merged = { slots: { ...known }, changed: [], corrected: [] };
  mergeKind(merged, details);
  mergeDay(merged, details, now);
  mergeParty(merged, details);
  if (details.name !== undefined) merged.slots.name = details.name;
  mergeTime(merged, details, now);
  noteChanges(merged, known);
  return merged;
}

function mergeKind({ slots }: Merged, { kind, party }: Details): void {
  if (kind !== undefined) slots.kind = kind;
  else if (slots.kind === undefined && party !== undefined) slots.kind = 'table';
}

function mergeDay(merged: Merged, details: Details, now: LocalMoment): void {
  const { slots } = merged;
  const out = details.ruledOut.day;
  if (out?.kind === 'day' && out.day === slots.day) delete slots.day;
  if (details.delay !== undefined) {
    const total = now.minutes + details.delay;
    slots.day = addDays(now.day, Math.floor(total / 1440));
    // On the quarter of an hour: nobody books a table for 7:38.
    slots.spoken = { minutes: (Math.ceil(total / 15) * 15) % 1440, exact: true };
    return;
  }
  const { day } = details;
  if (day === undefined) return;
  const what =
    day.kind === 'day'
      ? problemOfDay(day.day, now)
      : day.kind === 'vague'
        ? slots.day === undefined
          ? 'vague-day'
          : undefined
        : 'no-such-day';
  if (what !== undefined) merged.problem = { slot: 'day', what };
  else if (day.kind === 'day') slots.day = day.day;
}

function mergeParty(merged: Merged, { party }: Details): void {
  if (party === undefined) return;
  const { slots } = merged;
  const count = 'count' in party ? party.count : (slots.party ?? 1) + party.change;
  const what = problemOfParty(count);
  if (what === undefined) slots.party = count;
  else merged.problem ??= { slot: 'party', what };
}

/** The time comes last: the kind, the day and the part of the day may settle it. */
function mergeTime(merged: Merged, details: Details, now: LocalMoment): void {
  const { slots } = merged;
  const out = details.ruledOut.time;
  if (out && slots.spoken && out.minutes % 720 === slots.spoken.minutes % 720) {
    merged.slots = without(slots, 'time');
  }
  const target = merged.slots;
  if (details.part !== undefined) {
    target.part = details.part;
    // "No, in the morning": the same figures on the other half of the clock.
    if (details.time === undefined && details.delay === undefined && target.spoken) {
      target.spoken = { minutes: target.spoken.minutes % 720, exact: false };
    }
  }
  if (details.time !== undefined) target.spoken = details.time;
  if (target.spoken === undefined) return;
  const settled = settleTime(target.spoken, target, now);
  if (typeof settled === 'number' && details.time === undefined && !isIn(settled, details.part)) {
    // Ten in the morning, and then "no, in the afternoon": there is no such ten.
    merged.slots = without(target, 'time');
  } else if (typeof settled === 'number') {
    target.minutes = settled;
    // The part of the day has done its work; "make it ten" later may mean the other half.
    if (target.part !== undefined) target.spoken = { minutes: settled, exact: true };
    delete target.part;
  } else {
    merged.slots = without(target, 'time');
    merged.problem ??= { slot: 'time', what: settled };
  }
}

function isIn(minutes: number, part: DayPart | undefined): boolean {
  if (part === undefined) return true;
  return (part === 'morning') === minutes < 720;
}

function noteChanges(merged: Merged, known: Slots): void {
  const pairs: [SlotName, keyof Slots][] = [
    ['kind', 'kind'],
    ['party', 'party'],
    ['day', 'day'],
    ['time', 'minutes'],
    ['name', 'name'],
  ];
  for (const [name, key] of pairs) {
    if (merged.slots[key] === known[key]) continue;
    if (merged.slots[key] !== undefined) merged.changed.push(name);
    if (known[key] !== undefined) merged.corrected.push(name);
  }
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
