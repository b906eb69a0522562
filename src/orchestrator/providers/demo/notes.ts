/**
 * The receptionist's notes of a call: all that it remembers, in a plain text that a person can read
 * and from which it goes on as if it had heard the whole call.
 */
import type { Day, DayPart } from './calendar.ts';
import type { Details } from './details.ts';
import type { Question } from './phrases.ts';
import type { Kind, Slots } from './slots.ts';
import { begin, type Counted, type State } from './state.ts';

const OPENING = 'Notes of the receptionist.';

/** "So far: a table; for 4 people; on 2026-12-04; at 19:30; under the name of Ada Byron. ..." */
export function notesOf(state: State): string {
  const { slots, asked, suggested, number, counts, done, last } = state;
  const counted = Object.entries(counts).map(([what, count]) => `${what} ${count}`);
  return [
    OPENING,
    `So far: ${bookingOf(slots) || 'nothing'}.`,
    `Asked for: ${asked}.`,
    ...(suggested ? [`Suggested: ${suggestionOf(suggested)}.`] : []),
    ...(number === undefined ? [] : [`A number that could be people or the time: ${number}.`]),
    `Confirmed: ${done ? 'yes' : 'no'}.`,
    ...(counted.length > 0 ? [`Times asked: ${counted.join(', ')}.`] : []),
    ...(last === '' ? [] : [`Said last: ${last}`]),
  ].join(' ');
}

function bookingOf({ kind, party, day, part, minutes, spoken, name }: Slots): string {
  const parts = [
    kind && (kind === 'table' ? 'a table' : 'an appointment'),
    party !== undefined && `for ${party} people`,
    day && `on ${day}`,
    part && `in the ${part}`,
    minutes !== undefined && `at ${clock(minutes)}`,
    // What was said settles which half of the day is meant when the day changes.
    spoken && `said as ${clock(spoken.minutes)}${spoken.exact ? ' exactly' : ''}`,
    name !== undefined && `under the name of ${name}`,
  ];
  return parts.filter((part) => typeof part === 'string').join('; ');
}

function suggestionOf({ kind, day, time, party }: Details): string {
  if (kind) return kind;
  if (day?.kind === 'day') return `day ${day.day}`;
  if (time) return `time ${clock(time.minutes)}`;
  return `party ${party && 'count' in party ? party.count : 2}`;
}

/** What the notes tell; of notes in another hand, nothing. */
export function stateOf(notes: string): State {
  if (!notes.startsWith(OPENING)) return begin('');
  const said = /^(.*?)(?: Said last: (.*))?$/s.exec(notes.slice(OPENING.length));
  const [, known = '', last = ''] = said ?? [];
  const field = (name: string): string | undefined =>
    new RegExp(` ${name}: (.*?)\\.(?= [A-Z][a-z ]+: |$)`, 's').exec(known)?.[1];
  const suggested = suggestedBy(field('Suggested') ?? '');
  const number = field('A number that could be people or the time');
  return {
    slots: slotsOf(field('So far') ?? ''),
    asked: (field('Asked for') ?? 'kind') as Question, // written above
    ...(suggested && { suggested }),
    ...(number !== undefined && { number: Number(number) }),
    counts: countsOf(field('Times asked') ?? ''),
    done: field('Confirmed') === 'yes',
    last,
  };
}

function slotsOf(text: string): Slots {
  const slots: Slots = {};
  for (const part of text.split('; ')) {
    const [, key = '', value = ''] =
      /^(an?|for|on|in the|at|said as|under the name of) (.*)$/s.exec(part) ?? [];
    if (key === 'a' || key === 'an') slots.kind = value as Kind;
    if (key === 'for') slots.party = parseInt(value, 10);
    if (key === 'on') slots.day = value as Day;
    if (key === 'in the') slots.part = value as DayPart;
    if (key === 'at') slots.minutes = minutesOf(value);
    if (key === 'said as') {
      slots.spoken = { minutes: minutesOf(value), exact: value.endsWith(' exactly') };
    }
    if (key === 'under the name of') slots.name = value;
  }
  return slots;
}

function suggestedBy(text: string): Details | undefined {
  const [what = '', value = ''] = text.split(' ');
  const ruledOut = {};
  if (what === 'table' || what === 'appointment') return { ruledOut, kind: what };
  if (what === 'day') return { ruledOut, day: { kind: 'day', day: value } };
  if (what === 'time') return { ruledOut, time: { minutes: minutesOf(value), exact: true } };
  return what === 'party' ? { ruledOut, party: { count: Number(value) } } : undefined;
}

function countsOf(text: string): State['counts'] {
  const pairs = text.split(', ').map((each) => each.split(' '));
  return Object.fromEntries(
    pairs
      .filter(([, count]) => count !== undefined)
      .map(([what = '', count]) => [what as Counted, Number(count)]),
  );
}

function clock(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(/[: ]/).map(Number);
  return hours * 60 + minutes;
}
