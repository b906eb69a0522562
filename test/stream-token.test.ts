import { describe, expect, test } from '@jest/globals';
import { createStreamTokens, STREAM_TOKEN_LIFE_MS } from '../src/stream-token.ts';
import { inboundCallId } from '../src/ids.ts';

const OLD = 'an-old-secret-of-more-than-32-characters';
const NEW = 'a-new-secret-of-more-than-32-characters!';
const AUTH = '0123456789abcdef0123456789abcdef';
const NOW = Date.UTC(2026, 0, 1);
const callId = inboundCallId(`AC${'1'.repeat(32)}`, `CA${'2'.repeat(32)}`);
const grant = { callId, stream: 3, until: NOW + 60_000 };
const tokens = createStreamTokens({ secretKeys: [OLD], authToken: AUTH });

describe('the token of a stream', () => {
  test('names its call and its stream, until its time is over', () => {
    const token = tokens.make(grant);
    expect(tokens.read(token, NOW)).toEqual({ callId, stream: 3 });
    expect(tokens.read(token, grant.until - 1)).toEqual({ callId, stream: 3 });
    expect(tokens.read(token, grant.until)).toBeUndefined();
  });

  test('is the same for the same grant, and fits into a URL and a <Parameter>', () => {
    const token = tokens.make(grant);
    expect(tokens.make({ ...grant })).toBe(token);
    expect(token).toMatch(/^[A-Za-z0-9._-]{1,199}$/);
    const longest = { callId: 'c'.repeat(100), stream: 999_999, until: NOW };
    expect(tokens.make(longest).length).toBeLessThan(200);
  });

  test('differs for another call, another stream and another time', () => {
    const others = [
      { ...grant, callId: `${callId.slice(0, -1)}-` },
      { ...grant, stream: 4 },
      { ...grant, until: grant.until + 1 },
    ];
    const all = [grant, ...others].map((each) => tokens.make(each));
    expect(new Set(all).size).toBe(4);
  });

  test('is refused with any character of it changed, added or left out', () => {
    const token = tokens.make(grant);
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === 'b' ? 'c' : 'b';
      const changed = [
        token.slice(0, at) + other + token.slice(at + 1),
        token.slice(0, at) + token.slice(at + 1),
        `${token.slice(0, at)}b${token.slice(at)}`,
      ].filter((each) => each !== token);
      for (const each of changed) expect(tokens.read(each, NOW)).toBeUndefined();
    }
    for (const junk of ['', '.', '...', 'x'.repeat(100_000), '\0', `${token}\n`]) {
      expect(tokens.read(junk, NOW)).toBeUndefined();
    }
  });

  test('is refused when it is good for longer than any that is given out', () => {
    const long = tokens.make({ ...grant, until: NOW + STREAM_TOKEN_LIFE_MS + 60_000 });
    expect(tokens.read(long, NOW)).toBeUndefined();
  });

  test('is signed with the first key and taken with any of them', () => {
    const rotated = createStreamTokens({ secretKeys: [NEW, OLD], authToken: AUTH });
    expect(rotated.read(tokens.make(grant), NOW)).toEqual({ callId, stream: 3 });
    expect(tokens.read(rotated.make(grant), NOW)).toBeUndefined();
  });

  test('without a key of its own is signed with the auth token, which counts for nothing else', () => {
    const plain = createStreamTokens({ secretKeys: [], authToken: AUTH });
    expect(plain.read(plain.make(grant), NOW)).toEqual({ callId, stream: 3 });
    expect(tokens.read(plain.make(grant), NOW)).toBeUndefined();
    const other = createStreamTokens({ secretKeys: [], authToken: AUTH.replace('0', '1') });
    expect(other.read(plain.make(grant), NOW)).toBeUndefined();
  });

  test('is made for no id that could be mistaken', () => {
    for (const bad of ['', 'a.b', 'a b', 'ä', 'c'.repeat(101)]) {
      expect(() => tokens.make({ ...grant, callId: bad })).toThrow(RangeError);
    }
  });
});
