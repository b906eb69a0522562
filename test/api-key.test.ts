import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { faceOf, newApiKey } from '../src/api-key.ts';

const MODES = ['live', 'test'] as const;
/** What those are given who look for keys in published code. */
const SCANNER = /\bvoca_(?:live|test)_[0-9A-Za-z]{36}\b/;
/** Made once: keys that are out there must stay good. */
const OLD_KEY = 'voca_live_000000000000000000000000000000' + '43fdiL';

describe('an API key', () => {
  test.each(MODES)('of the kind %s has a face', (mode) => {
    const key = newApiKey(mode);
    expect(faceOf(key)).toEqual({
      mode,
      hash: createHash('sha256').update(key).digest(),
      lastFour: key.slice(-4),
    });
  });

  test('is found by scanners of published code, wherever it stands', () => {
    for (const mode of MODES) {
      const key = newApiKey(mode);
      for (const line of [key, `KEY="${key}"`, `-H 'Authorization: Bearer ${key}'`, `k=${key};`]) {
        expect(SCANNER.exec(line)?.[0]).toBe(key);
      }
    }
  });

  test('is never the same', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => newApiKey('live'))).size).toBe(1_000);
  });

  test('of which one character is wrong has no face', () => {
    const key = newApiKey('live');
    for (let at = 0; at < key.length; at++) {
      const wrong = key[at] === 'a' ? 'b' : 'a';
      expect(faceOf(key.slice(0, at) + wrong + key.slice(at + 1))).toBeUndefined();
    }
  });

  test('of which two neighbours changed places has no face', () => {
    const key = newApiKey('test');
    for (let at = 0; at + 1 < key.length; at++) {
      const [a = '', b = ''] = [key[at], key[at + 1]];
      if (a === b) continue;
      expect(faceOf(key.slice(0, at) + b + a + key.slice(at + 2))).toBeUndefined();
    }
  });

  test.each([
    '',
    'voca_live_',
    'voca_prod_000000000000000000000000000000000000',
    `${newApiKey('live')}0`,
    `${newApiKey('live')}\n`,
    ` ${newApiKey('live')}`,
    newApiKey('live').toUpperCase(),
    newApiKey('live').replace('live', 'test'),
  ])('is not “%s”', (text) => {
    expect(faceOf(text)).toBeUndefined();
  });

  test('that was made long ago is still good', () => {
    expect(faceOf(OLD_KEY)).toMatchObject({ mode: 'live' });
  });
});
