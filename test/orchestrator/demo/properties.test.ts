import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { speakable } from '../../../src/orchestrator/speakable.ts';
import { FACTS, talk } from './talk.ts';

const sensible = fc.constantFrom(
  ...['a table', 'an appointment', 'friday', 'tomorrow evening', 'not friday', 'at seven', 'ten'],
  ...['four people', 'one more', 'my name is Anna', 'Smith', 'yes', 'no', 'maybe', 'the time'],
  ...['make it five', 'people', 'cancel', 'start over', 'repeat', 'what?', 'help', 'who are you'],
  ...['goodbye', 'thanks', 'yesterday', 'in an hour', 'an hour later', 'in the morning', 'wait'],
  ...['what do you have so far', "I don't know", 'nothing', 'change the day', 'tell me a joke'],
  ...['[the caller pressed 1]', '[the caller pressed 4]', '[the caller said nothing]', 'asdf'],
);
const words = fc
  .array(
    fc.constantFrom(
      ...['not', 'for', 'at', 'half', 'past', 'quarter', 'to', 'seven', 'friday', 'the', 'first'],
      ...[
        'of',
        'may',
        'table',
        'two',
        'people',
        'and',
        'me',
        'no',
        'yes',
        'name',
        'is',
        'with',
        'a',
      ],
      ...['week', 'from', 'in', 'later', '12', '5th', '7:30', ',', 'twenty', 'hundred', 'second'],
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(' '));
const line = fc.oneof(
  { weight: 6, arbitrary: sensible },
  { weight: 3, arbitrary: words },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
);
// Half of them begin with everything said, or the end would hardly ever be reached.
const beginning = fc.constantFrom(
  [],
  ['a table for two on friday at seven under the name of Miller'],
  ['an appointment tomorrow at ten', 'Smith'],
);
const conversation = fc
  .tuple(beginning, fc.array(line, { minLength: 1, maxLength: 10 }))
  .map(([before, after]): string[] => [...before, ...after]);
const runs = { numRuns: 300 };

describe('whatever the caller says', () => {
  test('there is always an answer, fit to be spoken as it is', () => {
    fc.assert(
      fc.property(conversation, (lines) => {
        for (const { reply } of talk(lines)) {
          expect(reply).not.toBe('');
          expect(reply.length).toBeLessThan(1_000);
          expect(reply).not.toMatch(/undefined|NaN|null|\[object/);
          // Names are the caller's own words; everything else is ours, and clean.
          expect(speakable(reply).length).toBeGreaterThan(0);
        }
      }),
      runs,
    );
  });

  test('the call ends with a goodbye, and only then', () => {
    fc.assert(
      fc.property(conversation, (lines) => {
        for (const { reply, end } of talk(lines)) expect(end).toBe(/goodbye!$/i.test(reply));
      }),
      runs,
    );
  });

  test('no sentence is said three times in a row', () => {
    fc.assert(
      fc.property(conversation, (lines) => {
        const replies = talk(lines).map(({ reply }) => reply);
        const thrice = replies.filter(
          (reply, at) => at >= 2 && reply === replies[at - 1] && reply === replies[at - 2],
        );
        expect(thrice).toEqual([]);
      }),
      runs,
    );
  });

  test('the same conversation gets the same answer', () => {
    fc.assert(
      fc.property(conversation, (lines) => {
        expect(talk(lines)).toEqual(talk(lines));
      }),
      { numRuns: 50 },
    );
  });

  test('nothing is confirmed that was not read back', () => {
    fc.assert(
      fc.property(conversation, (lines) => {
        const replies = talk(lines).map(({ reply }) => reply);
        const unread = replies.filter((reply, at) => {
          const booking = /^Wonderful, I have noted (.*?)\. Thank you/.exec(reply)?.[1];
          return booking !== undefined && !replies.slice(0, at).join(' ').includes(booking);
        });
        expect(unread).toEqual([]);
      }),
      runs,
    );
  });

  test('a very long sentence costs no time', () => {
    const before = performance.now();
    for (const piece of [
      'seven ',
      'not friday ',
      'my name is a ',
      'two people and ',
      '1:',
      'a b ',
    ]) {
      talk([piece.repeat(20_000)], FACTS);
    }
    expect(performance.now() - before).toBeLessThan(3_000);
  });
});
