/**
 * The form of API keys: `voca_live_` or `voca_test_`, 30 characters that nobody can guess (178 bits), and
 * 6 of a checksum (CRC-32), so that a slip of the pen is told from a key without asking the database,
 * and scanners of published code can tell ours. Base62 throughout.
 */
import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

export type KeyMode = 'live' | 'test';

/** What a process that has a key in hand may keep of it. */
export interface KeyFace {
  mode: KeyMode;
  /** SHA-256 of the whole key. A key is no password: it needs no slow hash. */
  hash: Buffer;
  lastFour: string;
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_CHARS = 30;
/** 62^6 > 2^32. */
const CHECK_CHARS = 6;
const FORM = /^voca_(live|test)_([0-9A-Za-z]{30})([0-9A-Za-z]{6})$/;

export function newApiKey(mode: KeyMode): string {
  const characters = Array.from({ length: SECRET_CHARS }, () => ALPHABET[randomInt(62)]);
  const body = `voca_${mode}_${characters.join('')}`;
  return body + checksum(body);
}

/** Undefined for whatever cannot be a key of ours. */
export function faceOf(key: string): KeyFace | undefined {
  const match = FORM.exec(key);
  if (!match || checksum(key.slice(0, -CHECK_CHARS)) !== match[3]) return undefined;
  return {
    mode: match[1] as KeyMode,
    hash: createHash('sha256').update(key).digest(),
    lastFour: key.slice(-4),
  };
}

function checksum(body: string): string {
  let text = '';
  for (let rest = crc32(body); text.length < CHECK_CHARS; rest = Math.floor(rest / 62)) {
    text = ALPHABET.charAt(rest % 62) + text;
  }
  return text;
}
