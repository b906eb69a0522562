/**
 * Answers that are kept to be given again. They may hold a secret or a telephone number, so they are
 * sealed with something that is kept nowhere: whoever repeats the request brings it along.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const FORMAT = 'voca answer 1';
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * @param secret what the client has sent: its API key, or its `Idempotency-Key`
 * @param about what the answer belongs to; it opens beside nothing else
 */
export function sealAnswer(secret: string, about: Buffer, text: string): string {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(secret, salt), nonce).setAAD(about);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([salt, nonce, cipher.getAuthTag(), sealed]).toString('base64');
}

/** @returns undefined when it was sealed with another secret, or about something else. */
export function openAnswer(secret: string, about: Buffer, kept: string): string | undefined {
  const bytes = Buffer.from(kept, 'base64');
  const [salt, nonce, tag, sealed] = cut(bytes, SALT_BYTES, NONCE_BYTES, TAG_BYTES);
  try {
    const decipher = createDecipheriv(CIPHER, keyOf(secret, salt), nonce, {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(about).setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/** A key of its own for each answer: HKDF with SHA-256 (RFC 5869) over a fresh salt. */
function keyOf(secret: string, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, FORMAT, 32));
}

function cut(bytes: Buffer, a: number, b: number, c: number): [Buffer, Buffer, Buffer, Buffer] {
  const at = (from: number, length?: number) =>
    bytes.subarray(from, length === undefined ? undefined : from + length);
  return [at(0, a), at(a, b), at(a + b, c), at(a + b + c)];
}
