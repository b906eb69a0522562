/** Whether a provider is worth asking, learnt from its answers to all calls of this process. */
import type { VendorError } from './vendor-error.ts';

export interface Clock {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** From 0 up to 1: spreads what would otherwise happen in many calls at once. */
  random(): number;
}

export const REAL_CLOCK: Clock = { now: () => performance.now(), random: Math.random };

/** So many failures in a row, and the provider is left alone for a while. */
const FAILURES = 5;
/** The first such while; it doubles each time the provider fails again, up to the longest. */
const OPEN_MS = 10_000;
const LONGEST_OPEN_MS = 60_000;
/** Of a while, so that processes that lost the provider at the same moment do not come back so. */
const SPREAD = 0.2;
/** The longest wait that a server's Retry-After is believed: a quota of a day is looked at earlier. */
const LONGEST_WAIT_MS = 600_000;

/** How a question ended: answered, failed, or in a way that says nothing of the provider. */
export type Ending = 'answered' | 'unknown' | VendorError;

/**
 * A breaker and a memory for Retry-After. Closed, everybody asks. After five failures in a row it is
 * open and nobody does; then half-open, and one question is let through to see. What the server said
 * about its own wait is kept beside it.
 */
export class ProviderHealth {
  readonly #clock: Clock;
  #failures = 0;
  #openForMs = OPEN_MS;
  #openUntil: number | undefined;
  #isProbed = false;
  #waitUntil = 0;

  constructor(clock: Clock = REAL_CLOCK) {
    this.#clock = clock;
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.#openUntil === undefined) return 'closed';
    return this.#clock.now() < this.#openUntil ? 'open' : 'half-open';
  }

  /** How long the server has asked us not to come back, in milliseconds. */
  get waitMs(): number {
    return Math.max(0, Math.ceil(this.#waitUntil - this.#clock.now()));
  }

  /** How long it is until a question is let through, as far as the breaker knows. */
  get openMs(): number {
    return Math.max(0, (this.#openUntil ?? 0) - this.#clock.now());
  }

  /** Whether the breaker lets a question through, and the server wants one. */
  isOpenToQuestions(): boolean {
    if (this.waitMs > 0) return false;
    const { state } = this;
    return state === 'closed' || (state === 'half-open' && !this.#isProbed);
  }

  /** To be called when a question is asked; what it returns, once, when it has ended. */
  begin(): (ending: Ending) => void {
    const isProbe = this.state === 'half-open' && !this.#isProbed;
    if (isProbe) this.#isProbed = true;
    let isOver = false;
    return (ending) => {
      if (isOver) return;
      isOver = true;
      if (isProbe) this.#isProbed = false;
      if (ending === 'answered') this.#close();
      else if (ending !== 'unknown') this.#fail(ending, isProbe);
    };
  }

  #close(): void {
    this.#failures = 0;
    this.#openForMs = OPEN_MS;
    this.#openUntil = undefined;
  }

  #fail(error: VendorError, isProbe: boolean): void {
    const { retryAfterMs } = error;
    if (retryAfterMs !== undefined) {
      const until = this.#clock.now() + Math.min(retryAfterMs, LONGEST_WAIT_MS);
      this.#waitUntil = Math.max(this.#waitUntil, until);
    }
    if (!saysProviderFails(error)) return;
    this.#failures += 1;
    if (isProbe) {
      this.#openForMs = Math.min(this.#openForMs * 2, LONGEST_OPEN_MS);
      this.#open();
    } else if (this.#openUntil === undefined && this.#failures >= FAILURES) {
      this.#open();
    }
  }

  #open(): void {
    const spread = 1 + SPREAD * (2 * this.#clock.random() - 1);
    this.#openUntil = this.#clock.now() + this.#openForMs * spread;
  }
}

/**
 * A refused request is the fault of one assistant, an absurd answer of one conversation: neither may
 * take the provider from all others. A wait that the server named is kept without the breaker.
 */
function saysProviderFails({ kind, isAccount, retryAfterMs }: VendorError): boolean {
  if (isAccount || kind === 'timeout' || kind === 'unavailable') return true;
  return kind === 'rate-limit' && retryAfterMs === undefined;
}
