/** One attempt to bring an event to a customer's server: signed, as Standard Webhooks 1.0 has it. */
import type {
  DeliveryAttempt,
  QueuedDelivery,
  SendingEndpoint,
  WebhookSender,
} from '../../activities/webhook-ports.ts';
import { retryAfterMs } from '../../workflows/webhook-plan.ts';
import type { SafeAnswer, SafeFetch } from '../safe-fetch/index.ts';
import { SafeFetchError } from '../safe-fetch/index.ts';
import type { SecretBox } from '../sealing/secret-box.ts';
import { SealedPayloadError } from '../sealing/index.ts';
import { answerStart } from './answer-start.ts';
import { API_VERSIONS, eventBody, NEWEST_VERSION } from './event-body.ts';
import { signWebhook } from './signature.ts';

const TIMEOUT_MS = 15_000;
const USER_AGENT = 'VOCA-Webhooks/1';
/** The key with which the secret was sealed is not there (any more). */
const SECRET_LOST = 'secret-lost';

export function createWebhookSender(fetcher: SafeFetch, box: SecretBox): WebhookSender {
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
        const { status, body, headers } = await post(fetcher, box, { endpoint, event, at, signal });
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

interface Post {
  endpoint: SendingEndpoint;
  event: QueuedDelivery['event'];
  at: Date;
  signal: AbortSignal;
}

function post(
  fetcher: SafeFetch,
  box: SecretBox,
  { endpoint, event, at, signal }: Post,
): Promise<SafeAnswer> {
  const version = API_VERSIONS.find((each) => each === endpoint.apiVersion) ?? NEWEST_VERSION;
  const body = JSON.stringify(eventBody(event, version));
  const secrets = endpoint.secrets.map((secret) => box.open(secret, endpoint.endpointId));
  return fetcher.fetch(endpoint.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': USER_AGENT,
      ...signWebhook(secrets, event.id, at, body),
    },
    body,
    timeoutMs: TIMEOUT_MS,
    signal,
  });
}
