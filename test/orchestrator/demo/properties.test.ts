import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { speakable } from '../../../src/orchestrator/speakable.ts';
import { conversation } from './lines.ts';
import { FACTS, talk } from './talk.ts';

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
