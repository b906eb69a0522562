import { randomBytes } from 'node:crypto';

/** A Twilio SID: two letters and 32 lower-case hex digits. */
export function newSid(prefix: 'CA' | 'PN' | 'AC' | 'SK' | 'MZ'): string {
  return prefix + randomBytes(16).toString('hex');
}
