/** What an HTTP exchange means for a webhook. */
import type { ExchangeResult, FailureKind } from './http-exchange.ts';
import type { RetryClass, WebhookAnswer } from './webhook-tap.ts';

const RETRY_CLASS: Partial<Record<FailureKind, RetryClass>> = {
  connect: 'ct',
  tls: 'ct',
  read: 'rt',
};

/** An answer counts from 200 to 299; the rest fails, and says which override repeats it. */
export function answerOf(result: ExchangeResult, url: string): WebhookAnswer {
  if (!result.ok) {
    const retryClass = RETRY_CLASS[result.kind];
    const { code, message } = result;
    return { ok: false, code, message, ...(retryClass ? { retryClass } : {}) };
  }
  const { status, headers, body } = result;
  if (status < 200 || status >= 300) return badStatus(status);
  return { ok: true, status, headers, body, url };
}

function badStatus(status: number): WebhookAnswer {
  const message = `HTTP status ${status}`;
  if (status >= 500) return { ok: false, code: 11200, message, retryClass: '5xx', status };
  if (status >= 400) return { ok: false, code: 11200, message, retryClass: '4xx', status };
  return { ok: false, code: 11200, message, status };
}
