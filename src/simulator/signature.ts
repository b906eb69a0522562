import { createHmac } from 'node:crypto';
import type { Field } from './form.ts';

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * The text that is signed: the URL, then (for a form POST) every field name with its value, names
 * in byte order. Of a repeated field the distinct values are taken, sorted.
 */
export function signedText(url: string, fields: readonly Field[]): string {
  const names = [...new Set(fields.map(([name]) => name))].sort(byBytes);
  const parts = names.flatMap((name) => {
    const values = fields.filter(([key]) => key === name).map(([, value]) => value);
    return [...new Set(values)].sort(byBytes).map((value) => name + value);
  });
  return url + parts.join('');
}

/**
 * The X-Twilio-Signature header: base64 of HMAC-SHA1 over {@link signedText} with the account's
 * auth token. `url` is the URL on the wire, so without a fragment; for a GET pass no fields.
 */
export function sign(authToken: string, url: string, fields: readonly Field[]): string {
  return createHmac('sha1', authToken).update(signedText(url, fields), 'utf8').digest('base64');
}
