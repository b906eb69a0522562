/** Takes over what was understood, says it back and goes on to the next question. */
import { CHANGED, describe, PROBLEMS, sentenceCase, THANKS, wording } from './phrases.ts';
import { missing, type SlotName, type Slots } from './slots.ts';
import { dayInWords, peopleInWords, timeInWords } from './spoken.ts';
import { ask, countOf, countUp, nextQuestion, type Outcome, type State } from './state.ts';
import type { Merged } from './merge.ts';

/** Takes over what was understood, and goes on. */
export function take(state: State, merged: Merged, aside = ''): Outcome {
  const { suggested: _suggested, number: _number, ...kept } = state;
  const next: State = { ...kept, slots: merged.slots, done: false };
  const said = [aside, needless(merged) || acknowledge(state, merged)]
    .filter((part) => part !== '')
    .join(' ');
  if (merged.problem) {
    const { slot, what } = merged.problem;
    const asked = missing(next.slots).includes(slot) ? slot : nextQuestion(next.slots);
    const about = asked === 'confirm' ? 'change' : asked;
    return ask({ ...next, asked: about }, `${said} ${PROBLEMS[what]}`.trim(), { about });
  }
  return ask(countUp(next, 'thanks'), said, { about: nextQuestion(next.slots) });
}

/** Nobody counts heads for an appointment. */
function needless({ changed, slots }: Merged): string {
  const only = changed.length === 1 && changed[0] === 'party' && slots.kind === 'appointment';
  return only ? 'For an appointment I need no number of people.' : '';
}

/** Says back what was new, so that a misheard word is noticed at once. */
function acknowledge(state: State, { changed, corrected, slots }: Merged): string {
  const lead = wording(corrected.length > 0 ? CHANGED : THANKS, countOf(state, 'thanks'));
  if (changed.length === 1 && changed[0] === 'kind' && corrected.length === 0) return 'Gladly.';
  // The whole booking is about to be read back.
  if (missing(slots).length === 0) return lead;
  if (changed.length === 0 && slots.part !== state.slots.part && slots.part !== undefined) {
    return `${lead} In the ${slots.part}.`;
  }
  if (changed.length === 0) return corrected.length > 0 ? lead : '';
  if (changed.length === 1 && changed[0] === 'name') return `Thank you, ${slots.name}.`;
  return `${lead} ${sentenceCase(describeChanged(slots, changed))}.`;
}

function describeChanged(slots: Slots, changed: readonly SlotName[]): string {
  if (changed.length === 1) {
    if (changed[0] === 'day' && slots.day) {
      return slots.part ? `${dayInWords(slots.day)}, in the ${slots.part}` : dayInWords(slots.day);
    }
    if (changed[0] === 'time' && slots.minutes !== undefined) return timeInWords(slots.minutes);
    if (changed[0] === 'party' && slots.party) return peopleInWords(slots.party);
  }
  const only: Slots = {};
  if (changed.includes('kind') && slots.kind) only.kind = slots.kind;
  if (changed.includes('day') && slots.day) only.day = slots.day;
  if (changed.includes('day') && slots.part) only.part = slots.part;
  if (changed.includes('time') && slots.minutes !== undefined) only.minutes = slots.minutes;
  if (changed.includes('party') && slots.party) only.party = slots.party;
  if (changed.includes('name') && slots.name) only.name = slots.name;
  return describe(only).replace(/^(?:for|on|at) /, '');
}
