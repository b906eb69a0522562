/** Deliveries: what became of each event that was sent to a webhook endpoint. */
import { z } from 'zod';
import * as deliveries from '../../../db/deliveries.ts';
import type { StoredDelivery } from '../../../db/deliveries.ts';
import type { Database } from '../../../db/pool.ts';
import type { Scope } from '../../../db/scope.ts';
import * as endpoints from '../../../db/webhook-endpoints.ts';
import { EVENT_TYPES } from '../events/catalogue.ts';
import { idField } from '../frame/fields.ts';
import { listBody, listOf, pageQuery, pageRequest } from '../frame/lists.ts';
import { notFound, Problem } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';
import {
  deliverySchema,
  deliveryStatus,
  deliveryWithAttempts,
  presentDelivery,
  presentWithAttempts,
} from './delivery-schema.ts';
import { endpointParams, knownEndpoint, tag } from './webhook-endpoints.ts';

const params = z.object({ id: idField('dlv') });

export function deliveryRoutes(app: ApiApp, db: Database): void {
  addRoute(app, db, {
    method: 'GET',
    path: '/webhook-endpoints/:id/deliveries',
    name: 'listDeliveries',
    summary: 'List what was, is or will be sent to a webhook endpoint, the newest first',
    description: 'Of the last 30 days.',
    tag,
    scope: 'webhooks:read',
    params: endpointParams,
    query: z.strictObject({
      ...pageQuery,
      status: deliveryStatus.optional(),
      event_type: z.enum(EVENT_TYPES).optional(),
    }),
    answer: [200, listOf(deliverySchema)],
    handle: ({ caller, params: { id }, query, inWorkspace }) =>
      inWorkspace('Listing deliveries', async (scope) => {
        const { id: endpointId } = await knownEndpoint(scope, id);
        const { status, event_type: eventType } = query;
        const filter = {
          endpointId,
          ...(status !== undefined && { status }),
          ...(eventType !== undefined && { eventType }),
        };
        const request = await pageRequest(query, caller.workspaceId, (place) =>
          deliveries.positionOf(scope, place),
        );
        const page = await deliveries.page(scope, filter, request);
        return listBody(page, caller.workspaceId, presentDelivery);
      }),
  });

  addRoute(app, db, {
    method: 'GET',
    path: '/deliveries/:id',
    name: 'getDelivery',
    summary: 'Fetch a delivery and its attempts',
    tag,
    scope: 'webhooks:read',
    params,
    answer: [200, deliveryWithAttempts],
    handle: async ({ params: { id }, inWorkspace }) =>
      presentWithAttempts(await inWorkspace('Finding a delivery', (scope) => known(scope, id))),
  });

  addRoute(app, db, {
    method: 'POST',
    path: '/deliveries/:id/retry',
    name: 'retryDelivery',
    summary: 'Send a delivery again, at once',
    description:
      'Also one that has arrived, or waits for its next attempt. Its id and that of the event stay the same.',
    tag,
    scope: 'webhooks:write',
    params,
    answer: [202, deliveryWithAttempts],
    problems: ['conflict'],
    handle: async ({ params: { id }, inWorkspace }) =>
      presentWithAttempts(
        await inWorkspace('Retrying a delivery', async (scope) => {
          const { endpointId } = await known(scope, id);
          const endpoint = await endpoints.find(scope, endpointId, { lock: true });
          if (endpoint?.status !== 'enabled') {
            throw new Problem('conflict', 'Its webhook endpoint is disabled, or was deleted.');
          }
          return (await deliveries.requeue(scope, id)) ?? missing();
        }),
      ),
  });
}

async function known(scope: Scope, id: string): Promise<StoredDelivery> {
  return (await deliveries.find(scope, id)) ?? missing();
}

function missing(): never {
  throw notFound();
}
