import { z } from 'zod';
import type { Database } from '../../../db/pool.ts';
import * as workspaces from '../../../db/workspaces.ts';
import type { StoredWorkspace } from '../../../db/workspaces.ts';
import { idField, nameField, time } from '../frame/fields.ts';
import { limitsOf, limitsSchema } from '../../../request-limits.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';

const MAX_DAYS = 36_500;
const MAX_HOURS = 8_760;
const SESSION_IDLE_HOURS = 24;

const settings = {
  retention_days: z.int().min(1).max(MAX_DAYS).nullable().meta({
    description: 'Days after its end that a call is erased; null: never',
  }),
  session_idle_hours: z.int().min(1).max(MAX_HOURS).meta({
    description: 'Hours without a call after which the next one begins a new session',
  }),
};

const workspaceSchema = z
  .object({
    id: idField('ws'),
    object: z.literal('workspace'),
    name: z.string(),
    ...settings,
    limits: limitsSchema,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Workspace' });

const changes = z.strictObject({
  name: nameField.optional(),
  retention_days: settings.retention_days.optional(),
  session_idle_hours: settings.session_idle_hours.nullable().optional(),
});

const tag = 'workspace';

export function workspaceRoutes(app: ApiApp, db: Database): void {
  addRoute(app, db, {
    method: 'GET',
    path: '/workspace',
    name: 'getWorkspace',
    summary: 'Fetch the workspace of the API key',
    tag,
    scope: 'workspace:read',
    answer: [200, workspaceSchema],
    handle: async ({ inWorkspace }) =>
      present(await inWorkspace('Finding the workspace', workspaces.find)),
  });

  addRoute(app, db, {
    method: 'PATCH',
    path: '/workspace',
    name: 'updateWorkspace',
    summary: 'Change the workspace of the API key',
    description:
      "What is left out stays; null goes back to the default. The limits are the operator's.",
    tag,
    scope: 'workspace:write',
    body: changes,
    answer: [200, workspaceSchema],
    handle: async ({ body, inWorkspace }) => {
      const { name, retention_days: retentionDays, session_idle_hours: hours } = body;
      return present(
        await inWorkspace('Changing the workspace', (scope) =>
          workspaces.update(scope, {
            ...(name !== undefined && { name }),
            ...(retentionDays !== undefined && { retentionDays }),
            ...(hours !== undefined && { sessionIdleHours: hours ?? SESSION_IDLE_HOURS }),
          }),
        ),
      );
    },
  });
}

function present(stored: StoredWorkspace): z.output<typeof workspaceSchema> {
  return {
    id: stored.id,
    object: 'workspace',
    name: stored.name,
    retention_days: stored.retentionDays,
    session_idle_hours: stored.sessionIdleHours,
    limits: limitsOf(stored.limits),
    created_at: stored.createdAt,
    updated_at: stored.updatedAt,
  };
}
