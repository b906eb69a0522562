/** Signatures of what we send to customers' servers: Standard Webhooks 1.0 (standardwebhooks.com), `v1`. */
import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
/** The specification asks for 24 to 64. */
const SECRET_BYTES = 32;

/** `whsec_` and 32 random bytes in base64, as the libraries of receivers expect it. */
export function newWebhookSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/**
 * The headers that prove where a body comes from, and when it was sent: receivers refuse what is older
 * than five minutes, so each attempt is signed anew.
 * @param secrets as `newWebhookSecret` makes them; two while one is exchanged for the other: a receiver
 *   may know either
 * @param id of the message, the same for each attempt; without a dot
 * @param body exactly as it is sent
 */
export function signWebhook(
  secrets: readonly string[],
  id: string,
  at: Date,
  body: string,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const seconds = Math.floor(at.getTime() / 1000);
  const signed = `${id}.${seconds}.${body}`;
  return {
    'webhook-id': id,
    'webhook-timestamp': `${seconds}`,
    'webhook-signature': secrets.map((secret) => `v1,${hmac(secret, signed)}`).join(' '),
  };
}

function hmac(secret: string, text: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  return createHmac('sha256', key).update(text).digest('base64');
}
