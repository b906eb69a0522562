import { describe, expect, test } from '@jest/globals';
import { canonicalJson } from '../../../../src/http/api/idempotency/canonical-json.ts';
import { openAnswer, sealAnswer } from '../../../../src/http/api/idempotency/sealed-answer.ts';

const ABOUT = Buffer.from('a request');

describe('a sealed answer', () => {
  test('opens with its secret, about its request', () => {
    const kept = sealAnswer('secret', ABOUT, '{"key":"ä"}');
    expect(openAnswer('secret', ABOUT, kept)).toBe('{"key":"ä"}');
    expect(kept).not.toContain('key');
  });

  test('opens in no other way', () => {
    const kept = sealAnswer('secret', ABOUT, 'text');
    expect(openAnswer('Secret', ABOUT, kept)).toBeUndefined();
    expect(openAnswer('secret', Buffer.from('another'), kept)).toBeUndefined();
    const bytes = Buffer.from(kept, 'base64');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openAnswer('secret', ABOUT, changed.toString('base64'))).toBeUndefined();
    }
    for (const cut of ['', kept.slice(0, 20), 'nonsense']) {
      expect(openAnswer('secret', ABOUT, cut)).toBeUndefined();
    }
  });

  test('looks different each time', () => {
    expect(sealAnswer('secret', ABOUT, 'text')).not.toBe(sealAnswer('secret', ABOUT, 'text'));
  });
});

describe('canonical JSON', () => {
  test('is the same for all ways to write it', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe(
      '{"a":true,"b":[1,{"c":"x","d":null}]}',
    );
    expect(canonicalJson(JSON.parse('{"__proto__":1,"a":2}'))).toBe('{"__proto__":1,"a":2}');
    expect(canonicalJson({ a: undefined })).toBe('{}');
    expect(canonicalJson(undefined)).toBe('null');
  });

  test('tells apart what differs', () => {
    const values = [
      [1, 2],
      [2, 1],
      ['1', 2],
      { a: 1 },
      { a: '1' },
      { a: { b: 1 } },
      'a',
      null,
      {},
      [],
    ];
    expect(new Set(values.map(canonicalJson)).size).toBe(values.length);
  });
});
