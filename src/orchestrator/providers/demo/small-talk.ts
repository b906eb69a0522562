/** Sentences without details: yes, no, goodbye, questions to us, and everything else. */
import { addDays, type LocalMoment } from './calendar.ts';
import type { Intent } from './intents.ts';
import {
  ANSWERS,
  describe,
  doneWords,
  FAREWELL,
  HELLO,
  ONCE_MORE,
  WAITING,
  wording,
} from './phrases.ts';
import { LAST_START } from './place.ts';
import { missing } from './slots.ts';
import { dayInWords, timeInWords } from './spoken.ts';
import { ask, countOf, countUp, miss, nextQuestion, type Outcome, type State } from './state.ts';
import { take } from './taking.ts';
import { type Details } from './details.ts';
import { merge } from './merge.ts';

/** No details in it: an answer to our question, a question to us, or something else. */
export function plain(state: State, text: string, intents: Set<Intent>, now: LocalMoment): Outcome {
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
  if (intents.has('book') && state.asked !== 'confirm') {
    return ask(state.asked === 'more' ? { ...state, asked: 'kind' } : state, 'Gladly.');
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
  if (intents.has('wait')) {
    const text = wording(WAITING, countOf(state, 'waited'));
    return { state: countUp(state, 'waited'), text, end: false };
  }
  const topic = (Object.keys(ANSWERS) as (keyof typeof ANSWERS)[]).find((each) =>
    intents.has(each),
  );
  return topic && ask(state, ANSWERS[topic]);
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
  if (bare === '') return ask(state, HELLO);
  // The call was ending, and the caller did not hear the goodbye.
  return { state, text: `${lead}${bare}`, end: /goodbye!$/i.test(bare) };
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

export function yes(state: State, now: LocalMoment): Outcome {
  if (state.suggested) return take(state, merge(state.slots, state.suggested, now));
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

export function no(state: State): Outcome {
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
