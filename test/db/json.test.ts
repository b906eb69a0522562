import { expect, test } from '@jest/globals';
import { storable, toJson } from '../../src/db/json.ts';

test('a text is kept without U+0000 and without halves of characters', () => {
  expect(storable('a\u0000b\ud800c \u{1f600}')).toBe('ab\ufffdc \u{1f600}');
});

test('so are the texts in JSON, and the names beside them', () => {
  const value = { 'a\u0000b': ['x\u0000', { 'c\ud800': 'y\udfff' }], d: null, e: 1 };
  expect(JSON.parse(toJson(value))).toEqual({ ab: ['x', { 'c\ufffd': 'y\ufffd' }], d: null, e: 1 });
  expect(toJson(value)).not.toMatch(/\\u0000|\\ud[89a-f]/i);
  expect(toJson({ at: new Date(0), none: undefined })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
});
