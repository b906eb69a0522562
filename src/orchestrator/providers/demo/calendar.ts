/** Days without a clock and clocks without a day: the demo's own small calendar. */

/** A day as `2026-12-04`. Such strings compare in the order of time. */
export type Day = string;

/** A moment as the caller's clock shows it. */
export interface LocalMoment {
  day: Day;
  /** Since midnight. */
  minutes: number;
}

export type DayPart = 'morning' | 'afternoon' | 'evening';

/** What the clock on the wall shows in `timeZone` at `instant` (RFC 3339). */
export function localMoment(instant: string, timeZone: string): LocalMoment {
  const at = new Date(instant);
  const valid = Number.isNaN(at.getTime()) ? new Date(0) : at;
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(valid);
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? '0';
  return {
    day: `${part('year')}-${part('month')}-${part('day')}`,
    minutes: Number(part('hour')) * 60 + Number(part('minute')),
  };
}

/** Undefined when the calendar has no such day, such as 30 February. `month` counts from 1. */
export function dayOf(year: number, month: number, day: number): Day | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.toISOString().slice(0, 10) : undefined;
}

export function addDays(day: Day, count: number): Day {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

export function daysBetween(from: Day, to: Day): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

/** 0 is Sunday. */
export function weekdayOf(day: Day): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}
