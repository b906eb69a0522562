import { timingSafeEqual } from 'node:crypto';
import { RestError } from './rest-errors.ts';

export interface Credentials {
  accountSid: string;
  authToken: string;
  /** API keys that may act for the account. */
  apiKeys: readonly { sid: string; secret: string }[];
}

/** Basic authentication: the account with its token, or one of its API keys. Else 20003. */
export function authenticate(authorization: string, credentials: Credentials): void {
  const encoded = /^Basic\s+(\S+)$/i.exec(authorization)?.[1] ?? '';
  const [name = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  const secret =
    name === credentials.accountSid
      ? credentials.authToken
      : credentials.apiKeys.find(({ sid }) => sid === name)?.secret;
  if (secret === undefined || !same(secret, rest.join(':'))) {
    throw new RestError(401, 20003, 'Authenticate');
  }
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
