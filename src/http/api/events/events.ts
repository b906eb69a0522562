import { z } from 'zod';
import * as events from '../../../db/events.ts';
import type { EventFilter } from '../../../db/events.ts';
import type { Database } from '../../../db/pool.ts';
import { eventBody } from '../../../webhooks/event-body.ts';
import { givenTime, idField } from '../frame/fields.ts';
import { listBody, listOf, pageQuery, pageRequest } from '../frame/lists.ts';
import { notFound } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';
import { EVENT_TYPES } from './catalogue.ts';
import { eventSchema } from './event-schema.ts';

const params = z.object({ id: idField('evt') });
const tag = 'events';

const listQuery = z.strictObject({
  ...pageQuery,
  type: z.enum(EVENT_TYPES).optional(),
  call_id: idField('call').optional(),
  'created_at[gte]': givenTime.optional(),
  'created_at[lt]': givenTime.optional(),
});

export function eventRoutes(app: ApiApp, db: Database): void {
  addRoute(app, db, {
    method: 'GET',
    path: '/events',
    name: 'listEvents',
    summary: 'List events, the newest first',
    description:
      'All filters must hold. `created_at` is when an event was written down, which is a moment after its ' +
      '`timestamp`; long after it, where our database was away. Events are kept for 30 days.',
    tag,
    scope: 'events:read',
    query: listQuery,
    answer: [200, listOf(eventSchema)],
    handle: async ({ caller, query, inWorkspace }) =>
      inWorkspace('Listing events', async (scope) => {
        const request = await pageRequest(query, caller.workspaceId, (id) =>
          events.positionOf(scope, id),
        );
        const page = await events.page(scope, filterOf(query), request);
        return listBody(page, caller.workspaceId, shown);
      }),
  });

  addRoute(app, db, {
    method: 'GET',
    path: '/events/:id',
    name: 'getEvent',
    summary: 'Fetch an event',
    tag,
    scope: 'events:read',
    params,
    answer: [200, eventSchema],
    handle: async ({ params: { id }, inWorkspace }) => {
      const event = await inWorkspace('Finding an event', (scope) => events.find(scope, id));
      if (!event) throw notFound();
      return shown(event);
    },
  });
}

function shown(event: events.ListedEvent): z.output<typeof eventSchema> {
  const body = eventBody(event);
  return { ...body, data: body.data as z.output<typeof eventSchema>['data'] }; // see event-data.ts
}

function filterOf(query: z.output<typeof listQuery>): EventFilter {
  const { type, call_id: callId } = query;
  const { 'created_at[gte]': createdFrom, 'created_at[lt]': createdBefore } = query;
  return {
    ...(type !== undefined && { type }),
    ...(callId !== undefined && { callId }),
    ...(createdFrom !== undefined && { createdFrom }),
    ...(createdBefore !== undefined && { createdBefore }),
  };
}
