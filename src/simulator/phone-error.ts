/** What a phone waited for did not happen, or cannot be done. Trying again does not help. */
export class PhoneError extends Error {
  override readonly name = 'PhoneError';
  readonly retryable = false;
}
