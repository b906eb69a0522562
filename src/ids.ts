import { createHash, randomBytes } from 'node:crypto';

/** In byte order, so that ids sort as text by the time in front. */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62^8 milliseconds reach beyond the year 8000. */
const TIME_CHARS = 8;
const RANDOM_BYTES = 13;
/** 62^18 > 2^104. */
const RANDOM_CHARS = 18;
/** 62^43 > 2^256. */
const HASH_CHARS = 43;

export type IdPrefix =
  'call' | 'asst' | 'pn' | 'sess' | 'camp' | 'tool' | 'we' | 'evt' | 'dlv' | 'key' | 'ws' | 'req';

/** A new id of 26 characters behind its prefix: the time in milliseconds, then 104 random bits. */
export function newId<P extends IdPrefix>(prefix: P, atMs: number = Date.now()): `${P}_${string}` {
  const time = base62(BigInt(Math.max(0, Math.trunc(atMs))), TIME_CHARS);
  return `${prefix}_${time}${base62(toBigInt(randomBytes(RANDOM_BYTES)), RANDOM_CHARS)}`;
}

/**
 * The id of an inbound call, always the same for the same call of Twilio's, so that a repeated
 * webhook lands on the same workflow. Says nothing of the account or the caller.
 */
export function inboundCallId(accountSid: string, callSid: string): `call_${string}` {
  const named = JSON.stringify(['voca inbound call 1', accountSid, callSid]);
  return `call_${base62(toBigInt(createHash('sha256').update(named).digest()), HASH_CHARS)}`;
}

/**
 * The id of a call that a workspace places, always the same for the same `Idempotency-Key`, so that a
 * repeated request never dials twice. Says nothing of the key.
 */
export function outboundCallId(workspaceId: string, key: string): `call_${string}` {
  const named = JSON.stringify(['voca outbound call 1', workspaceId, key]);
  return `call_${base62(toBigInt(createHash('sha256').update(named).digest()), HASH_CHARS)}`;
}

/**
 * The id of a number that a workspace takes on, always the same for the same `Idempotency-Key`, so that a
 * repeated request knows its own row. Says nothing of the key or the number.
 */
export function importedNumberId(workspaceId: string, key: string, number: string): `pn_${string}` {
  const named = JSON.stringify(['voca imported number 1', workspaceId, key, number]);
  return `pn_${base62(toBigInt(createHash('sha256').update(named).digest()), HASH_CHARS)}`;
}

/** The id of an event of a call, always the same for the same one, so that it is told once. */
export function callEventId(callId: string, sequence: number): `evt_${string}` {
  const named = JSON.stringify(['voca call event 1', callId, sequence]);
  return `evt_${base62(toBigInt(createHash('sha256').update(named).digest()), HASH_CHARS)}`;
}

/** Whether a text has the form of an id with this prefix. */
export function isId<P extends IdPrefix>(prefix: P, text: string): text is `${P}_${string}` {
  return (
    text.startsWith(`${prefix}_`) && /^[0-9A-Za-z]{22,64}$/.test(text.slice(prefix.length + 1))
  );
}

function toBigInt(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

function base62(value: bigint, width: number): string {
  let text = '';
  for (let rest = value; text.length < width; rest /= 62n) {
    text = ALPHABET.charAt(Number(rest % 62n)) + text;
  }
  return text;
}
