/**
 * One turn of the receptionist: what is known and what the caller says go in, what is known then and
 * the reply come out. Pure; the whole conversation is a fold over it.
 */
import { addDays, type LocalMoment } from './calendar.ts';
import { findIntents, type Intent } from './intents.ts';
import { normalise } from './numbers.ts';
import { pressedKeys } from '../../heard-line.ts';
import {
  ANSWERS,
  CHANGED,
  describe,
  doneWords,
  FAREWELL,
  HELLO,
  NOT_UNDERSTOOD,
  ONCE_MORE,
  PROBLEMS,
  question,
  sentenceCase,
  THANKS,
  wording,
  type Question,
} from './phrases.ts';
import { LAST_START } from './place.ts';
import { missing, without, type SlotName, type Slots } from './slots.ts';
import { dayInWords, peopleInWords, timeInWords } from './spoken.ts';
import {
  detailsOfKeys,
  hasDetails,
  merge,
  readDetails,
  type Details,
  type Merged,
} from './understand.ts';

export interface State {
  slots: Slots;
  /** What the caller is being asked for. */
  asked: Question;
  /** What a "yes" would accept: "How about tomorrow?" */
  suggested?: Details;
  /** "Make it five": people or o'clock. */
  number?: number;
  /** How often each question was asked, to word it anew. */
  counts: Partial<Record<Question | 'missed' | 'thanks', number>>;
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
  if (text === '' || /^the caller said nothing$/.test(text)) {
    return ask(state, 'Are you still there?', { hint: true });
  }
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
  if (read) return take(state, merge(state.slots, read, now), now);
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
  if (!hasDetails(read)) return undefined;
  const merged = merge(state.slots, read, now);
  const nothingNew = merged.changed.length + merged.corrected.length === 0 && !merged.problem;
  // "Yes, Friday is right": what was said is known already.
  if (nothingNew && state.asked === 'confirm' && (intents.has('yes') || intents.has('no'))) {
    return undefined;
  }
  if (nothingNew && merged.slots.part === state.slots.part && !repeatsAsked(read, state.asked)) {
    return changeRequest(state, text);
  }
  const aside = asideOf(intents);
  return take(state, merged, now, aside);
}

function repeatsAsked(read: Details, asked: Question): boolean {
  return (asked as string) in read;
}

/** A question answered on the way, when the same sentence also holds details. */
function asideOf(intents: Set<Intent>): string {
  for (const intent of ['who', 'real', 'human', 'language', 'elsewhere', 'how-are-you'] as const) {
    if (intents.has(intent)) return ANSWERS[intent];
  }
  return '';
}

/** Takes over what was understood, and goes on. */
function take(state: State, merged: Merged, now: LocalMoment, aside = ''): Outcome {
  const { suggested: _suggested, number: _number, ...kept } = state;
  const next: State = { ...kept, slots: merged.slots, done: false };
  const said = [aside, acknowledge(state, merged)].filter((part) => part !== '').join(' ');
  if (merged.problem) {
    const { slot, what } = merged.problem;
    const asked = missing(next.slots).includes(slot) ? slot : nextQuestion(next.slots);
    const about = asked === 'confirm' ? 'change' : asked;
    return ask({ ...next, asked: about }, `${said} ${PROBLEMS[what]}`.trim(), { about });
  }
  return ask(countUp(next, 'thanks'), said, { about: nextQuestion(next.slots), now });
}

/** Says back what was new, so that a misheard word is noticed at once. */
function acknowledge(state: State, { changed, corrected, slots }: Merged): string {
  const lead = wording(corrected.length > 0 ? CHANGED : THANKS, countOf(state, 'thanks'));
  // The whole booking is about to be read back.
  if (missing(slots).length === 0) return lead;
  if (changed.length === 0) return corrected.length > 0 ? lead : '';
  if (changed.length === 1 && changed[0] === 'name') return `Thank you, ${slots.name}.`;
  return `${lead} ${sentenceCase(describeChanged(slots, changed))}.`;
}

function describeChanged(slots: Slots, changed: readonly SlotName[]): string {
  if (changed.length === 1) {
    if (changed[0] === 'day' && slots.day) return dayInWords(slots.day);
    if (changed[0] === 'time' && slots.minutes !== undefined) return timeInWords(slots.minutes);
    if (changed[0] === 'party' && slots.party) return peopleInWords(slots.party);
  }
  const only: Slots = {};
  if (changed.includes('kind') && slots.kind) only.kind = slots.kind;
  if (changed.includes('day') && slots.day) only.day = slots.day;
  if (changed.includes('time') && slots.minutes !== undefined) only.minutes = slots.minutes;
  if (changed.includes('party') && slots.party) only.party = slots.party;
  if (changed.includes('name') && slots.name) only.name = slots.name;
  return describe(only).replace(/^(?:for|on|at) /, '');
}

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
function changeRequest(state: State, text: string): Outcome | undefined {
  const number =
    /^(?:(?:no|sorry|actually|please|and|make (?:it|that)|change (?:it|that) to|it's|for|rather|wait|,) ?)*(\d{1,2})(?: (?:please|instead|rather|then))*$/.exec(
      text,
    );
  if (number && ['confirm', 'change'].includes(state.asked) && state.slots.kind === 'table') {
    return ask({ ...state, asked: 'number', number: Number(number[1]) }, '');
  }
  if (state.asked !== 'change' && !CHANGE.test(text)) return undefined;
  const slot = WORDS_OF.find(([, words]) => words.test(text))?.[0];
  if (slot === undefined || (slot === 'party' && state.slots.kind === 'appointment')) {
    if (!/\b(?:earlier|later)\b/.test(text)) return undefined;
    return ask({ ...state, slots: without(state.slots, 'time') }, wording(CHANGED, 0), {
      about: 'time',
    });
  }
  const slots = without(state.slots, slot);
  return ask({ ...state, slots }, wording(CHANGED, countOf(state, slot) % 2), { about: slot });
}

/** "Do you mean the people, or the time?" */
function choose(state: State, text: string, now: LocalMoment): Outcome | undefined {
  const { number } = state;
  if (number === undefined) return undefined;
  const people = /\b(?:people|persons?|guests?|of us|party|number|first)\b/.test(text);
  const time = /\b(?:time|clock|oclock|hour|am|pm|evening|morning|second|last|latter)\b/.test(text);
  if (people === time) return undefined;
  const read: Details = people
    ? { ruledOut: {}, party: { count: number } }
    : { ruledOut: {}, time: { minutes: (number % 12) * 60, exact: false } };
  return take(state, merge(state.slots, read, now), now);
}

/** No details in it: an answer to our question, a question to us, or something else. */
function plain(state: State, text: string, intents: Set<Intent>, now: LocalMoment): Outcome {
  const goodbye = leave(state, intents);
  if (goodbye) return goodbye;
  const asked = answerQuestion(state, intents, now);
  if (asked) return asked;
  if (intents.has('you-choose')) return suggest(state, now);
  if (intents.has('cancel')) {
    return ask(
      { ...state, slots: {}, done: false, asked: 'more' },
      'All right, then I keep nothing.',
    );
  }
  if (intents.has('repeat')) return repeat(state);
  if (state.asked === 'change' && /\b(?:nothing|none|it's fine|all good)\b/.test(text)) {
    return ask(state, '', { about: nextQuestion(state.slots) });
  }
  if (intents.has('yes') && !onlyThanks(intents, text)) return yes(state, now);
  if (intents.has('no')) return no(state);
  if (intents.has('thanks')) {
    return state.done || state.asked === 'more'
      ? { state, text: `You are very welcome. ${FAREWELL.nothing}`, end: true }
      : ask(state, 'You are welcome.');
  }
  if (intents.has('hello')) return hello(state);
  return miss(state);
}

function onlyThanks(intents: Set<Intent>, text: string): boolean {
  return (
    intents.has('thanks') &&
    !/\b(?:yes|yeah|yep|correct|right|sure|perfect|great|fine|ok|okay)\b/.test(text)
  );
}

function leave(state: State, intents: Set<Intent>): Outcome | undefined {
  if (!intents.has('goodbye')) return undefined;
  const confirms = state.asked === 'confirm' && intents.has('yes');
  if (confirms || state.done) return finish(state);
  const begun = Object.keys(state.slots).length > 0;
  return { state, text: begun ? FAREWELL.unfinished : FAREWELL.nothing, end: true };
}

function answerQuestion(state: State, intents: Set<Intent>, now: LocalMoment): Outcome | undefined {
  if (intents.has('summary')) {
    const known = describe(state.slots);
    const words = known === '' ? 'Nothing yet.' : `So far I have ${known}.`;
    return missing(state.slots).length === 0
      ? ask({ ...state, asked: 'confirm' }, '', { about: 'confirm' })
      : ask(state, words);
  }
  if (intents.has('clock')) {
    return ask(
      state,
      `When you called it was ${timeInWords(now.minutes)} on ${dayInWords(now.day)}.`,
    );
  }
  for (const intent of Object.keys(ANSWERS) as (keyof typeof ANSWERS)[]) {
    if (intent === 'wait' && intents.has('wait')) {
      return { state, text: ANSWERS.wait, end: false };
    }
    if (intents.has(intent)) return ask(state, ANSWERS[intent]);
  }
  return undefined;
}

function hello(state: State): Outcome {
  return state.last === '' ? ask(state, HELLO) : ask(state, 'Hello! Yes, I am here.');
}

function repeat(state: State): Outcome {
  if (state.asked === 'confirm') return ask(state, wording(ONCE_MORE, countOf(state, 'confirm')));
  const lead = ONCE_MORE.find((words) => !state.last.startsWith(words)) ?? '';
  const bare = ONCE_MORE.reduce(
    (text, words) => (text.startsWith(words) ? text.slice(words.length) : text),
    state.last,
  );
  return bare === '' ? ask(state, HELLO) : { state, text: `${lead}${bare}`, end: false };
}

/** The caller has no wish: propose something that a yes accepts. */
function suggest(state: State, now: LocalMoment): Outcome {
  const proposal = proposalFor(state, now);
  if (proposal === undefined) {
    return state.asked === 'name'
      ? ask(state, 'Any name will do, even a made-up one.', { hint: true })
      : ask(state, '', { hint: true });
  }
  const [words, suggested] = proposal;
  return { state: { ...state, suggested }, text: words, end: false };
}

function proposalFor(state: State, now: LocalMoment): [string, Details] | undefined {
  const ruledOut = {};
  switch (state.asked) {
    case 'kind':
      return [
        'Then let me suggest a table in the restaurant. Would you like that?',
        { ruledOut, kind: 'table' },
      ];
    case 'day': {
      const day = addDays(now.day, 1);
      return [`How about tomorrow, ${dayInWords(day)}?`, { ruledOut, day: { kind: 'day', day } }];
    }
    case 'time': {
      const minutes = state.slots.kind === 'appointment' ? 600 : 1140;
      const late = state.slots.day === now.day && now.minutes >= minutes;
      const at = late ? Math.min(LAST_START, Math.ceil((now.minutes + 30) / 30) * 30) : minutes;
      return [`How about ${timeInWords(at)}?`, { ruledOut, time: { minutes: at, exact: true } }];
    }
    case 'party':
      return ['Shall I put down two people for now?', { ruledOut, party: { count: 2 } }];
    default:
      return undefined;
  }
}

function yes(state: State, now: LocalMoment): Outcome {
  if (state.suggested) return take(state, merge(state.slots, state.suggested, now), now);
  switch (state.asked) {
    case 'confirm':
      return finish(state);
    case 'more':
      return ask({ ...state, slots: {}, done: false }, 'Very well.', { about: 'kind' });
    case 'change':
      return ask(state, 'Gladly.', { hint: true });
    default:
      return ask(state, 'Very good.', { hint: countOf(state, state.asked) > 0 });
  }
}

function no(state: State): Outcome {
  const { suggested, ...kept } = state;
  if (suggested) return ask(kept, 'All right.', { hint: true });
  switch (state.asked) {
    case 'confirm':
      return ask(state, 'No problem.', { about: 'change' });
    case 'change':
      return ask(state, 'Then I leave it.', { about: nextQuestion(state.slots) });
    case 'more':
      return { state, text: FAREWELL.nothing, end: true };
    default:
      return ask(state, 'I see.', { hint: true });
  }
}

function finish(state: State): Outcome {
  return { state: { ...state, done: true }, text: doneWords(state.slots), end: true };
}

function miss(state: State): Outcome {
  const lead = wording(NOT_UNDERSTOOD, countOf(state, 'missed'));
  return ask(countUp(state, 'missed'), lead, { hint: true });
}

function nextQuestion(slots: Slots): Question {
  return missing(slots)[0] ?? 'confirm';
}

/** Says `lead` and then asks; `about` defaults to what was asked before. */
function ask(
  state: State,
  lead: string,
  options: { about?: Question; hint?: boolean; now?: LocalMoment } = {},
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

function countOf(state: State, what: Question | 'missed' | 'thanks'): number {
  return state.counts[what] ?? 0;
}

function countUp(state: State, what: Question | 'missed' | 'thanks'): State {
  return { ...state, counts: { ...state.counts, [what]: countOf(state, what) + 1 } };
}
