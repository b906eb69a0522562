import { describe, expect, test } from '@jest/globals';
import {
  filled,
  fillPlaceholders,
  placeholdersIn,
  placeholdersOf,
} from '../../workflows/placeholders.ts';
import { ASSISTANT } from './builders.ts';

describe('the placeholders of a text', () => {
  test.each([
    ['Hello {{name}}, {{ day }} at {{day}}', ['name', 'day']],
    ['{{\tfirst_Name2\n}}', ['first_Name2']],
    ['{{{{deep}}}}', ['deep']],
    ['no { {name} } here, {{}}, {{ }}, {{a b}}, {{a-b}}, {{naïve}}, {{a', []],
    ['', []],
  ])('of %j', (text, names) => {
    expect(placeholdersOf(text)).toEqual(names);
  });

  test('of an assistant are those of everything that is spoken or told to the model', () => {
    const names = placeholdersIn({
      ...ASSISTANT,
      firstMessage: '{{a}}',
      instructions: '{{b}} {{a}}',
      silence: { prompt: '{{c}}', prompts: 1, farewell: '{{d}}' },
      limits: { callSeconds: 1, turns: 1, farewell: '{{e}}' },
      ending: { phrases: ['{{not}}'], message: '{{f}}' },
      apology: '{{g}}',
      failure: { endAfter: 1, farewell: '{{h}}' },
    });
    expect(names.sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  });

  test('have names of letters, digits and underscores', () => {
    const isName = (name: string) => placeholdersOf(`{{${name}}}`).length === 1;
    expect(['a', 'A_1', '', 'a b', 'é'].map(isName)).toEqual([true, true, false, false, false]);
  });
});

describe('a text', () => {
  test('is filled with values as they are, which are never filled again', () => {
    const variables = { name: '{{day}} $& $1 \\', day: 'Friday' };
    expect(fillPlaceholders('{{ name }}/{{day}}', variables)).toBe('{{day}} $& $1 \\/Friday');
  });

  test('has nothing where there is no value', () => {
    expect(fillPlaceholders('a{{b}}c{{toString}}{{constructor}}{{__proto__}}', {})).toBe('ac');
  });

  test('keeps braces that are no placeholder', () => {
    expect(fillPlaceholders('{{a b}} {"x": {}} {{{a}}}', { a: '1' })).toBe('{{a b}} {"x": {}} {1}');
  });
});

describe('an assistant', () => {
  test('is filled with the variables of the call over its own', () => {
    const assistant = {
      ...ASSISTANT,
      firstMessage: 'Hello {{name}}, this is {{ company }}.',
      apology: '{{company}} is sorry.',
      variables: { name: 'friend', company: 'Acme' },
    };
    const made = filled(assistant, { name: 'Ada' });
    expect(made.firstMessage).toBe('Hello Ada, this is Acme.');
    expect(made.apology).toBe('Acme is sorry.');
    expect(filled(assistant).firstMessage).toBe('Hello friend, this is Acme.');
    expect(assistant.firstMessage).toContain('{{name}}');
  });

  test('has its end phrases, its hints and everything else as they were', () => {
    const assistant = {
      ...ASSISTANT,
      ending: { phrases: ['{{a}}'], message: 'x' },
      listen: { ...ASSISTANT.listen, hints: ['{{a}}'] },
    };
    expect(filled(assistant, { a: '1' })).toEqual(assistant);
    expect(filled(ASSISTANT)).not.toHaveProperty('failure');
  });
});
