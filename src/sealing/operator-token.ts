/**
 * Tokens that let an operator read what is sealed, signed with the first key of `VOCA_SECRET_KEY`.
 * Nobody keeps a list of them: they end by their time, or when another key comes first.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { deriveKey } from './derive-key.ts';

/**
 * `link`: exchanged for a session on the sign-in page. `session`: in the cookie of a browser.
 * `bearer`: for programs. One never passes for another.
 */
export type TokenKind = 'link' | 'session' | 'bearer';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/**
 * How long each is good for. A token for programs ends soon because it gets about: it is put on
 * command lines, which everybody on the machine can read.
 */
export const TOKEN_LIFE_MS: Record<TokenKind, number> = {
  link: 10 * MINUTE_MS,
  session: 8 * HOUR_MS,
  bearer: 15 * MINUTE_MS,
};
/** A session of a browser that came over plain http, where whatever listens can take it along. */
export const PLAIN_SESSION_MS = HOUR_MS;

export interface OperatorTokens {
  /** Only letters, digits, `.`, `_` and `-`. @param lifeMs left out for that of its kind */
  mint(kind: TokenKind, nowMs?: number, lifeMs?: number): string;
  /** @returns when it ends (ms since 1970); undefined: it is none, or is over. */
  check(kind: TokenKind, token: string, nowMs?: number): number | undefined;
}

const FORM =
  /^voca_(link|session|bearer)\.([0-9a-z]{6,11})\.[A-Za-z0-9_-]{16}\.([A-Za-z0-9_-]{43})$/;
const NONCE_BYTES = 12;

/**
 * The other keys do not count: each of them may have leaked, which is why one replaces a key, and a
 * token opens what *any* key has sealed.
 * @param secrets `VOCA_SECRET_KEY`, at least one: the first one signs and checks.
 */
export function createOperatorTokens(secrets: readonly string[]): OperatorTokens {
  const [secret] = secrets;
  if (secret === undefined) throw new Error('Tokens of operators need VOCA_SECRET_KEY.');
  const key = deriveKey(secret, 'operator tokens');
  return {
    mint(kind, nowMs = Date.now(), lifeMs = TOKEN_LIFE_MS[kind]) {
      const endsAtMs = nowMs + lifeMs;
      const nonce = randomBytes(NONCE_BYTES).toString('base64url');
      const signed = `voca_${kind}.${Math.floor(endsAtMs).toString(36)}.${nonce}`;
      return `${signed}.${sign(key, signed)}`;
    },
    check(kind, token, nowMs = Date.now()) {
      const [, named, ends = '', signature = ''] = FORM.exec(token) ?? [];
      if (named !== kind) return undefined;
      const signed = token.slice(0, token.lastIndexOf('.'));
      const isOurs = isEqual(sign(key, signed), signature);
      const endsAtMs = Number.parseInt(ends, 36);
      return isOurs && nowMs < endsAtMs ? endsAtMs : undefined;
    },
  };
}

function sign(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

/** In a time that does not depend on where they differ. */
function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
