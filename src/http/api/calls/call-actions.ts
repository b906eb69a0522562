/** What may be done with one call: look at it live, end it, erase it. */
import { z } from 'zod';
import * as calls from '../../../db/calls.ts';
import type { Database } from '../../../db/pool.ts';
import { erasure, liveCall } from './call-schema.ts';
import { viewLive } from './call-view.ts';
import type { CallParts } from './calls.ts';
import { idField } from '../frame/fields.ts';
import { farewell } from './hang-up-all.ts';
import { findOwn } from './own-call.ts';
import { notFound, Problem } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';

const params = z.object({ id: idField('call') });
const tag = 'calls';

const hangUp = z
  .object({
    object: z.literal('hang_up'),
    id: idField('call'),
    result: z.enum(['ended', 'was-over']),
  })
  .meta({ id: 'HangUp' });

export function callActionRoutes(app: ApiApp, db: Database, parts: CallParts): void {
  const { manager, erase } = parts;

  addRoute(app, db, {
    method: 'GET',
    path: '/calls/:id/live',
    name: 'getLiveCall',
    summary: 'Look at a call as it stands',
    description:
      'What the call itself says, ahead of its record; of a long one the newest turns. 409 when it is ' +
      'over and Temporal does not have it any more.',
    tag,
    scope: 'calls:read',
    params,
    answer: [200, liveCall],
    problems: ['conflict'],
    handle: async (context) => {
      const { caller, params: asked } = context;
      const found = await findOwn(context, manager, asked.id);
      const now = found.now ?? (await manager.getCallStatus(asked.id));
      if (!now) throw new Problem('conflict', 'The call is over: fetch its record.');
      if ((now.workspaceId ?? caller.workspaceId) !== caller.workspaceId) throw notFound();
      return viewLive(now);
    },
  });

  addRoute(app, db, {
    method: 'POST',
    path: '/calls/:id/hangup',
    name: 'hangUpCall',
    summary: 'End a call',
    description: 'In order, after `message` if given. One that is over already is a success.',
    tag,
    scope: 'calls:write',
    params,
    body: z.strictObject({ message: farewell }).nullish(),
    answer: [200, hangUp],
    idempotency: 'two-phase',
    handle: async (context) => {
      const { params: asked, body } = context;
      await findOwn(context, manager, asked.id);
      const { result } = await manager.hangupCall(asked.id, body?.message);
      if (result === 'failed') throw new Problem('unavailable');
      return {
        object: 'hang_up' as const,
        id: asked.id,
        result: result === 'ended' ? result : ('was-over' as const),
      };
    },
  });

  addRoute(app, db, {
    method: 'POST',
    path: '/calls/:id/erase',
    name: 'eraseCall',
    summary: 'Remove what was said in a call, and its numbers',
    description:
      'For good, from the database and from Temporal; also of a hidden call. Takes half a minute or ' +
      'more: `erased_at` says when it is done. When, how long, with which assistant and how it ended ' +
      'stays. What the session remembers of it goes with it; what later calls were told of it stays in ' +
      'Temporal until they are erased, or the session is.',
    tag,
    scope: 'calls:write',
    params,
    answer: [202, erasure],
    problems: ['conflict'],
    idempotency: 'two-phase',
    handle: async (context) => {
      const { caller, params: asked, inWorkspace } = context;
      const { id } = asked;
      const { row, isKnown } = await inWorkspace('Finding a call', async (scope) => ({
        row: await calls.findCall(scope, id),
        isKnown: (await calls.positionOf(scope, id)) !== undefined,
      }));
      // One that is hidden was over before, one that is not recorded has only just begun.
      const isUnrecorded = !isKnown && (await findOwn(context, manager, id)).now !== undefined;
      if (isUnrecorded || (row && row.status !== 'ended' && (await manager.isOpen(id)))) {
        throw new Problem('conflict', 'The call is not over.');
      }
      await erase.call({ workspaceId: caller.workspaceId, callId: id });
      return { object: 'erasure' as const, id };
    },
  });
}
