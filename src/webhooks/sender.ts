/** One attempt to bring an event to a customer's server: signed, as Standard Webhooks 1.0 has it. */
import type {
  DeliveryAttempt,
  QueuedDelivery,
  SendingEndpoint,
  WebhookSender,
} from '../../activities/webhook-ports.ts';
import { retryAfterMs } from '../../workflows/webhook-plan.ts';
import type { SafeFetch, SafeRequest } from '../safe-fetch/index.ts';
import { SafeFetchError } from '../safe-fetch/index.ts';
import type { SecretBox } from '../sealing/secret-box.ts';
import { SealedPayloadError } from '../sealing/index.ts';
import { answerStart, KEPT_BYTES } from './answer-start.ts';
import { API_VERSIONS, eventBody, NEWEST_VERSION } from './event-body.ts';
import { signWebhook } from './signature.ts';

const USER_AGENT = 'VOCA-Webhooks/1';
/** The key with which the secret was sealed is not there (any more). */
const SECRET_LOST = 'secret-lost';

/** @param timeoutMs for all of one attempt */
export function createWebhookSender(
  fetcher: SafeFetch,
  box: SecretBox,
  timeoutMs: number,
): WebhookSender {
  return {
    async send(endpoint, event, signal) {
      const at = new Date();
      const startedAt = performance.now();
      const attempt = (result: Partial<DeliveryAttempt>): DeliveryAttempt => ({
        at: at.toISOString(),
        ms: Math.round(performance.now() - startedAt),
        ...result,
      });
      try {
        const { status, body, headers } = await fetcher.fetch(endpoint.url, {
          ...signed(box, endpoint, event, at),
          timeoutMs,
          keepBytes: KEPT_BYTES,
          signal,
        });
        const askedMs = retryAfterMs(headers['retry-after'], Date.now());
        return {
          attempt: attempt({ status, answer: answerStart(body) }),
          ...(askedMs !== undefined && { retryAfterMs: askedMs }),
        };
      } catch (error) {
        if (error instanceof SafeFetchError) return { attempt: attempt({ error: error.code }) };
        if (error instanceof SealedPayloadError)
          return { attempt: attempt({ error: SECRET_LOST }) };
        throw error;
      }
    },
  };
}

function signed(
  box: SecretBox,
  { endpointId, apiVersion, secrets }: SendingEndpoint,
  event: QueuedDelivery['event'],
  at: Date,
): SafeRequest {
  const version = API_VERSIONS.find((each) => each === apiVersion) ?? NEWEST_VERSION;
  const body = JSON.stringify(eventBody(event, version));
  const opened = secrets.map((secret) => box.open(secret, endpointId));
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': USER_AGENT,
      ...signWebhook(opened, event.id, at, body),
    },
    body,
  };
}
