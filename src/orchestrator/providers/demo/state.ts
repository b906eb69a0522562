/** What the receptionist remembers of a call, and how a question is put. */
import { NOT_UNDERSTOOD, question, wording, type Question } from './phrases.ts';
import { missing, type Slots } from './slots.ts';
import type { Details } from './details.ts';

/** What is counted, to word it anew the next time. */
export type Counted = Question | 'missed' | 'thanks' | 'waited';

export interface State {
  slots: Slots;
  /** What the caller is being asked for. */
  asked: Question;
  /** What a "yes" would accept: "How about tomorrow?" */
  suggested?: Details;
  /** "Make it five": people or o'clock. */
  number?: number;
  /** How often each question was asked, to word it anew. */
  counts: Partial<Record<Counted, number>>;
  /** The booking was confirmed. */
  done: boolean;
  /** What was said last. */
  last: string;
}

export interface Outcome {
  state: State;
  text: string;
  end: boolean;
}

/** A call in which nothing has been said yet; `greeting` is what the caller heard first. */
export function begin(greeting: string): State {
  return { slots: {}, asked: 'kind', counts: {}, done: false, last: greeting };
}

/** Says `lead` and then asks; `about` defaults to what was asked before. */
export function ask(
  state: State,
  lead: string,
  options: { about?: Question; hint?: boolean } = {},
): Outcome {
  const { suggested: _suggested, ...kept } = state;
  const about = options.about ?? openQuestion(state);
  const words = question(about, state.slots, countOf(state, about), options.hint ?? false);
  const text = [lead.trim(), words].filter((part) => part !== '').join(' ');
  return { state: countUp({ ...kept, asked: about }, about), text, end: false };
}

/** After "start again" what was asked before may make no sense any more. */
function openQuestion(state: State): Question {
  const { asked } = state;
  if (['more', 'change', 'number'].includes(asked)) return asked;
  return nextQuestion(state.slots);
}

export function nextQuestion(slots: Slots): Question {
  return missing(slots)[0] ?? 'confirm';
}

export function miss(state: State): Outcome {
  const lead = wording(NOT_UNDERSTOOD, countOf(state, 'missed'));
  return ask(countUp(state, 'missed'), lead, { hint: true });
}

export function countOf(state: State, what: Counted): number {
  return state.counts[what] ?? 0;
}

export function countUp(state: State, what: Counted): State {
  return { ...state, counts: { ...state.counts, [what]: countOf(state, what) + 1 } };
}
