import { describe, expect, test } from '@jest/globals';
import { createKeyRing, deriveKey } from '../../src/sealing/index.ts';

const SECRET = 'a-secret-of-more-than-thirty-two-characters';

describe('a derived key', () => {
  test('is always the same for a secret and a purpose, or nothing could be opened any more', () => {
    expect(deriveKey(SECRET, 'payloads').toString('hex')).toBe(
      '4962d70b9e72eb2c5c8421ca46d91707e45de446f2b8673a481a0fbe2d932b7d',
    );
    expect(createKeyRing([SECRET]).sealing?.id).toBe('29e9b64b73140337');
  });

  test('differs from secret to secret and from purpose to purpose', () => {
    const keys = [
      deriveKey(SECRET, 'payloads'),
      deriveKey(SECRET, 'payload key id'),
      deriveKey(SECRET, 'operator tokens'),
      deriveKey(SECRET, 'secrets'),
      deriveKey(`${SECRET}!`, 'payloads'),
    ].map((key) => key.toString('hex'));
    expect(new Set(keys).size).toBe(5);
    expect(keys.every((key) => /^[0-9a-f]{64}$/.test(key))).toBe(true);
  });

  test('is not begun by the id that stands beside what it has sealed', () => {
    const { id } = createKeyRing([SECRET]).sealing ?? { id: '' };
    expect(deriveKey(SECRET, 'payloads').toString('hex')).not.toContain(id);
  });
});
