import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cleanText, cutText, headOf, MAX_SAY_CHARS } from '../../src/twilio/say-text.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 400 });

describe('cleanText', () => {
  test.each([
    ['a\u0000b\u0008c\u001bd', 'abcd'],
    ['one\ud800two\udc00three', 'onetwothree'],
    ['end\ufffe\uffff', 'end'],
    ['a\u0085b\u0080c\u007fd', 'a bcd'],
    ['  two \r\n\t lines\u00a0here ', 'two lines here'],
    ['emoji 😀 & <b>markup</b>', 'emoji 😀 & <b>markup</b>'],
    ['\u0000', ''],
  ])('makes %j into %j', (text, clean) => {
    expect(cleanText(text)).toBe(clean);
  });

  test('leaves only characters of XML 1.0, for any text', () => {
    const allowed = /^[\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
    fc.assert(fc.property(anyText, (text) => expect(cleanText(text)).toMatch(allowed)));
  });
});

describe('cutText', () => {
  test('cuts behind sentences, else between words', () => {
    expect(cutText('One two. Three four! Five six', 12)).toEqual([
      'One two.',
      'Three four!',
      'Five six',
    ]);
    expect(cutText('alpha beta gamma delta', 12)).toEqual(['alpha beta', 'gamma delta']);
    expect(cutText('第一句。第二句。第三句', 5)).toEqual(['第一句。', '第二句。', '第三句']);
  });

  test('does not take the point of a number for the end of a sentence', () => {
    expect(cutText('it costs 10.50 in all', 15)).toEqual(['it costs 10.50', 'in all']);
  });

  test('never splits a character', () => {
    expect(cutText('😀'.repeat(5), 5)).toEqual(['😀😀', '😀😀', '😀']);
  });

  test('keeps every word, in parts of at most the limit, for any text', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 2, max: 60 }), (text, limit) => {
        const clean = cleanText(text);
        const parts = cutText(clean, limit);
        expect(parts.every((part) => part.length <= limit && part !== '')).toBe(true);
        expect(parts.join('').replaceAll(' ', '')).toBe(clean.replaceAll(' ', ''));
        expect(parts.every((part) => cleanText(part) === part)).toBe(true);
      }),
    );
  });

  test('has nothing to say for an empty text, and one part for a short one', () => {
    expect(cutText('')).toEqual([]);
    expect(cutText('x'.repeat(MAX_SAY_CHARS))).toHaveLength(1);
    expect(cutText('x'.repeat(MAX_SAY_CHARS + 1))).toHaveLength(2);
  });
});

test('headOf keeps most of a text whose only sentence ends early', () => {
  expect(headOf(`Hi. ${'word '.repeat(100)}`, 100).length).toBeGreaterThan(90);
});
