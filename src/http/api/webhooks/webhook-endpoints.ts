/** Webhook endpoints: where events are sent. */
import { z } from 'zod';
import type { Database } from '../../../db/pool.ts';
import { emit } from '../../../db/outbox.ts';
import type { Scope } from '../../../db/scope.ts';
import * as endpoints from '../../../db/webhook-endpoints.ts';
import type { EndpointContent, StoredEndpoint } from '../../../db/webhook-endpoint-row.ts';
import { newId } from '../../../ids.ts';
import type { SecretBox } from '../../../sealing/secret-box.ts';
import { newWebhookSecret } from '../../../webhooks/signature.ts';
import { canonicalJson } from '../idempotency/canonical-json.ts';
import { idField } from '../frame/fields.ts';
import { listBody, listOf, pageQuery, pageRequest } from '../frame/lists.ts';
import { mergePatch } from '../frame/merge-patch.ts';
import { invalid, notFound, Problem } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';
import { endpointEvent } from './endpoint-events.ts';
import { checkFilters } from './event-filters.ts';
import {
  endpointContent,
  newWebhookEndpoint,
  webhookEndpointChanges,
} from './webhook-endpoint-schema.ts';
import type { EndpointFields } from './webhook-endpoint-schema.ts';
import {
  freshWebhookEndpointSchema,
  presentEndpoint,
  webhookEndpointSchema,
} from './webhook-endpoint-shown.ts';

/** What the routes of webhooks need beside the workspace's own rows. */
export interface WebhookParts {
  /** What is wrong with a URL, as the rest of a sentence that begins with "The URL"; undefined: nothing. */
  urlFault: (url: string) => string | undefined;
  box: SecretBox;
}

export const endpointParams = z.object({ id: idField('we') });
export const tag = 'webhooks';
const MAX_ENDPOINTS = 50;

export function webhookEndpointRoutes(app: ApiApp, db: Database, parts: WebhookParts): void {
  create(app, db, parts);
  read(app, db);

  addRoute(app, db, {
    method: 'PATCH',
    path: '/webhook-endpoints/:id',
    name: 'updateWebhookEndpoint',
    summary: 'Change a webhook endpoint',
    description:
      'A merge patch (RFC 7396): what is left out stays, null goes back to the default. With `disabled` ' +
      'nothing is sent any more, and what waits fails; with `enabled` its failures are forgotten. What it ' +
      'missed is sent by `/recover`.',
    tag,
    scope: 'webhooks:write',
    params: endpointParams,
    body: webhookEndpointChanges,
    answer: [200, webhookEndpointSchema],
    handle: async ({ params: { id }, body, inWorkspace }) =>
      inWorkspace('Changing a webhook endpoint', async (scope) => {
        const before = await knownEndpoint(scope, id, { lock: true });
        const content = changed(before, body);
        // What was taken once may stay: it can be disabled also when its URL would be refused by now.
        if (content.url !== before.url) checkUrl(parts, content.url);
        if (body.events !== undefined) checkFilters(content.events);
        return presentEndpoint(await change(scope, before, contentOf(content)));
      }),
  });

  addRoute(app, db, {
    method: 'DELETE',
    path: '/webhook-endpoints/:id',
    name: 'deleteWebhookEndpoint',
    summary: 'Delete a webhook endpoint',
    description: 'What waits to be sent to it is not sent any more.',
    tag,
    scope: 'webhooks:write',
    params: endpointParams,
    answer: [204, z.null()],
    handle: async ({ params: { id }, inWorkspace }) => {
      await inWorkspace('Deleting a webhook endpoint', async (scope) => {
        const before = await knownEndpoint(scope, id, { lock: true });
        await endpoints.softDelete(scope, before);
        await emit(scope, [endpointEvent('webhook_endpoint.deleted', before)]);
      });
      return null;
    },
  });
}

function create(app: ApiApp, db: Database, parts: WebhookParts): void {
  addRoute(app, db, {
    method: 'POST',
    path: '/webhook-endpoints',
    name: 'createWebhookEndpoint',
    summary: 'Create a webhook endpoint',
    description:
      'From now on the events that it wants are sent to it. The secret that signs them is in the answer, ' +
      `this once. A workspace has at most ${MAX_ENDPOINTS}.`,
    tag,
    scope: 'webhooks:write',
    body: newWebhookEndpoint,
    answer: [201, freshWebhookEndpointSchema],
    secret: true,
    problems: ['too-many'],
    handle: async ({ body, reply, inWorkspace }) => {
      checkUrl(parts, body.url);
      checkFilters(body.events);
      const id = newId('we');
      const secret = newWebhookSecret();
      const endpoint = {
        id,
        apiVersion: body.api_version,
        secret: parts.box.seal(secret, id),
        ...contentOf({ ...body, status: 'enabled' }),
      };
      const stored = await inWorkspace('Creating a webhook endpoint', async (scope) => {
        const inserted = await endpoints.insert(scope, endpoint, MAX_ENDPOINTS);
        if (inserted === 'too-many') {
          throw new Problem('too-many', `A workspace has at most ${MAX_ENDPOINTS} endpoints.`);
        }
        await emit(scope, [endpointEvent('webhook_endpoint.created', inserted)]);
        return inserted;
      });
      void reply.header('location', `/v1/webhook-endpoints/${id}`);
      return { ...presentEndpoint(stored), secret };
    },
  });
}

function read(app: ApiApp, db: Database): void {
  addRoute(app, db, {
    method: 'GET',
    path: '/webhook-endpoints',
    name: 'listWebhookEndpoints',
    summary: 'List webhook endpoints, the newest first',
    tag,
    scope: 'webhooks:read',
    query: z.strictObject(pageQuery),
    answer: [200, listOf(webhookEndpointSchema)],
    handle: ({ caller, query, inWorkspace }) =>
      inWorkspace('Listing webhook endpoints', async (scope) => {
        const request = await pageRequest(query, caller.workspaceId, (id) =>
          endpoints.positionOf(scope, id),
        );
        return listBody(await endpoints.page(scope, request), caller.workspaceId, presentEndpoint);
      }),
  });

  addRoute(app, db, {
    method: 'GET',
    path: '/webhook-endpoints/:id',
    name: 'getWebhookEndpoint',
    summary: 'Fetch a webhook endpoint, without its secret',
    tag,
    scope: 'webhooks:read',
    params: endpointParams,
    answer: [200, webhookEndpointSchema],
    handle: async ({ params: { id }, inWorkspace }) =>
      presentEndpoint(
        await inWorkspace('Finding a webhook endpoint', (scope) => knownEndpoint(scope, id)),
      ),
  });
}

export async function knownEndpoint(
  scope: Scope,
  id: string,
  options: { lock?: boolean } = {},
): Promise<StoredEndpoint> {
  const stored = await endpoints.find(scope, id, options);
  if (!stored) throw notFound();
  return stored;
}

/** @throws {Problem} `conflict` when nothing is sent to it. */
export async function enabledEndpoint(scope: Scope, id: string): Promise<StoredEndpoint> {
  const stored = await knownEndpoint(scope, id, { lock: true });
  if (stored.status === 'enabled') return stored;
  throw new Problem('conflict', 'The webhook endpoint is disabled: enable it first.');
}

/** @throws {Problem} when what comes of the change is no good endpoint. */
function changed(before: StoredEndpoint, patch: unknown): EndpointFields {
  const result = endpointContent.safeParse(mergePatch(fieldsOf(before), patch));
  if (result.success) return result.data;
  throw new Problem('invalid', undefined, {
    faults: result.error.issues.map(({ path, code, message }) => ({
      pointer: `/${path.map(String).join('/')}`,
      code,
      message,
    })),
  });
}

async function change(
  scope: Scope,
  before: StoredEndpoint,
  content: EndpointContent,
): Promise<StoredEndpoint> {
  if (canonicalJson(fieldsOf({ ...before, ...content })) === canonicalJson(fieldsOf(before))) {
    return before;
  }
  const stored = await endpoints.update(scope, before, content);
  await emit(scope, [endpointEvent('webhook_endpoint.updated', stored)]);
  return stored;
}

function checkUrl({ urlFault }: WebhookParts, url: string): void {
  const fault = urlFault(url);
  if (fault !== undefined) throw invalid('/url', 'refused-url', `The URL ${fault}`);
}

function fieldsOf(stored: EndpointContent): EndpointFields {
  const { url, events, description, maxPerSecond, status, metadata } = stored;
  return { url, events, description, max_per_second: maxPerSecond, status, metadata };
}

function contentOf(fields: EndpointFields): EndpointContent {
  const { url, events, description, max_per_second, status, metadata } = fields;
  return { url, events, description, maxPerSecond: max_per_second, status, metadata };
}
