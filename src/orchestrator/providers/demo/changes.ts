/** Wishes to change something, without the new value: "the time is wrong", "make it five". */
import type { LocalMoment } from './calendar.ts';
import { findAll, lastWanted } from './match.ts';
import { CHANGED, wording } from './phrases.ts';
import { without, type SlotName } from './slots.ts';
import { ask, countOf, type Outcome, type State } from './state.ts';
import { take } from './taking.ts';
import { type Details } from './details.ts';
import { merge } from './merge.ts';

const WORDS_OF: readonly (readonly [SlotName, RegExp])[] = [
  ['day', /\b(?:day|date)\b/],
  ['time', /\b(?:time|hour|clock)\b/],
  ['party', /\b(?:people|persons?|guests|party|number|many)\b/],
  ['name', /\b(?:name|spelling)\b/],
  ['kind', /\b(?:kind|type)\b/],
];

const CHANGE =
  /\b(?:change|different|wrong|another|other|correct|modify|move|update|not right|adjust|earlier|later|fix|edit)\b/;

/** "The time is wrong", "can we change the day?", and the bare word after "what should I change?". */
export function changeRequest(state: State, text: string, numbers = true): Outcome | undefined {
  const bare =
    numbers && ['confirm', 'change'].includes(state.asked) ? bareNumber(text) : undefined;
  if (bare !== undefined && state.slots.kind === 'table') {
    return ask({ ...state, asked: 'number', number: bare, done: false }, '');
  }
  if (state.asked !== 'change' && !CHANGE.test(text)) return undefined;
  const slot = WORDS_OF.find(([, words]) => words.test(text))?.[0];
  if (slot === undefined || (slot === 'party' && state.slots.kind === 'appointment')) {
    if (!/\b(?:earlier|later)\b/.test(text)) return undefined;
    const later = { ...state, slots: without(state.slots, 'time'), done: false };
    return ask(later, wording(CHANGED, 0), { about: 'time' });
  }
  const slots = without(state.slots, slot);
  return ask({ ...state, slots, done: false }, wording(CHANGED, countOf(state, slot) % 2), {
    about: slot,
  });
}

/** "Make it five", "eight instead of seven": a number that could be people or o'clock. */
function bareNumber(text: string): number | undefined {
  const found = findAll(text, /(?<![\d:/])\b\d{1,2}\b(?![:/])/g, ([number]) => Number(number));
  return lastWanted(found)?.value;
}

/** "Do you mean the people, or the time?" */
export function choose(state: State, text: string, now: LocalMoment): Outcome | undefined {
  const { number } = state;
  if (number === undefined) return undefined;
  const people = /\b(?:people|persons?|guests?|of us|party|number|first)\b/.test(text);
  const time = /\b(?:time|clock|oclock|hour|am|pm|evening|morning|second|last|latter)\b/.test(text);
  if (people === time) return undefined;
  const read: Details = people
    ? { ruledOut: {}, party: { count: number } }
    : { ruledOut: {}, time: { minutes: (number % 12) * 60, exact: false } };
  return take(state, merge(state.slots, read, now));
}
