/** Whatever a model writes, and however it comes: what is given out early obeys the rules of whole answers. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leaksPrompt } from '../../../src/orchestrator/leak.ts';
import { ModelError } from '../../../src/orchestrator/llm.ts';
import { buildPrompt } from '../../../src/orchestrator/prompt.ts';
import { MAX_SPOKEN_LENGTH, speakable } from '../../../src/orchestrator/speakable.ts';
import { plainWords, spokenAnswer } from '../../../src/orchestrator/spoken-answer.ts';
import { faultsOf, NEVER_FOR_A_CALLER, SAID_AS, wild } from '../absurd-output.ts';
import { makeCall } from '../make-call.ts';
import { streamText } from './stream-text.ts';

const prompt = buildPrompt(makeCall('Hi.'), { kind: 'speech', text: 'hello' }, 'UTC');
const { frame = '', instructions = '' } = prompt.secret ?? {};
const pieces = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });

describe('what models have been seen to write', () => {
  test.each(NEVER_FOR_A_CALLER)('%j is no answer', (text) => {
    expect(streamText(text, { prompt })).toMatchObject({ clauses: [], isBad: true });
  });

  test.each(SAID_AS)('%j is said as %j', (text, spoken) => {
    expect(streamText(text, { prompt }).text).toBe(spoken);
  });

  test.each(NEVER_FOR_A_CALLER)('of %j behind a sentence the sentence is said', (text) => {
    expect(streamText(`Gladly, at seven. ${text}`, { prompt })).toMatchObject({
      text: expect.stringMatching(/^Gladly, at seven\.( \.\.\.)?$/),
    });
  });

  test('what a model makes the caller say ends the answer, whatever comes then', () => {
    const text = 'Gladly. For how many?\nUser: for four.\nAssistant: Fine. {"a": 1} And so on.';
    const streamed = streamText(text, { prompt });
    expect(streamed).toMatchObject({ text: 'Gladly. For how many?', isOver: true, isBad: false });
  });
});

describe('the recital of our own prompt', () => {
  test.each([
    ['at once', prompt.system, 1],
    ['from its middle on', frame.slice(frame.indexOf('\n') + 1), 1],
    ['of the instructions', instructions, 150 + instructions.length / 2],
    ['behind a sentence', `Sure, here they are. ${frame}`, 30],
  ])('%s is stopped before a passage of it is given out', (_how, text, most) => {
    const streamed = streamText(text, { prompt });
    expect(streamed.isBad).toBe(true);
    expect(leaksPrompt(streamed.text, { frame, instructions })).toBe(false);
    expect(streamed.text.length).toBeLessThan(most);
  });

  test.each([
    'You are on the telephone with a caller.',
    'You are on the telephone with a caller. So you have to wait.',
  ])('which %j is not, is said', (text) => {
    expect(streamText(text, { prompt })).toMatchObject({ text, isBad: false });
  });

  test('in clauses that are harmless one by one is stopped, too', () => {
    const words = frame.split(/\s+/).slice(0, 60);
    const text = words.map((word, at) => (at % 2 === 1 ? `${word}. Well` : word)).join(' ');
    expect(streamText(text, { prompt }).isBad).toBe(false);
    const bare = words.map((word, at) => (at % 3 === 2 ? `${word}.` : word)).join(' ');
    expect(streamText(bare, { prompt })).toMatchObject({ isBad: true });
  });
});

describe('for any output of a model', () => {
  const output = fc.record({
    text: wild(frame.slice(0, 200), instructions.slice(0, 300)),
    end: fc.boolean(),
    isCut: fc.boolean(),
    pieces,
  });

  test('all clauses together are speakable words, or nothing was given out', () => {
    fc.assert(
      fc.property(output, ({ text, ...rest }) => {
        const streamed = streamText(text, { ...rest, prompt });
        const isSilent = streamed.text === '';
        expect(streamed.clauses.join(' ')).toBe(streamed.text);
        expect(streamed.clauses.every((clause) => clause.trim() === clause && clause !== '')).toBe(
          true,
        );
        expect(isSilent ? [] : faultsOf({ text: streamed.text, end: rest.end })).toEqual([]);
        expect(speakable(streamed.text)).toBe(streamed.text);
        expect(plainWords(streamed.text).text).toBe(streamed.text);
        expect(leaksPrompt(streamed.text, { frame, instructions })).toBe(false);
        // Silence is an answer only when the call ends with it.
        expect(isSilent && !rest.end ? streamed.isBad : false).toBe(isSilent && !rest.end);
      }),
      { numRuns: 4_000 },
    );
  }, 60_000);

  test('it does not matter in which pieces it comes', () => {
    fc.assert(
      fc.property(output, pieces, ({ text, ...rest }, others) => {
        const one = streamText(text, { ...rest, prompt });
        expect(streamText(text, { ...rest, prompt, pieces: others })).toEqual(one);
        expect(streamText(text, { ...rest, prompt, pieces: [text.length] })).toEqual(one);
      }),
      { numRuns: 1_500 },
    );
  }, 60_000);
});

describe('for any plain words', () => {
  const word = fc.constantFrom(
    ...'yes we are open until ten and Dr. Miller 3.50 7.30 Köln café at p.m. (also) "so" z. B.'.split(
      ' ',
    ),
  );
  const sign = fc.constantFrom('', '', '', ',', '.', '?', '!', '…', ':', ' –');
  const text = fc
    .array(fc.tuple(word, sign), { minLength: 1, maxLength: 120 })
    .map((words) => words.map(([each, end]) => each + end).join(' '));

  test('what is given out is what the whole answer would have been', () => {
    fc.assert(
      fc.property(text, pieces, (words, lengths) => {
        const whole = (() => {
          try {
            return spokenAnswer({ text: words, end: false, model: 'm' }, prompt);
          } catch (error) {
            if (error instanceof ModelError) return '';
            throw error;
          }
        })();
        expect(streamText(words, { prompt, pieces: lengths }).text).toBe(whole);
      }),
      { numRuns: 1_500 },
    );
  }, 60_000);
});

describe('an answer without end', () => {
  test('is bounded, and ends with a whole clause', () => {
    const streamed = streamText('A sentence of the model. '.repeat(4_000), { pieces: [100] });
    expect(streamed.isOver).toBe(true);
    expect(streamed.text.length).toBeLessThanOrEqual(MAX_SPOKEN_LENGTH);
    expect(streamed.text).toMatch(/model\.$/);
  });

  test.each([
    ...[
      '{"a":',
      '[{"',
      '[the caller ',
      '\nUser:',
      '<|a|>',
      'end_call(',
      '{"\\',
      'a {" ',
      '<think>',
    ],
    ...['. ', 'a. ', '*a. ', '<b. ', '[a. ', '```', '|a. ', 'and ', ', ', '\n', '😀', '&lt;b. '],
    ...['_a. ', 'a&#42;b. ', ' ', '。', '"', '1. ', 'Dr. '],
  ])('20 kB of %j take less than a second', (part) => {
    const text = part.repeat(Math.ceil(20_000 / part.length));
    const before = performance.now();
    streamText(text, { prompt, pieces: [5] });
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});
