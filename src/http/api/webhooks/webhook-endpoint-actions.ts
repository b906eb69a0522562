/** What can be done with a webhook endpoint beside changing it. */
import * as deliveries from '../../../db/deliveries.ts';
import { KEPT_DAYS } from '../../../db/events.ts';
import { emit } from '../../../db/outbox.ts';
import type { Database } from '../../../db/pool.ts';
import { recover } from '../../../db/recover-deliveries.ts';
import type { Scope } from '../../../db/scope.ts';
import * as endpoints from '../../../db/webhook-endpoints.ts';
import { newWebhookSecret } from '../../../webhooks/signature.ts';
import { invalid, notFound } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';
import { deliverySchema, presentDelivery } from './delivery-schema.ts';
import { endpointEvent } from './endpoint-events.ts';
import { recoverBody, recoverySchema, rollSecretBody } from './webhook-endpoint-schema.ts';
import { freshWebhookEndpointSchema, presentEndpoint } from './webhook-endpoint-shown.ts';
import { enabledEndpoint, endpointParams, knownEndpoint, tag } from './webhook-endpoints.ts';
import type { WebhookParts } from './webhook-endpoints.ts';

const DAY_MS = 86_400_000;
/** So long events are kept; a clock that goes a little wrong does not matter. */
const KEPT_MS = KEPT_DAYS * DAY_MS;
const GRACE_MS = 60_000;
/** Events that one statement looks at, and how many of them one request makes. */
const AT_ONCE = 2_000;
const MAX_STATEMENTS = 10;

export function webhookEndpointActions(app: ApiApp, db: Database, { box }: WebhookParts): void {
  addRoute(app, db, {
    method: 'POST',
    path: '/webhook-endpoints/:id/roll-secret',
    name: 'rollWebhookSecret',
    summary: 'Put a new secret in the place of the one that signs',
    description:
      'It is in the answer, this once. Until the overlap is over both sign, each with a signature of its ' +
      'own: receivers that know either accept it. Rolling again before that ends the older one.',
    tag,
    scope: 'webhooks:write',
    params: endpointParams,
    body: rollSecretBody,
    answer: [200, freshWebhookEndpointSchema],
    secret: true,
    handle: ({ params: { id }, body, inWorkspace }) =>
      inWorkspace('Rolling the secret of a webhook endpoint', async (scope) => {
        const before = await knownEndpoint(scope, id, { lock: true });
        const secret = newWebhookSecret();
        const overlapMs = body.overlap_seconds * 1_000;
        const stored = await endpoints.rollSecret(scope, before, box.seal(secret, id), overlapMs);
        await emit(scope, [endpointEvent('webhook_endpoint.updated', stored)]);
        return { ...presentEndpoint(stored), secret };
      }),
  });

  addRoute(app, db, {
    method: 'POST',
    path: '/webhook-endpoints/:id/test',
    name: 'testWebhookEndpoint',
    summary: 'Send a webhook endpoint an event that means nothing',
    description:
      'A `webhook_endpoint.test`, to this endpoint alone, whether or not it wants such events. What became ' +
      'of it is in the delivery.',
    tag,
    scope: 'webhooks:write',
    params: endpointParams,
    answer: [201, deliverySchema],
    problems: ['conflict'],
    handle: async ({ params: { id }, reply, inWorkspace }) => {
      const delivery = await inWorkspace('Testing a webhook endpoint', async (scope) => {
        const event = endpointEvent('webhook_endpoint.test', await enabledEndpoint(scope, id));
        await deliveries.hurry(scope, id);
        await emit(scope, [event], id);
        return deliveries.findByEvent(scope, id, event.id);
      });
      if (!delivery) throw notFound();
      void reply.header('location', `/v1/deliveries/${delivery.id}`);
      return presentDelivery(delivery);
    },
  });

  addRoute(app, db, {
    method: 'POST',
    path: '/webhook-endpoints/:id/recover',
    name: 'recoverWebhookEndpoint',
    summary: 'Send a webhook endpoint what it has missed since a time',
    description:
      'Of the events that were written down since then: those that it wants and whose delivery has failed, ' +
      'or that were not sent to it at all because it was disabled or did not exist. What waits or has ' +
      'arrived is left alone. Looks at ' +
      `${(AT_ONCE * MAX_STATEMENTS).toLocaleString('en')} events at most: with \`has_more\`, ask again.`,
    tag,
    scope: 'webhooks:write',
    params: endpointParams,
    body: recoverBody,
    answer: [202, recoverySchema],
    problems: ['conflict'],
    handle: ({ params: { id }, body, inWorkspace }) =>
      inWorkspace('Recovering what a webhook endpoint missed', async (scope) => {
        await enabledEndpoint(scope, id);
        return recovery(scope, id, within30Days(body.since));
      }),
  });
}

async function recovery(scope: Scope, id: string, since: string) {
  let sum = 0;
  let from = { createdAt: since, id: '' };
  for (let statement = 0; statement < MAX_STATEMENTS; statement += 1) {
    const { count, next } = await recover(scope, id, from, AT_ONCE);
    sum += count;
    if (!next) return recovered(sum, null);
    from = next;
  }
  return recovered(sum, from.createdAt);
}

function recovered(deliveries: number, next_since: string | null) {
  return { object: 'recovery' as const, deliveries, has_more: next_since !== null, next_since };
}

function within30Days(since: string): string {
  const ageMs = Date.now() - Date.parse(since);
  if (ageMs < 0) throw invalid('/since', 'future', 'This time has not come yet');
  if (ageMs > KEPT_MS + GRACE_MS)
    throw invalid('/since', 'too-old', `At most ${KEPT_DAYS} days ago`);
  return since;
}
