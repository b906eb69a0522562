/** What kinds of failures there are when a vendor is asked, whatever he sells. */
export type VendorErrorKind =
  | 'timeout' //     no answer before the deadline, or silence in mid-answer
  | 'rate-limit' //  too many requests for now
  | 'refused' //     the request, the key or the name in it was not accepted
  | 'unavailable' // not reachable, overloaded, or broke off
  | 'bad-answer'; // answered, but with nothing that can be used

export interface VendorErrorOptions {
  /** Default: everything but `refused` may pass. */
  retryable?: boolean;
  isAccount?: boolean;
  retryAfterMs?: number;
  original?: unknown;
}

/**
 * A vendor did not do its work. The message is ours alone: no words of the call, no answer of the
 * server, no key. What the vendor's library threw may hold all of these, and loggers print `cause`,
 * so it is not kept there but behind {@link VendorError.original}.
 */
export class VendorError extends Error {
  override readonly name: string = 'VendorError';
  readonly kind: VendorErrorKind;
  /** Whether the same request may succeed when it is made again. */
  readonly retryable: boolean;
  /** The key or the account is at fault, so that no request to this provider succeeds. */
  readonly isAccount: boolean;
  /** How long the server asks us to wait before that. */
  readonly retryAfterMs?: number;
  readonly #original: unknown;

  constructor(kind: VendorErrorKind, message: string, options: VendorErrorOptions = {}) {
    super(message);
    this.kind = kind;
    this.retryable = options.retryable ?? kind !== 'refused';
    this.isAccount = options.isAccount ?? false;
    // "Come back at once" is no wait; taken for one, it would be kept in place of our own pause.
    const { retryAfterMs = 0 } = options;
    if (retryAfterMs > 0) this.retryAfterMs = retryAfterMs;
    this.#original = options.original;
  }

  /** What was thrown below; for a debugger, never for a log. */
  original(): unknown {
    return this.#original;
  }
}
