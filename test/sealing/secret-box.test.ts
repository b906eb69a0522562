import { describe, expect, test } from '@jest/globals';
import { createSecretBox } from '../../src/sealing/index.ts';

const OLD = 'the-old-secret-of-more-than-thirty-two-characters';
const NEW = 'the-new-secret-of-more-than-thirty-two-characters';
const SECRET = 'whsec_b3VyIG93biBzZWNyZXQgb2YgdGhpcnR5LXR3byE=';
const ABOUT = 'we_0Qb5wM2k7Zt1Yc8Xn4Rr6Vd3Hs';

describe('a sealed secret', () => {
  const kept = createSecretBox([OLD]).seal(SECRET, ABOUT);

  test('opens for what it was sealed for, and shows nothing of itself', () => {
    expect(createSecretBox([OLD]).open(kept, ABOUT)).toBe(SECRET);
    expect(kept).not.toContain(SECRET.slice(6, 20));
    expect(kept).toMatch(/^sealed\.1\.[0-9a-f]{16}\.[A-Za-z0-9_-]+$/);
  });

  test('is never sealed the same twice', () => {
    expect(createSecretBox([OLD]).seal(SECRET, ABOUT)).not.toBe(kept);
  });

  test('opens while its key stands anywhere in the list; new ones are sealed with the first', () => {
    const both = createSecretBox([NEW, OLD]);
    expect(both.open(kept, ABOUT)).toBe(SECRET);
    const again = both.seal(SECRET, ABOUT);
    expect(createSecretBox([NEW]).open(again, ABOUT)).toBe(SECRET);
    expect(() => createSecretBox([OLD]).open(again, ABOUT)).toThrow(/does not hold/);
  });

  test('names its key when that is gone, and no secret', () => {
    const [, , keyId = ''] = kept.split('.');
    const open = () => createSecretBox([NEW]).open(kept, ABOUT);
    expect(open).toThrow(expect.objectContaining({ code: 'unknown-key', messageIsSafe: true }));
    expect(open).toThrow(`A secret is sealed with a key that VOCA_SECRET_KEY does not hold`);
    expect(open).toThrow(keyId);
    expect(() => createSecretBox([]).open(kept, ABOUT)).toThrow(keyId);
  });

  test('does not open for somebody else, so two cannot be exchanged in the database', () => {
    expect(() => createSecretBox([OLD]).open(kept, `${ABOUT}x`)).toThrow(
      expect.objectContaining({ code: 'damaged' }),
    );
  });

  test('does not open when anything of it was changed', () => {
    const box = createSecretBox([NEW, OLD]);
    const from = kept.lastIndexOf('.') + 1;
    for (let at = from; at < kept.length - 1; at += 1) {
      const other = kept[at] === 'A' ? 'B' : 'A';
      const changed = kept.slice(0, at) + other + kept.slice(at + 1);
      expect(() => box.open(changed, ABOUT)).toThrow(expect.objectContaining({ code: 'damaged' }));
    }
    for (const cut of [kept.slice(0, -4), kept.slice(0, from), kept.slice(0, from + 10)]) {
      expect(() => box.open(cut, ABOUT)).toThrow(expect.objectContaining({ code: 'damaged' }));
    }
  });

  test.each([SECRET, '', 'sealed.1.', kept.slice(0, 9)])(
    'that is none of ours is refused: %j',
    (text) => {
      expect(() => createSecretBox([OLD]).open(text, ABOUT)).toThrow(
        expect.objectContaining({ code: 'unknown-key' }),
      );
    },
  );

  test('may be any text', () => {
    const box = createSecretBox([OLD]);
    for (const text of ['', 'readable.1.x', 'sealed.1.x', '你好 👋🏽', 'x'.repeat(10_000)]) {
      expect(box.open(box.seal(text, ABOUT), ABOUT)).toBe(text);
    }
  });
});

describe('without a key', () => {
  const kept = createSecretBox([]).seal(SECRET, ABOUT);

  test('a secret is kept readable, and says so', () => {
    expect(kept).toBe(`readable.1.${SECRET}`);
    expect(createSecretBox([]).open(kept, ABOUT)).toBe(SECRET);
  });

  test('it is opened also when there is one later', () => {
    expect(createSecretBox([NEW]).open(kept, ABOUT)).toBe(SECRET);
  });

  test('a secret that looks like a sealed one is still only itself', () => {
    const box = createSecretBox([]);
    const sealed = createSecretBox([OLD]).seal(SECRET, ABOUT);
    expect(box.open(box.seal(sealed, ABOUT), ABOUT)).toBe(sealed);
  });
});
