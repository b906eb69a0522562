/** What a booking consists of, and what makes a value of it acceptable. */
import type { SpokenTime } from './clock.ts';
import { daysBetween, type Day, type DayPart, type LocalMoment } from './calendar.ts';
import { LAST_START, MAX_DAYS_AHEAD, MAX_PARTY, OPENS_AT } from './place.ts';

export type Kind = 'table' | 'appointment';

export interface Slots {
  kind?: Kind;
  day?: Day;
  /** The part of the day, as far as it was named: "tomorrow evening". */
  part?: DayPart;
  /** The time as it was said: which half of the day is meant may only show later. */
  spoken?: SpokenTime;
  /** Since midnight, settled from `spoken`. */
  minutes?: number;
  /** Only a table needs it. */
  party?: number;
  name?: string;
}

export type SlotName = 'kind' | 'day' | 'time' | 'party' | 'name';

/** Why a value was not taken. */
export type Problem =
  | 'past-day'
  | 'no-such-day'
  | 'vague-day'
  | 'too-far'
  | 'today-over'
  | 'past-time'
  | 'closed'
  | 'too-many'
  | 'nobody';

export function problemOfDay(day: Day, now: LocalMoment): Problem | undefined {
  const ahead = daysBetween(now.day, day);
  if (ahead < 0) return 'past-day';
  if (ahead > MAX_DAYS_AHEAD) return 'too-far';
  return ahead === 0 && now.minutes >= LAST_START ? 'today-over' : undefined;
}

export function problemOfParty(count: number): Problem | undefined {
  if (count < 1) return 'nobody';
  return count > MAX_PARTY ? 'too-many' : undefined;
}

/** Settles which half of the day a spoken time means, by what is open, still to come and usual. */
export function settleTime(
  spoken: SpokenTime,
  slots: Pick<Slots, 'kind' | 'day' | 'part'>,
  now: LocalMoment,
): number | Problem {
  const isOpen = (at: number): boolean => at >= OPENS_AT && at <= LAST_START;
  const { minutes, part } = { ...spoken, part: slots.part };
  const meant = (spoken.exact ? [minutes] : candidates(minutes, part)).filter(isOpen);
  // "Tomorrow morning", and then "at one"; or lunch at eleven: the other half is what is meant.
  const other = !spoken.exact && part !== 'evening' ? [minutes, minutes + 720].filter(isOpen) : [];
  const open = meant.length > 0 ? meant : other;
  if (open.length === 0) return 'closed';
  const toCome = slots.day === now.day ? open.filter((at) => at > now.minutes) : open;
  if (toCome.length === 0) return 'past-time';
  // Only around nine both halves are open: a table is then for the evening.
  return (slots.kind === 'appointment' ? toCome[0] : toCome.at(-1)) ?? 'closed';
}

function candidates(minutes: number, part: DayPart | undefined): number[] {
  if (part === undefined) return [minutes, minutes + 720];
  return [part === 'morning' ? minutes : minutes + 720];
}

/** What is still to be asked, in the order in which it is asked. */
export function missing(slots: Slots): SlotName[] {
  const names: SlotName[] = [];
  if (slots.kind === undefined) names.push('kind');
  if (slots.day === undefined) names.push('day');
  if (slots.minutes === undefined) names.push('time');
  if (slots.kind !== 'appointment' && slots.party === undefined) names.push('party');
  if (slots.name === undefined) names.push('name');
  return names;
}

export function without(slots: Slots, name: SlotName): Slots {
  const rest = { ...slots };
  if (name === 'time') {
    delete rest.minutes;
    delete rest.spoken;
  } else {
    delete rest[name];
  }
  return rest;
}
