import { ModelError } from '../llm.ts';

interface Thrown {
  status?: unknown;
  code?: unknown;
  name?: unknown;
  headers?: unknown;
}

/**
 * The one translation of what the `openai` package throws. It tells its errors by their fields, not
 * by their classes, so that the package need not be loaded for it.
 */
export function toModelError(error: unknown): ModelError {
  const thrown = (typeof error === 'object' && error !== null ? error : {}) as Thrown;
  if (typeof thrown.status === 'number') return fromStatus(thrown.status, thrown, error);
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

function fromStatus(status: number, thrown: Thrown, original: unknown): ModelError {
  const said = `the model server answered ${status}`;
  const retryAfterMs = retryAfter(thrown.headers);
  const wait = { original, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  if (status === 429) {
    // An account without money answers 429 as well, and no waiting helps.
    const retryable = thrown.code !== 'insufficient_quota';
    return new ModelError('rate-limit', said, { ...wait, retryable });
  }
  if (status === 408 || status === 409 || status >= 500) {
    return new ModelError('unavailable', said, wait);
  }
  return new ModelError('refused', said, { original });
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
