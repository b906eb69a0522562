/** Where faults are injected: around every webhook, and around every attempt at one. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Field } from './form.ts';
import type { Purpose } from './truth-events.ts';

/** A webhook that is about to be sent. All sendings of it carry the same idempotency token. */
export interface OutgoingWebhook {
  readonly requestId: string;
  readonly callSid?: string;
  readonly purpose: Purpose;
  readonly method: 'GET' | 'POST';
  /** As configured, with its connection overrides. */
  readonly url: string;
  readonly fields: readonly Field[];
}

export type WebhookAnswer =
  | {
      ok: true;
      status: number;
      headers: IncomingHttpHeaders;
      body: Buffer;
      /** Where the answer came from after redirects, with the fragment of the original URL. */
      url: string;
    }
  | { ok: false; code: number; message: string; retryClass?: RetryClass; status?: number };

/** By which override a failed attempt is repeated; without one, only `rp=all` does. */
export type RetryClass = 'ct' | 'rt' | '4xx' | '5xx';

/**
 * Hooks of a test. `aroundWebhook` wraps a whole webhook with its retries: call `send` not at all
 * (then return {@link dropped}), later, twice in a row or at once, and return the answer the call
 * goes on with. `aroundAttempt` wraps each single attempt in the same way.
 */
export interface WebhookTap {
  aroundWebhook?(
    webhook: OutgoingWebhook,
    send: () => Promise<WebhookAnswer>,
  ): Promise<WebhookAnswer>;
  aroundAttempt?(
    webhook: OutgoingWebhook,
    attempt: number,
    send: () => Promise<WebhookAnswer>,
  ): Promise<WebhookAnswer>;
}

/** The answer of a webhook that was lost on its way: a failed connection. */
export function dropped(): WebhookAnswer {
  return { ok: false, code: 11205, message: 'dropped by the tap', retryClass: 'ct' };
}
