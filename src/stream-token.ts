/**
 * Tokens that let a stream of audio in, put into the TwiML that opens it. Nobody keeps a list of them:
 * all that a media worker needs to check one is the key. The call's workflow lets each stream in once.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { deriveKey } from './sealing/derive-key.ts';

export interface StreamTokenKeys {
  /** `VOCA_SECRET_KEY`: the first one signs, all of them check. */
  secretKeys: readonly string[];
  /** Of the Twilio account: signs when there is no other key. */
  authToken: string;
}

/** What a token lets in. */
export interface StreamGrant {
  callId: string;
  /** Which stream of the call, from 1. */
  stream: number;
  /** Milliseconds since 1970. */
  until: number;
}

export interface StreamTokens {
  /**
   * The same token for the same grant, so that repeated webhooks get the same TwiML. Letters, digits,
   * `.`, `_` and `-`, fewer than 200 characters.
   * @throws RangeError when the call's id is none
   */
  make(grant: StreamGrant): string;
  /**
   * @param nowMs milliseconds since 1970
   * @returns undefined: it is none of ours, is over, or is good for longer than any that is given out
   */
  read(token: string, nowMs?: number): Omit<StreamGrant, 'until'> | undefined;
}

/** The longest that a stream may take to connect. */
export const STREAM_TOKEN_LIFE_MS = 60_000;
/** Temporal's clock, which `until` is taken from, may be so much ahead of ours. */
const SKEW_MS = 5_000;

const CALL_ID = /^[A-Za-z0-9_-]{1,100}$/;
const FORM = /^([A-Za-z0-9_-]{1,100})\.([0-9a-z]{1,6})\.([0-9a-z]{6,11})\.([A-Za-z0-9_-]{43})$/;

export function createStreamTokens({ secretKeys, authToken }: StreamTokenKeys): StreamTokens {
  const secrets = secretKeys.length > 0 ? secretKeys : [authToken];
  const keys = secrets.map((secret) => deriveKey(secret, 'stream tokens'));
  return {
    make({ callId, stream, until }) {
      if (!CALL_ID.test(callId)) throw new RangeError('This is no id of a call.');
      const signed = `${callId}.${stream.toString(36)}.${Math.trunc(until).toString(36)}`;
      return `${signed}.${sign(keys[0], signed)}`;
    },
    read(token, nowMs = Date.now()) {
      const [, callId, stream = '', until = '', signature = ''] = FORM.exec(token) ?? [];
      if (callId === undefined) return undefined;
      const signed = token.slice(0, token.lastIndexOf('.'));
      const isOurs = keys.filter((key) => isEqual(sign(key, signed), signature)).length > 0;
      const leftMs = Number.parseInt(until, 36) - nowMs;
      const isInTime = leftMs > 0 && leftMs <= STREAM_TOKEN_LIFE_MS + SKEW_MS;
      return isOurs && isInTime ? { callId, stream: Number.parseInt(stream, 36) } : undefined;
    },
  };
}

function sign(key: Buffer | undefined, text: string): string {
  if (!key) throw new Error('A stream token needs a key.');
  return createHmac('sha256', key).update(text).digest('base64url');
}

/** In a time that does not depend on where they differ. */
function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
