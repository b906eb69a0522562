import { describe, expect, test } from '@jest/globals';
import { createOperatorTokens, TOKEN_LIFE_MS } from '../../src/sealing/index.ts';
import type { TokenKind } from '../../src/sealing/index.ts';

const OLD = 'an-old-secret-of-more-than-32-characters';
const NEW = 'a-new-secret-of-more-than-32-characters!';
const KINDS: TokenKind[] = ['link', 'session', 'bearer'];
const tokens = createOperatorTokens([OLD]);
const NOW = Date.UTC(2026, 0, 1);

describe('a token of an operator', () => {
  test.each(KINDS)('of the kind %s is good for its time and not longer', (kind) => {
    const token = tokens.mint(kind, NOW);
    const endsAtMs = NOW + TOKEN_LIFE_MS[kind];
    expect(tokens.check(kind, token, NOW)).toBe(endsAtMs);
    expect(tokens.check(kind, token, endsAtMs - 1)).toBe(endsAtMs);
    expect(tokens.check(kind, token, endsAtMs)).toBeUndefined();
  });

  test('passes for no other kind, also when it is written anew', () => {
    for (const kind of KINDS) {
      const token = tokens.mint(kind);
      for (const other of KINDS.filter((each) => each !== kind)) {
        expect(tokens.check(other, token)).toBeUndefined();
        expect(tokens.check(other, token.replace(kind, other))).toBeUndefined();
      }
    }
  });

  test('is refused with any character of it changed, added or left out', () => {
    const token = tokens.mint('bearer', NOW);
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === 'b' ? 'c' : 'b';
      const changed = [
        token.slice(0, at) + other + token.slice(at + 1),
        token.slice(0, at) + token.slice(at + 1),
        `${token.slice(0, at)}b${token.slice(at)}`,
      ].filter((each) => each !== token);
      for (const each of changed) {
        expect(tokens.check('bearer', each, NOW)).toBeUndefined();
      }
    }
    for (const junk of ['', '.', 'voca_bearer', 'x'.repeat(100_000), '\0', 'voca_bearer....']) {
      expect(tokens.check('bearer', junk)).toBeUndefined();
    }
  });

  test.each(KINDS)('of the kind %s is taken only while its key comes first', (kind) => {
    const token = tokens.mint(kind);
    expect(createOperatorTokens([OLD, NEW]).check(kind, token)).toBeDefined();
    expect(createOperatorTokens([NEW, OLD]).check(kind, token)).toBeUndefined();
    expect(createOperatorTokens([NEW]).check(kind, token)).toBeUndefined();
  });

  test('for programs ends within a quarter of an hour: command lines can be read', () => {
    expect(TOKEN_LIFE_MS.bearer).toBeLessThanOrEqual(15 * 60_000);
  });

  test('can be given a shorter life', () => {
    const token = tokens.mint('session', NOW, 1000);
    expect(tokens.check('session', token, NOW)).toBe(NOW + 1000);
    expect(tokens.check('session', token, NOW + 1000)).toBeUndefined();
  });

  test('needs a secret', () => {
    expect(() => createOperatorTokens([])).toThrow('VOCA_SECRET_KEY');
  });

  test('is never the same twice, and fits behind # and into a header', () => {
    const many = new Set(Array.from({ length: 100 }, () => tokens.mint('link', NOW)));
    expect(many.size).toBe(100);
    for (const each of many) expect(each).toMatch(/^[\w.-]+$/);
  });
});
