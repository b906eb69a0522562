import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  askAgainKey,
  compareKeys,
  followingKey,
  isAskedAgain,
  isSameTurn,
  laterKey,
  parseKey,
} from '../../workflows/rules/keys.ts';

const keys = fc
  .tuple(fc.integer({ min: 1, max: 999_998 }), fc.integer({ min: 1, max: 9998 }))
  .map(([turn, asking]) => (asking === 1 ? `${turn}` : `${turn}-${asking}`));

describe('a turn key', () => {
  test.each([
    ['0', 0, 1],
    ['3', 3, 1],
    ['3-2', 3, 2],
    ['12-10', 12, 10],
    ['999999', 999_999, 1],
  ])('%s is taken apart', (key, turn, asking) => {
    expect(parseKey(key)).toEqual({ turn, asking });
  });

  test.each([
    '',
    ' 3',
    '3 ',
    '3\n',
    '-3',
    '+3',
    '3-',
    '-2',
    '3-1',
    '3-0',
    '3-02',
    '03',
    '00',
    '3.0',
  ])('"%s" is none', (text) => {
    expect(parseKey(text)).toBeUndefined();
  });

  test.each(['3-2-2', '3_2', '1e3', '0x3', '٣', 'constructor', '1000000', '3-10000'])(
    '"%s" is none either',
    (text) => {
      expect(parseKey(text)).toBeUndefined();
    },
  );

  test('has one spelling', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9-]{1,8}$/), (text) => {
        const parts = parseKey(text);
        const spelled =
          parts && (parts.asking === 1 ? `${parts.turn}` : `${parts.turn}-${parts.asking}`);
        expect(spelled ?? text).toBe(text);
      }),
    );
  });
});

describe('the order of keys', () => {
  test('goes by turn, then by asking, not by letters', () => {
    const inOrder = ['0', '1', '1-2', '2', '3', '3-2', '3-3', '3-10', '4', '10', '10-2', '11'];
    expect(inOrder.toReversed().sort(compareKeys)).toEqual(inOrder);
  });

  test('is total: only the same key is equal', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        expect((compareKeys(a, b) === 0) === (a === b)).toBe(true);
        expect(Math.sign(compareKeys(a, b)) + Math.sign(compareKeys(b, a))).toBe(0);
      }),
    );
  });

  test('the key that follows is later than the key and all its askings', () => {
    fc.assert(
      fc.property(keys, (key) => {
        expect(compareKeys(followingKey(key), key)).toBeGreaterThan(0);
        expect(compareKeys(followingKey(key), askAgainKey(key))).toBeGreaterThan(0);
        expect(isSameTurn(followingKey(key), key)).toBe(false);
        expect(isAskedAgain(followingKey(key))).toBe(false);
      }),
    );
  });

  test('asked again is the same turn, later', () => {
    expect(askAgainKey('3')).toBe('3-2');
    expect(askAgainKey('3-2')).toBe('3-3');
    fc.assert(
      fc.property(keys, (key) => {
        expect(compareKeys(askAgainKey(key), key)).toBeGreaterThan(0);
        expect(isSameTurn(askAgainKey(key), key)).toBe(true);
        expect(isAskedAgain(askAgainKey(key))).toBe(true);
      }),
    );
  });

  test('the later of two keys is found, also where one is missing', () => {
    expect(laterKey('3', undefined)).toBe('3');
    expect(laterKey('3', '3-2')).toBe('3-2');
    expect(laterKey('4', '3-2')).toBe('4');
  });
});
