/**
 * What one round of sending knows of its receiver: how much it takes at once, whether it is down, and for
 * how long it has asked to be left alone.
 */
import { probeDelayMs } from '../workflows/webhook-plan.ts';
import type { WebhookPlan } from '../workflows/webhook-plan.ts';
import { SendWindow } from './send-pace.ts';
import type { SendResult } from './webhook-ports.ts';

/** The answers that say that the receiver has enough (RFC 9110, 15.6.4; RFC 6585, 4). */
const HOLDING: readonly (number | undefined)[] = [429, 503];

export class ReceiverHealth {
  readonly #plan: WebhookPlan;
  readonly #window: SendWindow;
  #failures: number;
  #downUntil = 0;
  #askedUntil = 0;

  /** @param failures attempts in a row that have failed before */
  constructor(plan: WebhookPlan, failures: number) {
    this.#plan = plan;
    this.#failures = failures;
    this.#window = new SendWindow(plan.concurrency, this.isDown);
  }

  /** Attempts in a row that have failed. */
  get failures(): number {
    return this.#failures;
  }

  /** So many requests at once. */
  get atOnce(): number {
    return this.#window.size;
  }

  /** It gets one request at a time, to see whether it is back. */
  get isDown(): boolean {
    return this.#failures >= this.#plan.downAfter;
  }

  /** Nothing is sent before, in milliseconds since 1970. */
  get heldUntil(): number {
    return Math.max(this.#downUntil, this.#askedUntil);
  }

  /** @param failures that count now */
  succeeded(failures: number): void {
    this.#failures = failures;
    this.#window.succeeded();
    this.#downUntil = 0;
  }

  /** @param failures that count now */
  failed({ attempt, retryAfterMs }: SendResult, failures: number): void {
    const { jitter, retryAfterMs: most } = this.#plan;
    this.#failures = failures;
    this.#window.failed();
    const downMs = probeDelayMs(this.#plan, failures);
    if (downMs > 0) this.#downUntil = Date.now() + downMs * (1 + jitter * (Math.random() - 0.5));
    if (retryAfterMs !== undefined && HOLDING.includes(attempt.status)) {
      const heldMs = Math.min(retryAfterMs, most.endpoint);
      this.#askedUntil = Math.max(this.#askedUntil, Date.now() + heldMs);
    }
  }
}
