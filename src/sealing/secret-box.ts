/**
 * Seals secrets that we have to send or sign with (so hashing them is no way) before they go into the
 * database: AES-256-GCM, under a key of its own for this purpose.
 *
 * Kept as `sealed.1.<key id>.<base64url of nonce, sealed text and tag>`. What the secret is of, the format
 * and the key id are authenticated along, so nobody who can write rows can exchange the secrets of two.
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { deriveKey } from './derive-key.ts';
import { keyIdOf } from './key-ring.ts';
import { SealedPayloadError } from './sealed-payload-error.ts';

export interface SecretBox {
  /** @param about the id of what the secret belongs to: it opens with this one only */
  seal(secret: string, about: string): string;
  /** @throws {SealedPayloadError} */
  open(kept: string, about: string): string;
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = 'sealed.1.';
/** Says so itself, so that a secret can never look like a sealed one. */
const READABLE = 'readable.1.';

interface BoxKey {
  id: string;
  key: KeyObject;
}

/**
 * @param secretKeys `VOCA_SECRET_KEY`: the first one seals, all of them open. None: secrets are kept
 *   readable, and those can still be opened when there is a key.
 */
export function createSecretBox(secretKeys: readonly string[]): SecretBox {
  const keys = secretKeys.map(boxKey);
  const [sealing] = keys;
  return {
    seal: (secret, about) => (sealing ? seal(sealing, secret, about) : READABLE + secret),
    open(kept, about) {
      if (kept.startsWith(READABLE)) return kept.slice(READABLE.length);
      const [keyId = '', sealed = ''] = partsOf(kept);
      const key = keys.find(({ id }) => id === keyId);
      if (!key) throw new SealedPayloadError('unknown-key', keyId, 'secret');
      return open(key, sealed, about);
    },
  };
}

function boxKey(secret: string): BoxKey {
  return {
    id: keyIdOf(secret),
    key: createSecretKey(deriveKey(secret, 'secrets')),
  };
}

function partsOf(kept: string): string[] {
  return kept.startsWith(SEALED) ? kept.slice(SEALED.length).split('.') : [];
}

function seal({ id, key }: BoxKey, secret: string, about: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(id, about));
  const parts = [nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return `${SEALED}${id}.${Buffer.concat(parts).toString('base64url')}`;
}

function open({ id, key }: BoxKey, sealed: string, about: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new SealedPayloadError('damaged', id, 'secret');
  const tagAt = bytes.length - TAG_BYTES;
  try {
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(boundTo(id, about));
    decipher.setAuthTag(bytes.subarray(tagAt));
    const text = [decipher.update(bytes.subarray(NONCE_BYTES, tagAt)), decipher.final()];
    return Buffer.concat(text).toString('utf8');
  } catch {
    throw new SealedPayloadError('damaged', id, 'secret');
  }
}

function boundTo(keyId: string, about: string): Buffer {
  return Buffer.from(JSON.stringify(['voca secret 1', keyId, about]));
}
