export type SpeechErrorKind =
  | 'timeout' //     no answer in time, or silence in mid-answer
  | 'rate-limit' //  too many requests for now
  | 'refused' //     the request, the key, the model or the voice was not accepted
  | 'unavailable' // not reachable, overloaded, or broke off
  | 'bad-answer'; // answered, but with nothing that can be used

/**
 * A speech service did not do its work. The message is ours alone: no words of the call, no answer of
 * the server, no key.
 */
export class SpeechError extends Error {
  override readonly name = 'SpeechError';
  readonly kind: SpeechErrorKind;
  /** Whether the same request may succeed when it is made again. */
  readonly retryable: boolean;

  constructor(kind: SpeechErrorKind, message: string, options: { retryable?: boolean } = {}) {
    super(message);
    this.kind = kind;
    this.retryable = options.retryable ?? kind !== 'refused';
  }
}
