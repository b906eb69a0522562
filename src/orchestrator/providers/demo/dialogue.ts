/**
 * One turn of the receptionist: what is known and what the caller says go in, what is known then and
 * the reply come out. Pure; the whole conversation is a fold over it.
 */
import { pressedKeys } from '../../heard-line.ts';
import type { LocalMoment } from './calendar.ts';
import { changeRequest, choose } from './changes.ts';
import { findIntents, type Intent } from './intents.ts';
import { normalise } from './numbers.ts';
import { ANSWERS, FAREWELL, NOT_UNDERSTOOD, wording } from './phrases.ts';
import { no, plain, yes } from './small-talk.ts';
import { ask, countOf, miss, nextQuestion, type Outcome, type State } from './state.ts';
import { take } from './taking.ts';
import { detailsOfKeys, hasDetails, readDetails, type Details } from './details.ts';
import { merge } from './merge.ts';

/** Answers one line of the caller. */
export function step(state: State, line: string, now: LocalMoment): Outcome {
  const outcome = answer(state, line, now);
  // Whatever the reason: the same sentence twice in a row sounds like a machine that hangs.
  const text =
    outcome.text === state.last
      ? `${wording(NOT_UNDERSTOOD, countOf(state, 'missed') + 1)} ${outcome.text}`
      : outcome.text;
  return { ...outcome, text, state: { ...outcome.state, last: text } };
}

function answer(state: State, line: string, now: LocalMoment): Outcome {
  const keys = pressedKeys(line);
  if (keys !== undefined) return answerKeys(state, keys, now);
  const text = normalise(line);
  if (/^the caller said nothing$/.test(text)) {
    return ask(state, 'Are you still there?', { hint: true });
  }
  if (text === '') return miss(state);
  const intents = findIntents(text);
  const choice = state.asked === 'number' ? choose(state, text, now) : undefined;
  if (choice) return choice;
  return (
    command(state, intents, text) ??
    details(state, line, text, intents, now) ??
    changeRequest(state, text) ??
    plain(state, text, intents, now)
  );
}

function answerKeys(state: State, digits: string, now: LocalMoment): Outcome {
  if (state.asked === 'confirm' || state.asked === 'more') {
    if (digits === '1') return yes(state, now);
    if (digits === '2') return no(state);
  }
  const read = detailsOfKeys(digits, state.asked, now);
  if (read) return take(state, merge(state.slots, read, now));
  if (state.asked === 'name') {
    return ask(state, 'A name is hard to hear from keys, please say it.', { hint: true });
  }
  return miss(state);
}

/** What overrides all details in the same sentence. */
function command(state: State, intents: Set<Intent>, text: string): Outcome | undefined {
  if (intents.has('restart')) {
    return ask({ ...state, slots: {}, done: false }, 'All right, we start again.');
  }
  if (!/\b(?:cancel|forget (?:it|about it|the whole)|call it off|abort)\b/.test(text))
    return undefined;
  if (intents.has('goodbye')) return { state, text: FAREWELL.unfinished, end: true };
  const earlier =
    /\b(?:my|our|an?|the|existing) (?:\w+ )?(?:booking|reservation|table|appointment)\b/.test(text);
  if (earlier && Object.keys(state.slots).length === 0) {
    return ask(
      { ...state, asked: 'more' },
      'I cannot see earlier bookings, this is only a demonstration. I can note a new one.',
    );
  }
  const cleared: State = { ...state, slots: {}, done: false, asked: 'more' };
  return ask(cleared, 'All right, I have crossed it out. Nothing is kept.');
}

/** The sentence holds details of the booking. */
function details(
  state: State,
  line: string,
  text: string,
  intents: Set<Intent>,
  now: LocalMoment,
): Outcome | undefined {
  // "What day is it?" and "are you open on Sunday?" name days that are not wanted.
  if (intents.has('clock') || intents.has('hours') || intents.has('summary')) return undefined;
  const read = readDetails(line, text, state.asked, now);
  if (!hasDetails(read) || isDoubtfulName(read, text, intents)) return undefined;
  const merged = merge(state.slots, read, now);
  const nothingNew = merged.changed.length + merged.corrected.length === 0 && !merged.problem;
  // "Yes, Friday is right": what was said is known already.
  if (nothingNew && state.asked === 'confirm' && intents.has('yes')) return yes(state, now);
  const aside = asideOf(intents);
  if (!nothingNew || merged.slots.part !== state.slots.part) return take(state, merged, aside);
  // "Can we change the day from Friday?"
  const change = changeRequest(state, text, false);
  if (change) return change;
  // Said once more, or only ruled out: go on from what is known, without "I have changed that".
  const lead = Object.keys(read.ruledOut).length > 0 ? 'I see.' : 'Yes, I have that.';
  return ask({ ...state, asked: nextQuestion(state.slots) }, `${aside} ${lead}`);
}

/** "Are you a robot?" answers the question for the name no more than "a joke, please" does. */
const NO_NAMES: readonly Intent[] = [
  'who',
  'real',
  'human',
  'help',
  'language',
  'how-are-you',
  'joke',
  'wait',
  'you-choose',
  'rude',
  'repeat',
  'goodbye',
];

/** Only a name, and found only because one was asked for. */
function isDoubtfulName(read: Details, text: string, intents: Set<Intent>): boolean {
  const { ruledOut: _ruledOut, name, ...rest } = read;
  if (name === undefined || Object.keys(rest).length > 0) return false;
  return (
    NO_NAMES.some((intent) => intents.has(intent)) &&
    !/\bname\b|\b(?:it's|i'm|this is)\b/.test(text)
  );
}

/** A question answered on the way, when the same sentence also holds details. */
function asideOf(intents: Set<Intent>): string {
  for (const intent of ['who', 'real', 'human', 'language', 'elsewhere', 'how-are-you'] as const) {
    if (intents.has(intent)) return ANSWERS[intent];
  }
  return '';
}
