import { z } from 'zod';
import { faceOf, newApiKey } from '../../../api-key.ts';
import type { KeyFace, KeyMode } from '../../../api-key.ts';
import * as apiKeys from '../../../db/api-keys.ts';
import type { StoredApiKey } from '../../../db/api-keys.ts';
import type { Database } from '../../../db/pool.ts';
import type { Scope } from '../../../db/scope.ts';
import { newId } from '../../../ids.ts';
import {
  apiKeyChanges,
  apiKeySchema,
  freshApiKeySchema,
  newApiKeyBody,
  presentApiKey,
  rollBody,
} from './api-key-schema.ts';
import type { Caller } from '../sign-in/caller.ts';
import { tell } from '../events/tell.ts';
import { idField } from '../frame/fields.ts';
import { listBody, listOf, pageQuery, pageRequest } from '../frame/lists.ts';
import { invalid, notFound, Problem } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';

const params = z.object({ id: idField('key') });
const tag = 'api-keys';

export function apiKeyRoutes(app: ApiApp, db: Database): void {
  createAndRoll(app, db);

  addRoute(app, db, {
    method: 'GET',
    path: '/api-keys',
    name: 'listApiKeys',
    summary: 'List API keys, the newest first, also those that work no longer',
    tag,
    scope: 'api_keys:read',
    query: z.strictObject(pageQuery),
    answer: [200, listOf(apiKeySchema)],
    handle: ({ caller, query, inWorkspace }) =>
      inWorkspace('Listing API keys', async (scope) => {
        const request = await pageRequest(query, caller.workspaceId, (id) =>
          apiKeys.positionOf(scope, id),
        );
        return listBody(await apiKeys.page(scope, request), caller.workspaceId, presentApiKey);
      }),
  });

  addRoute(app, db, {
    method: 'GET',
    path: '/api-keys/:id',
    name: 'getApiKey',
    summary: 'Fetch an API key, without the key itself',
    tag,
    scope: 'api_keys:read',
    params,
    answer: [200, apiKeySchema],
    handle: async ({ params: { id }, inWorkspace }) =>
      presentApiKey(await inWorkspace('Finding an API key', (scope) => known(scope, id))),
  });

  addRoute(app, db, {
    method: 'PATCH',
    path: '/api-keys/:id',
    name: 'updateApiKey',
    summary: 'Rename an API key',
    tag,
    scope: 'api_keys:write',
    params,
    body: apiKeyChanges,
    answer: [200, apiKeySchema],
    handle: async ({ params: { id }, body: { name }, inWorkspace }) => {
      const stored = await inWorkspace('Renaming an API key', (scope) =>
        apiKeys.update(scope, id, { ...(name !== undefined && { name }) }),
      );
      if (!stored) throw notFound();
      return presentApiKey(stored);
    },
  });

  addRoute(app, db, {
    method: 'DELETE',
    path: '/api-keys/:id',
    name: 'revokeApiKey',
    summary: 'Revoke an API key',
    description: 'It is dead within 5 seconds everywhere, and stays in the list.',
    tag,
    scope: 'api_keys:write',
    params,
    answer: [204, z.null()],
    handle: async ({ params: { id }, inWorkspace }) => {
      await inWorkspace('Revoking an API key', async (scope) => {
        const revoked = await apiKeys.revoke(scope, id);
        if (!revoked) throw notFound();
        const api_key = presentApiKey(revoked.key);
        if (revoked.isNews) await tell(scope, 'api_key.revoked', { api_key });
      });
      return null;
    },
  });
}

function createAndRoll(app: ApiApp, db: Database): void {
  addRoute(app, db, {
    method: 'POST',
    path: '/api-keys',
    name: 'createApiKey',
    summary: 'Create an API key',
    description: 'The key itself is in the answer, this once.',
    tag,
    scope: 'api_keys:write',
    body: newApiKeyBody,
    answer: [201, freshApiKeySchema],
    secret: true,
    handle: async ({ caller, body, reply, inWorkspace }) => {
      const { name, mode, scopes } = body;
      mayGive(caller, mode, scopes);
      const expiresAt = future(body.expires_at);
      const { key, face } = freshKey(mode);
      const stored = await inWorkspace('Creating an API key', async (scope) => {
        const id = newId('key');
        const made = await apiKeys.insert(scope, { id, name, scopes, ...face, ...expiresAt });
        await tell(scope, 'api_key.created', { api_key: presentApiKey(made) });
        return made;
      });
      void reply.header('location', `/v1/api-keys/${stored.id}`);
      return { ...presentApiKey(stored), key };
    },
  });

  addRoute(app, db, {
    method: 'POST',
    path: '/api-keys/:id/roll',
    name: 'rollApiKey',
    summary: 'Put a new API key in the place of one',
    description:
      'The new one has the same name and rights, and is in the answer, this once. The old one expires ' +
      'after the overlap.',
    tag,
    scope: 'api_keys:write',
    params,
    body: rollBody,
    answer: [201, freshApiKeySchema],
    secret: true,
    problems: ['conflict'],
    handle: async ({ caller, params: { id }, body, reply, inWorkspace }) => {
      const expiresAt = future(body.expires_at);
      return inWorkspace('Rolling an API key', async (scope) => {
        const old = await known(scope, id);
        mayGive(caller, old.mode, old.scopes);
        const { key, face } = freshKey(old.mode);
        const next = { id: newId('key'), ...face, ...expiresAt };
        const stored = await apiKeys.roll(scope, id, body.overlap_seconds * 1_000, next);
        if (!stored) throw notFound();
        if (stored === 'over') throw new Problem('conflict', 'The key does not work any more.');
        await tell(scope, 'api_key.created', { api_key: presentApiKey(stored) });
        void reply.header('location', `/v1/api-keys/${stored.id}`);
        return { ...presentApiKey(stored), key };
      });
    },
  });
}

async function known(scope: Scope, id: string): Promise<StoredApiKey> {
  const stored = await apiKeys.find(scope, id);
  if (!stored) throw notFound();
  return stored;
}

/** @throws {Problem} when somebody would give more than they have. */
function mayGive(caller: Caller, mode: KeyMode, scopes: readonly string[]): void {
  const missing = caller.scopes.includes('admin')
    ? undefined
    : scopes.find((scope) => !caller.scopes.includes(scope));
  if (missing !== undefined) {
    throw new Problem('scope-missing', `Only a key that has the scope ${missing} can give it.`);
  }
  if (caller.mode === 'test' && mode === 'live') {
    throw new Problem('scope-missing', 'A test key cannot make a live one.');
  }
}

function future(time: string | null): { expiresAt?: string } {
  if (time === null) return {};
  if (Date.parse(time) > Date.now()) return { expiresAt: time };
  throw invalid('/expires_at', 'past', 'This time is over');
}

function freshKey(mode: KeyMode): { key: string; face: KeyFace } {
  const key = newApiKey(mode);
  const face = faceOf(key);
  if (!face) throw new Error('A new key that is none');
  return { key, face };
}
