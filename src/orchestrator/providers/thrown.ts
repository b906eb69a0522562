import { ModelError } from '../llm.ts';

interface Thrown {
  status?: unknown;
  name?: unknown;
  headers?: unknown;
}

/** What the vendor says of an error beside its status. */
export interface Details {
  /** The key or the account is at fault whatever the status says: no waiting helps. */
  isAccount?: boolean;
}

/**
 * The one translation of what vendors' packages and connections throw. It tells errors by their
 * fields, not by their classes, so that no package need be loaded for it.
 */
export function toModelError(error: unknown, details: Details = {}): ModelError {
  if (error instanceof ModelError) return error;
  const thrown = (typeof error === 'object' && error !== null ? error : {}) as Thrown;
  if (typeof thrown.status === 'number') return fromStatus(thrown.status, error, details);
  const name = nameOf(error);
  if (/abort|timeout/i.test(name)) {
    return new ModelError('timeout', 'the model server did not answer in time', {
      original: error,
    });
  }
  if (name.includes('SyntaxError')) {
    return new ModelError('bad-answer', 'the model server answered broken JSON', {
      original: error,
    });
  }
  return new ModelError('unavailable', 'the connection to the model server failed', {
    original: error,
  });
}

/** `original` has the headers, if there are any. 529 is Anthropic's word for an overload. */
export function fromStatus(
  status: number,
  original: unknown,
  { isAccount = false }: Details = {},
): ModelError {
  const said = `the model server answered ${status}`;
  const retryAfterMs = retryAfter((original as Thrown | undefined)?.headers);
  const wait = { original, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  if (status === 429) {
    return new ModelError('rate-limit', said, { ...wait, isAccount, retryable: !isAccount });
  }
  if (status === 408 || status === 409 || status >= 500) {
    return new ModelError('unavailable', said, wait);
  }
  // 401: no such key, 402: no money, 403: not allowed.
  const isRefused = isAccount || (status >= 401 && status <= 403);
  return new ModelError('refused', said, { original, isAccount: isRefused });
}

/** `retry-after-ms`, or Retry-After in seconds or as a date (RFC 9110, section 10.2.3). */
function retryAfter(headers: unknown): number | undefined {
  if (!(headers instanceof Headers)) return undefined;
  const ms = Number(headers.get('retry-after-ms') ?? NaN);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const waitMs = /^\s*\d+(\.\d+)?\s*$/.test(value)
    ? Number(value) * 1000
    : Date.parse(value) - Date.now();
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : undefined;
}

/** The package's own classes all carry the name `Error`; the constructor says which one it is. */
function nameOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { name } = error as Thrown;
  return `${typeof name === 'string' ? name : ''} ${error.constructor.name}`;
}
