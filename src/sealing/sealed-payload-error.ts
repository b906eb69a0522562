/**
 * A sealed payload, or a sealed secret of the database, cannot be opened. Trying again helps only after
 * `VOCA_SECRET_KEY` was changed. The message names the id of a key, never a key or what was sealed.
 */
export class SealedPayloadError extends Error {
  override readonly name = 'SealedPayloadError';
  readonly messageIsSafe = true;
  readonly code: 'unknown-key' | 'damaged';

  constructor(
    code: 'unknown-key' | 'damaged',
    keyId: string,
    what: 'payload' | 'secret' = 'payload',
  ) {
    super(MESSAGES[code](/^[0-9a-f]{16}$/.test(keyId) ? keyId : 'not one of ours', what));
    this.code = code;
  }
}

const MESSAGES = {
  'unknown-key': (keyId: string, what: string) =>
    `A ${what} is sealed with a key that VOCA_SECRET_KEY does not hold (key id ${keyId}). ` +
    'Put that key back, behind the first one; until then, trying again does not help.',
  damaged: (keyId: string, what: string) =>
    `A sealed ${what} was changed or cut off (key id ${keyId}). Trying again does not help.`,
};
