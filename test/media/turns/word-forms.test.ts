import { expect, test } from '@jest/globals';
import { planOf } from '../../../src/media/turns/plan.ts';
import { formOf } from '../../../src/media/turns/word-forms.ts';
import {
  beyond,
  holdsAny,
  isOnly,
  plainPhrases,
  withoutFirstWords,
} from '../../../src/media/turns/words.ts';

test.each([
  ['I want a table.', 'sentence'],
  ['Where?', 'sentence'],
  ['He said "no."', 'sentence'],
  ['予約したいです。', 'sentence'],
  ['أين أنتم؟', 'sentence'],
  ['मुझे टेबल चाहिए।', 'sentence'],
  ['I want', 'open'],
  ['Well...', 'open'],
  ['Well…', 'open'],
  ['a table for four.', 'sentence'],
  ['at 7:30.', 'sentence'],
  ['a table for four', 'number'],
  ['four.', 'number'],
  ['my number is 555-1234.', 'number'],
  ['my number is oh one five.', 'number'],
  ['twenty-five', 'number'],
  ['', 'open'],
])('the form of "%s" is %s', (text, form) => {
  expect(formOf(text, 'en-US')).toBe(form);
});

test('numbers are words of the language that is spoken', () => {
  expect(formOf('die Nummer ist null acht', 'de-DE')).toBe('number');
  expect(formOf('die Nummer ist null acht', 'en-US')).toBe('open');
  expect(formOf('numeroni on 0 8', 'fi-FI')).toBe('number');
});

test('a text is nothing but phrases only when every word of it is', () => {
  expect(isOnly('Mhm, okay. Yeah!', ['mhm', 'ok', 'okay', 'yeah'])).toBe(true);
  expect(isOnly('yeah but', ['yeah'])).toBe(false);
  expect(isOnly('yeahs', ['yeah'])).toBe(false);
  expect(isOnly('', ['yeah'])).toBe(true);
  expect(isOnly('yeah', plainPhrases(['', '...']))).toBe(false);
  expect(isOnly('Uh-huh, all right.', plainPhrases(['All', 'Uh-huh', 'all right']))).toBe(true);
});

test('a phrase is found anywhere in a text, as whole words', () => {
  expect(holdsAny('Oh, please STOP now', ['stop'])).toBe(true);
  expect(holdsAny('bus stops', ['stop'])).toBe(false);
  expect(holdsAny('anything', plainPhrases(['', '!']))).toBe(false);
});

test('words go from the front of clauses, also across them', () => {
  expect(withoutFirstWords(['We are here,', 'in town.'], 2)).toEqual(['here,', 'in town.']);
  expect(withoutFirstWords(['We are here,', 'in town.'], 3)).toEqual(['in town.']);
  expect(withoutFirstWords(['We are here,'], 9)).toEqual([]);
});

test('what a text says beyond what is known is its rest', () => {
  expect(beyond('I want', 'I want a table.')).toEqual({ rest: 'a table.', left: '' });
  expect(beyond('I want a table', 'I want.')).toEqual({ rest: '', left: 'a table' });
  expect(beyond('Yes. I want', 'I want it')).toEqual({ rest: 'it', left: '' });
  expect(beyond('I want', 'You want it')).toEqual({ rest: 'You want it', left: '' });
  expect(beyond('', 'Hello')).toEqual({ rest: 'Hello', left: '' });
  expect(beyond('Hello', '')).toEqual({ rest: '', left: '' });
});

test('an assistant changes of the plan what it names, and no more', () => {
  const voice = { language: 'de-AT' };
  const plan = planOf({ voice, stream: { interruption: { minVoice: 0 }, endpointing: {} } });
  expect(plan.interruption).toMatchObject({ minVoice: 0, minWords: 2, allowed: true });
  expect(plan.interruption.always).toContain('halt');
  expect(plan.filler.phrases[0]).toBe('Einen Moment, bitte.');
  expect(planOf({ voice: { language: 'xx' } }).interruption.ignored).toEqual([]);
});
