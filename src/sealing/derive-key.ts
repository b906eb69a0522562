import { hkdfSync } from 'node:crypto';

/** Keys of different purposes must never be the same: whoever learns one learns nothing of another. */
export type KeyPurpose =
  'payloads' | 'payload key id' | 'operator tokens' | 'secrets' | 'stream tokens';

const SALT = 'voca';
const VERSION = 1;

/**
 * A key of its own for each purpose, out of one entry of `VOCA_SECRET_KEY`: HKDF with SHA-256
 * (RFC 5869). The secret cannot be found from it.
 */
export function deriveKey(secret: string, purpose: KeyPurpose, bytes = 32): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, SALT, `voca ${purpose} ${VERSION}`, bytes));
}
