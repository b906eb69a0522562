/** Puts what a sentence says to what is known. */
import { addDays, type DayPart, type LocalMoment } from './calendar.ts';
import type { Details } from './details.ts';
import {
  problemOfDay,
  problemOfParty,
  settleTime,
  without,
  type Problem,
  type SlotName,
  type Slots,
} from './slots.ts';

/** What of a sentence was taken, and what was not and why. */
export interface Merged {
  slots: Slots;
  changed: SlotName[];
  /** Those of `changed` that had another value before. */
  corrected: SlotName[];
  problem?: { slot: SlotName; what: Problem };
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
  else if (details.shift !== undefined && target.minutes !== undefined) {
    target.spoken = { minutes: (target.minutes + details.shift + 1440) % 1440, exact: true };
  }
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
