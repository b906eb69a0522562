/**
 * Checks signatures of Standard Webhooks 1.0 as a customer's server does: written from the
 * specification, not from the product's own code, so that it can catch misreadings of it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SignatureState } from './received.ts';

/** The specification leaves it to receivers; its libraries take 5 minutes. */
const TOLERANCE_SECONDS = 300;

export interface SignedParts {
  id: string;
  /** Seconds since 1970, as text. */
  timestamp: string;
  /** `v1,BASE64`, several of them with blanks between. */
  signature: string;
  body: string;
}

/** @param secrets `whsec_…`; any of them will do */
export function checkSignature(
  secrets: readonly string[],
  { id, timestamp, signature, body }: SignedParts,
  nowMs: number = Date.now(),
): SignatureState {
  if (id === '' || timestamp === '' || signature === '') return 'missing';
  const seconds = /^\d+$/.test(timestamp) ? Number(timestamp) : NaN;
  const given = signature.split(' ').flatMap((each) => {
    const [version, code] = each.split(',');
    return version === 'v1' && code !== undefined ? [Buffer.from(code, 'base64')] : [];
  });
  const isSigned = secrets.some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const right = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
    return given.some((code) => code.length === right.length && timingSafeEqual(code, right));
  });
  if (!isSigned || Number.isNaN(seconds)) return 'invalid';
  return Math.abs(nowMs / 1000 - seconds) > TOLERANCE_SECONDS ? 'too-old' : 'valid';
}
