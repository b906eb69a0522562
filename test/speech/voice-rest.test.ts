import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { restOf, SpeakingRate } from '../../src/speech/voice-rest.ts';
import { MAX_CHARACTERS, precedingText, speakable } from '../../src/speech/voices/speakable.ts';

describe('what is left of a clause', () => {
  test.each<[number, string]>([
    [0, 'Come at half past nine.'],
    [3, 'Come at half past nine.'],
    [5, 'at half past nine.'],
    [7, 'at half past nine.'],
    [9, 'half past nine.'],
    [20, 'nine.'],
    [23, ''],
    [99, ''],
  ])('behind %i characters is "%s"', (characters, rest) => {
    expect(restOf('Come at half past nine.', characters)).toBe(rest);
  });

  test('begins at a word, is the end of the text, and never leaves out what was not said', () => {
    const text = fc.array(fc.stringMatching(/^\S{1,12}$/), { minLength: 1 });
    fc.assert(
      fc.property(text, fc.nat(300), (words, characters) => {
        const clause = words.join(' ');
        const rest = restOf(clause, characters);
        expect(clause.endsWith(rest)).toBe(true);
        const said = clause.length - rest.length;
        expect(said <= characters).toBe(true);
        expect(said === 0 || rest === '' || clause[said - 1] === ' ').toBe(true);
      }),
    );
  });
});

test('the rate of a voice is learnt, within reason, and not from single words', () => {
  const rate = new SpeakingRate();
  const before = rate.charactersIn(80_000);
  rate.learn('Hm.', 80_000);
  expect(rate.charactersIn(80_000)).toBe(before);
  const slow = 'Somebody who speaks this slowly has all the time in the world.';
  for (let at = 0; at < 20; at += 1) rate.learn(slow, slow.length * 800);
  expect(rate.charactersIn(80_000)).toBeLessThan(before * 0.7);
  for (let at = 0; at < 50; at += 1) rate.learn(slow, 9_000_000);
  expect(rate.charactersIn(80_000)).toBeGreaterThan(before * 0.4);
});

describe('what a voice is given', () => {
  test.each([
    ['<speak>Hello <break time="1s"/> you</speak>', 'Hello   you'],
    ['two < three > one', 'two   three   one'],
    ["[[h@'loU]] there", "h@'loU   there"],
    ['one\r\n\ttwo\u0000three', 'one two three'],
    ['a\ud83d b', 'a   b'],
    ['It costs 5 € & more.', 'It costs 5 € & more.'],
  ])('%j becomes %j', (text, words) => {
    expect(speakable(text).replace(/ +/g, ' ')).toBe(words.replace(/ +/g, ' '));
  });

  test('is never longer than a minute of speech, holds no half characters and ends at a word', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (text) => {
        const words = speakable(text);
        expect(words.length).toBeLessThanOrEqual(MAX_CHARACTERS);
        expect(words).not.toMatch(/[\p{Cc}\p{Cs}<>[\]{}]/u);
        expect(words).toBe(words.trim());
      }),
    );
    expect(speakable('word '.repeat(400)).endsWith(' word')).toBe(true);
    expect(speakable(`${'a'.repeat(MAX_CHARACTERS - 1)}👋👋`)).toBe('a'.repeat(MAX_CHARACTERS - 1));
  });

  test('what was said before is its end, from a word on', () => {
    expect(precedingText(undefined)).toBeUndefined();
    expect(precedingText(' … ')).toBeUndefined();
    expect(precedingText('Hello there.')).toBe('Hello there.');
    const long = precedingText('word '.repeat(200)) ?? '';
    expect(long.length).toBeLessThanOrEqual(300);
    expect(long).toMatch(/^(word ?)+$/);
  });
});
