import { z } from 'zod';
import { newId } from '../../../ids.ts';
import * as assistants from '../../../db/assistants.ts';
import type { StoredAssistant } from '../../../db/assistants.ts';
import type { Database } from '../../../db/pool.ts';
import type { Scope } from '../../../db/scope.ts';
import { fromAssistant, toAssistant } from './assistant-mapping.ts';
import { assistantChanges, newAssistant } from './assistant-schema.ts';
import type { AssistantContent } from './assistant-schema.ts';
import { assistantSchema } from './assistant-shown.ts';
import type { AssistantBody } from './assistant-shown.ts';
import { checkProviders } from './providers.ts';
import type { Providers } from './providers.ts';
import { tell } from '../events/tell.ts';
import { expectedVersions, sendVersion } from '../frame/conditional.ts';
import { idField } from '../frame/fields.ts';
import { listBody, listOf, pageQuery, pageRequest } from '../frame/lists.ts';
import { mergePatch } from '../frame/merge-patch.ts';
import { notFound, Problem } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';

const params = z.object({ id: idField('asst') });
/** What the database counts to. */
const MAX_VERSION = 2_147_483_647;
const ofVersion = z.object({
  id: idField('asst'),
  version: z.coerce.number().int().min(1).max(MAX_VERSION),
});
const tag = 'assistants';

/** @param providers whom an assistant may name */
export function assistantRoutes(app: ApiApp, db: Database, providers: Providers): void {
  addRoute(app, db, {
    method: 'POST',
    path: '/assistants',
    name: 'createAssistant',
    summary: 'Create an assistant',
    tag,
    scope: 'assistants:write',
    body: newAssistant,
    etag: true,
    answer: [201, assistantSchema],
    handle: async ({ body, reply, inWorkspace }) => {
      checkProviders(body, providers);
      const stored = await inWorkspace('Creating an assistant', async (scope) => {
        const made = await assistants.create(scope, newId('asst'), toAssistant(body));
        await tell(scope, 'assistant.created', eventData(made));
        return made;
      });
      sendVersion(reply, stored.assistant.version);
      void reply.header('location', `/v1/assistants/${stored.assistant.id}`);
      return present(stored);
    },
  });

  addRoute(app, db, {
    method: 'GET',
    path: '/assistants',
    name: 'listAssistants',
    summary: 'List assistants, the newest first',
    tag,
    scope: 'assistants:read',
    query: z.strictObject(pageQuery),
    answer: [200, listOf(assistantSchema)],
    handle: async ({ caller, query, inWorkspace }) =>
      inWorkspace('Listing assistants', async (scope) => {
        const request = await pageRequest(query, caller.workspaceId, (id) =>
          assistants.positionOf(scope, id),
        );
        return listBody(await assistants.page(scope, request), caller.workspaceId, present);
      }),
  });

  addRoute(app, db, {
    method: 'GET',
    path: '/assistants/:id',
    name: 'getAssistant',
    summary: 'Fetch an assistant',
    tag,
    scope: 'assistants:read',
    params,
    etag: true,
    answer: [200, assistantSchema],
    handle: async ({ params: { id }, reply, inWorkspace }) => {
      const stored = await inWorkspace('Finding an assistant', (scope) => known(scope, id));
      sendVersion(reply, stored.assistant.version);
      return present(stored);
    },
  });

  addRoute(app, db, {
    method: 'GET',
    path: '/assistants/:id/versions/:version',
    name: 'getAssistantVersion',
    summary: 'Fetch an assistant as it was, such as when a call ran with it',
    tag,
    scope: 'assistants:read',
    params: ofVersion,
    answer: [200, assistantSchema],
    handle: ({ params: { id, version }, inWorkspace }) =>
      inWorkspace('Finding a version of an assistant', async (scope) => {
        const stored = await assistants.findVersion(scope, id, version);
        if (!stored) throw notFound();
        return present(stored);
      }),
  });

  addRoute(app, db, {
    method: 'PATCH',
    path: '/assistants/:id',
    name: 'updateAssistant',
    summary: 'Change an assistant',
    description:
      'A merge patch (RFC 7396): what is left out stays, null goes back to the default. Makes a new ' +
      'version; calls under way keep theirs. Send `If-Match` so as not to undo the change of somebody else.',
    tag,
    scope: 'assistants:write',
    params,
    body: assistantChanges,
    etag: true,
    answer: [200, assistantSchema],
    problems: ['changed'],
    handle: async ({ params: { id }, body, request, reply, inWorkspace }) => {
      const expected = expectedVersions(request);
      const stored = await inWorkspace('Changing an assistant', async (scope) => {
        const before = await known(scope, id, { lock: true });
        if (expected && !expected.includes(before.assistant.version)) throw new Problem('changed');
        const content = changed(before, body);
        checkProviders(content, providers);
        const updated = await assistants.update(scope, id, toAssistant(content));
        await tell(scope, 'assistant.updated', eventData(updated));
        return updated;
      });
      sendVersion(reply, stored.assistant.version);
      return present(stored);
    },
  });

  addRoute(app, db, {
    method: 'DELETE',
    path: '/assistants/:id',
    name: 'deleteAssistant',
    summary: 'Delete an assistant',
    description: 'Calls under way go on. Refused while a phone number is routed to it.',
    tag,
    scope: 'assistants:write',
    params,
    answer: [204, z.null()],
    problems: ['in-use'],
    handle: async ({ params: { id }, inWorkspace }) => {
      await inWorkspace('Deleting an assistant', async (scope) => {
        const stored = await known(scope, id, { lock: true });
        const numbers = await assistants.softDelete(scope, id);
        if (numbers > 0) throw new Problem('in-use', `${numbers} phone numbers are routed to it.`);
        await tell(scope, 'assistant.deleted', eventData(stored));
      });
      return null;
    },
  });
}

async function known(
  scope: Scope,
  id: string,
  options: { lock?: boolean } = {},
): Promise<StoredAssistant> {
  const stored = await assistants.find(scope, id, options);
  if (!stored) throw notFound();
  return stored;
}

function eventData({ assistant: { id, name, version } }: StoredAssistant) {
  return { assistant: { id, name, version } };
}

function present({ assistant, createdAt, updatedAt }: StoredAssistant): AssistantBody {
  return {
    id: assistant.id,
    object: 'assistant',
    version: assistant.version,
    ...fromAssistant(assistant),
    created_at: createdAt,
    updated_at: updatedAt,
  };
}

/** @throws {Problem} when what comes of the change is no good assistant. */
function changed({ assistant }: StoredAssistant, patch: unknown): AssistantContent {
  const result = newAssistant.safeParse(mergePatch(fromAssistant(assistant), patch));
  if (result.success) return result.data;
  throw new Problem('invalid', undefined, {
    faults: result.error.issues.map(({ path, code, message }) => ({
      pointer: `/${path.map(String).join('/')}`,
      code,
      message,
    })),
  });
}
