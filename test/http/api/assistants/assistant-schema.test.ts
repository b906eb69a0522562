import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  fromAssistant,
  toAssistant,
} from '../../../../src/http/api/assistants/assistant-mapping.ts';
import {
  assistantChanges,
  newAssistant,
} from '../../../../src/http/api/assistants/assistant-schema.ts';
import { checkedConfig } from '../../../../src/db/assistant-config.ts';

const LEAST = { name: 'Anna', instructions: 'Take orders.' };
const FULL = {
  ...LEAST,
  first_message: 'Hello, {{name}}.',
  variables: { name: 'friend' },
  models: [{ provider: 'openai', model: 'gpt-4o-mini' }, { provider: 'demo' }],
  voice: { language: 'de-DE', name: 'Polly.Vicki-Neural' },
  listening: {
    hints: ['Schnitzel'],
    timeout_seconds: 7,
    speech_timeout_seconds: 2,
    keys: false,
  },
  silence: { prompt: 'Sind Sie noch da?', max_prompts: 1, farewell: 'Auf Wiederhören.' },
  limits: { max_call_seconds: 600, max_turns: 20, farewell: 'Die Zeit ist um.' },
  ending: { phrases: ['tschüss'], message: 'Tschüss.' },
  failure: { apology: 'Wie bitte?', end_after: null, farewell: 'Es geht gerade nicht.' },
  metadata: { branch: 'Mitte' },
};

describe('a new assistant', () => {
  test('needs a name and instructions alone', () => {
    const assistant = newAssistant.parse(LEAST);
    expect(assistant.first_message).toBeNull();
    expect(assistant.voice).toEqual({ language: 'en-US', name: null });
    expect(assistant.limits.max_call_seconds).toBe(1_800);
    expect(newAssistant.safeParse({ name: 'Anna' }).success).toBe(false);
  });

  test('takes a part of a group, and the defaults for the rest of it', () => {
    const { voice } = newAssistant.parse({ ...LEAST, voice: { language: 'fr-FR' } });
    expect(voice).toEqual({ language: 'fr-FR', name: null });
  });

  test.each([LEAST, FULL])('comes back from the form of calls as it went', (given) => {
    const content = newAssistant.parse(given);
    expect(fromAssistant(toAssistant(content))).toEqual(content);
  });

  test.each([LEAST, FULL])('can be kept by the database', (given) => {
    const { name: _name, ...config } = toAssistant(newAssistant.parse(given));
    expect(checkedConfig(config)).toEqual(config);
  });

  const BAD: [what: string, change: object, at: string][] = [
    ['an unknown field', { prompt: 'x' }, ''],
    ['an unknown field of a group', { voice: { language: 'en', pitch: 1 } }, 'voice'],
    ['a blank name', { name: ' ' }, 'name'],
    ['a name on two lines', { name: 'a\nb' }, 'name'],
    ['control characters', { instructions: 'a\u0000b' }, 'instructions'],
    ['half a surrogate pair', { first_message: '\ud800' }, 'first_message'],
    ['an empty first message', { first_message: '' }, 'first_message'],
    [
      'a first message that nobody would hear out',
      { first_message: 'a'.repeat(3_001) },
      'first_message',
    ],
    ['no language', { voice: { language: 'x' } }, 'voice.language'],
    ['markup as a voice', { voice: { language: 'en', name: '"/><Dial>' } }, 'voice.name'],
    ['no model in the list', { models: [] }, 'models'],
    ['a hint that is two', { listening: { hints: ['a,b'] } }, 'listening.hints.0'],
    ['501 hints', { listening: { hints: Array(501).fill('a') } }, 'listening.hints'],
    ['no time to answer', { listening: { timeout_seconds: 0 } }, 'listening.timeout_seconds'],
    ['half a second', { listening: { timeout_seconds: 1.5 } }, 'listening.timeout_seconds'],
    [
      'calls longer than Twilio lets them be',
      { limits: { max_call_seconds: 14_401 } },
      'limits.max_call_seconds',
    ],
    ['no turns', { limits: { max_turns: 0 } }, 'limits.max_turns'],
    ['an end after no failure', { failure: { end_after: 0 } }, 'failure.end_after'],
    ['a placeholder that is not closed', { first_message: 'Hi {{name}' }, 'first_message'],
    ['a placeholder of two words', { instructions: '{{first name}}' }, 'instructions'],
    ['an empty end phrase', { ending: { phrases: [''] } }, 'ending.phrases.0'],
    ['a variable that no text can name', { variables: { 'a b': 'x' } }, 'variables.a b'],
    ['notes that are no text', { metadata: { a: 1 } }, 'metadata.a'],
    [
      '51 notes',
      { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, ''])) },
      'metadata',
    ],
  ];

  test.each(BAD)('with %s is refused', (_what, change, at) => {
    const result = newAssistant.safeParse({ ...LEAST, ...change });
    expect(result.success).toBe(false);
    expect(result.error?.issues.map(({ path }) => path.join('.'))).toContain(at);
  });

  test('of any form of JSON is taken or refused, and never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(FULL)), (value, field) => {
        const given = { ...LEAST, [field]: value };
        expect(() => {
          const result = newAssistant.safeParse(given);
          if (result.success) toAssistant(result.data);
          assistantChanges.safeParse({ [field]: value });
        }).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});

describe('a change of an assistant', () => {
  test('may name one field, one setting of a group, or null for a default', () => {
    for (const change of [
      { name: 'Berta' },
      { voice: { name: null } },
      { voice: null },
      { metadata: { branch: null } },
      {},
    ]) {
      expect(assistantChanges.parse(change)).toEqual(change);
    }
  });

  test('with an unknown field is refused, also inside of a group', () => {
    expect(assistantChanges.safeParse({ prompt: 'x' }).success).toBe(false);
    expect(assistantChanges.safeParse({ voice: { pitch: 1 } }).success).toBe(false);
    expect(assistantChanges.safeParse({ id: 'asst_1' }).success).toBe(false);
  });
});
