/** What a status, a connection or a vendor's package means when it fails, in our words. */
import { retryAfterMs } from './retry-after.ts';
import { VendorError, type VendorErrorKind, type VendorErrorOptions } from './vendor-error.ts';

/** What an error of ours is made of: `new SomeError(kind, message, options)`. */
export interface Failure {
  kind: VendorErrorKind;
  message: string;
  options: VendorErrorOptions;
}

/** What is known of an error beside its fields. */
export interface FailureDetails {
  /** Who failed, for the message: `the model server`. Nothing that a server or a user has said. */
  server: string;
  /** The key or the account is at fault whatever the status says: no waiting helps. */
  isAccount?: boolean;
}

interface Thrown {
  status?: unknown;
  name?: unknown;
  headers?: unknown;
}

/**
 * The one translation of what vendors' packages and connections throw. It tells errors by their
 * fields, not by their classes, so that no package need be loaded for it. A VendorError keeps what it
 * says.
 */
export function failureOf(error: unknown, details: FailureDetails): Failure {
  if (error instanceof VendorError) return failureAgain(error);
  const thrown = (typeof error === 'object' && error !== null ? error : {}) as Thrown;
  if (typeof thrown.status === 'number') return failureOfStatus(thrown.status, error, details);
  const name = nameOf(error);
  const { server } = details;
  const failure = (kind: VendorErrorKind, message: string): Failure => ({
    kind,
    message,
    options: { original: error },
  });
  if (/abort|timeout/i.test(name)) return failure('timeout', `${server} did not answer in time`);
  if (name.includes('SyntaxError')) return failure('bad-answer', `${server} answered broken JSON`);
  return failure('unavailable', `the connection to ${server} failed`);
}

/** `original` has the headers, if there are any. 529 is Anthropic's word for an overload. */
export function failureOfStatus(
  status: number,
  original: unknown,
  { server, isAccount = false }: FailureDetails,
): Failure {
  const message = `${server} answered ${status}`;
  const waitMs = retryAfterMs((original as Thrown | undefined)?.headers);
  const wait = { original, ...(waitMs !== undefined && { retryAfterMs: waitMs }) };
  if (status === 429) {
    return {
      kind: 'rate-limit',
      message,
      options: { ...wait, isAccount, retryable: !isAccount },
    };
  }
  if (status === 408 || status === 409 || status >= 500) {
    return { kind: 'unavailable', message, options: wait };
  }
  // 401: no such key, 402: no money, 403: not allowed.
  const isRefused = isAccount || (status >= 401 && status <= 403);
  return { kind: 'refused', message, options: { original, isAccount: isRefused } };
}

function failureAgain(error: VendorError): Failure {
  const { kind, message, retryable, isAccount, retryAfterMs: waitMs } = error;
  const wait = waitMs === undefined ? {} : { retryAfterMs: waitMs };
  return { kind, message, options: { retryable, isAccount, original: error.original(), ...wait } };
}

/** The packages' own classes all carry the name `Error`; the constructor says which one it is. */
function nameOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { name } = error as Thrown;
  return `${typeof name === 'string' ? name : ''} ${error.constructor.name}`;
}
