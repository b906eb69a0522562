import { z } from 'zod';
import type { CallManager } from '../../../call-manager.ts';
import * as calls from '../../../db/calls.ts';
import type { CallFilter } from '../../../db/calls.ts';
import type { Database } from '../../../db/pool.ts';
import type { EraseOrders } from '../../../erase-orders.ts';
import { callActionRoutes } from './call-actions.ts';
import {
  callSchema,
  callWithTranscript,
  DIRECTIONS,
  END_REASONS,
  STATUSES,
} from './call-schema.ts';
import { viewCall, viewTurn, viewTurns } from './call-view.ts';
import { hasScope } from '../sign-in/caller.ts';
import { createCallRoute } from './create-call.ts';
import { givenTime, idField, phoneNumber } from '../frame/fields.ts';
import { hangUpAllRoute } from './hang-up-all.ts';
import { listBody, listOf, pageQuery, pageRequest } from '../frame/lists.ts';
import { findOwn, viewOwn } from './own-call.ts';
import { notFound, Problem } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';

export interface CallParts {
  manager: CallManager;
  erase: EraseOrders;
  /** Temporal's own pages, where an address is configured. */
  temporalUi?: { url: string; namespace: string };
}

const params = z.object({ id: idField('call') });
const tag = 'calls';

const filters = {
  status: z.enum(STATUSES).optional(),
  direction: z.enum(DIRECTIONS).optional(),
  end_reason: z.enum(END_REASONS).optional(),
  assistant_id: idField('asst').optional(),
  phone_number_id: idField('pn').optional(),
  session_id: idField('sess').optional(),
  from: phoneNumber.optional(),
  to: phoneNumber.optional(),
  call_sid: z
    .string()
    .regex(/^CA[0-9A-Za-z]{32}$/, "Not a call's id of the carrier")
    .optional(),
  'created_at[gte]': givenTime.optional(),
  'created_at[lt]': givenTime.optional(),
};

const listQuery = z.strictObject({ ...pageQuery, ...filters });

export function callRoutes(app: ApiApp, db: Database, parts: CallParts): void {
  const { manager } = parts;
  createCallRoute(app, db, manager);
  hangUpAllRoute(app, db, manager);

  addRoute(app, db, {
    method: 'GET',
    path: '/calls',
    name: 'listCalls',
    summary: 'List calls, the newest first',
    description: 'All filters must hold. What was said comes with each single call.',
    tag,
    scope: 'calls:read',
    query: listQuery,
    answer: [200, listOf(callSchema)],
    handle: async ({ caller, query, inWorkspace }) =>
      inWorkspace('Listing calls', async (scope) => {
        const request = await pageRequest(query, caller.workspaceId, (id) =>
          calls.positionOf(scope, id),
        );
        const page = await calls.page(scope, filterOf(query), request);
        return listBody(page, caller.workspaceId, viewCall);
      }),
  });

  addRoute(app, db, {
    method: 'GET',
    path: '/calls/:id',
    name: 'getCall',
    summary: 'Fetch a call with its transcript',
    description: 'As it is recorded: a turn is, once it is answered. `/live` has what goes on now.',
    tag,
    scope: 'calls:read',
    params,
    answer: [200, callWithTranscript],
    handle: async (context) => {
      const { caller, params: asked, inWorkspace } = context;
      const found = await findOwn(context, manager, asked.id);
      const temporal_url = hasScope(caller, 'admin') ? pageOf(parts, asked.id) : null;
      if (found.row) {
        const { greeting = null, turns } = found.row;
        const transcript = { greeting, turns: viewTurns(turns) };
        return { ...viewCall(found.row), transcript, temporal_url };
      }
      const { now } = found;
      const view = await inWorkspace('Finding a number', (scope) => viewOwn(scope, now));
      const turns = now.turns.map((turn, index) => viewTurn(turn, index + 1));
      return { ...view, transcript: { greeting: now.greeting ?? null, turns }, temporal_url };
    },
  });

  addRoute(app, db, {
    method: 'DELETE',
    path: '/calls/:id',
    name: 'deleteCall',
    summary: 'Hide a call that is over',
    description: 'What was said in it stays until it is erased, or is kept no longer.',
    tag,
    scope: 'calls:write',
    params,
    answer: [204, z.null()],
    problems: ['conflict'],
    handle: async (context) => {
      const { params: asked, inWorkspace } = context;
      const { row } = await findOwn(context, manager, asked.id);
      if (!row || (row.status !== 'ended' && (await manager.isOpen(asked.id)))) {
        throw new Problem('conflict', 'The call is not over.');
      }
      const isHidden = await inWorkspace('Deleting a call', (scope) =>
        calls.softDelete(scope, asked.id),
      );
      if (!isHidden) throw notFound();
      return null;
    },
  });

  callActionRoutes(app, db, parts);
}

function pageOf({ temporalUi }: CallParts, id: string): string | null {
  if (!temporalUi) return null;
  const { url, namespace } = temporalUi;
  return `${url.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${id}`;
}

function filterOf(query: z.output<typeof listQuery>): CallFilter {
  const filter: { [Name in keyof CallFilter]: CallFilter[Name] | undefined } = {
    status: query.status,
    direction: query.direction,
    endReason: query.end_reason,
    assistantId: query.assistant_id,
    phoneNumberId: query.phone_number_id,
    sessionId: query.session_id,
    from: query.from,
    to: query.to,
    callSid: query.call_sid,
    createdFrom: query['created_at[gte]'],
    createdBefore: query['created_at[lt]'],
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}
