/**
 * `refused-url`: it breaks a rule that can be seen before its host is resolved. `refused-address`: its host
 * has an address that is not public. `connection`: no connection came about, or it broke, or what came over
 * it was not HTTP. Only the last three may get better by trying again.
 */
export type SafeFetchCode =
  'refused-url' | 'refused-address' | 'timeout' | 'too-large' | 'connection';

/** Why there is no answer. The message never holds the URL, an address or anything of the answer. */
export class SafeFetchError extends Error {
  override readonly name = 'SafeFetchError';
  readonly messageIsSafe = true;
  readonly code: SafeFetchCode;

  constructor(code: SafeFetchCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
