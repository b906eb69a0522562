import { z } from 'zod';
import type { CallManager } from '../../../call-manager.ts';
import * as calls from '../../../db/calls.ts';
import type { Database } from '../../../db/pool.ts';
import type { Scope } from '../../../db/scope.ts';
import * as sessions from '../../../db/sessions.ts';
import type { StoredSession } from '../../../db/sessions.ts';
import type { EraseOrders } from '../../../erase-orders.ts';
import { erasure, STATUSES } from '../calls/call-schema.ts';
import { tellSessionEnd } from '../events/session-ends.ts';
import { idField, phoneNumber, time } from '../frame/fields.ts';
import { listBody, listOf, pageQuery, pageRequest } from '../frame/lists.ts';
import { notFound, Problem } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';

const status = z.enum(['open', 'closed']);

const sessionSchema = z
  .object({
    id: idField('sess'),
    object: z.literal('session'),
    status: status.meta({ description: '`open`: the next call of the customer joins it' }),
    assistant_id: idField('asst'),
    customer_number: z
      .string()
      .nullable()
      .meta({ description: 'null: withheld, or erased', examples: ['+14155550100'] }),
    summary: z
      .string()
      .nullable()
      .meta({ description: 'What the assistant is told of earlier calls' }),
    summarized_at: time.nullable().meta({ description: 'The end of the newest call in it' }),
    call_count: z.int().min(0),
    created_at: time,
    last_active_at: time,
    expires_at: time.meta({ description: 'It is closed then, unless a call joins it before' }),
  })
  .meta({ id: 'Session' });

type SessionBody = z.output<typeof sessionSchema>;

const params = z.object({ id: idField('sess') });
const tag = 'sessions';
const MANY = 100;

export interface SessionParts {
  manager: Pick<CallManager, 'isOpen'>;
  erase: EraseOrders;
}

export function sessionRoutes(app: ApiApp, db: Database, { manager, erase }: SessionParts): void {
  addRoute(app, db, {
    method: 'GET',
    path: '/sessions',
    name: 'listSessions',
    summary: 'List sessions, the newest first',
    tag,
    scope: 'sessions:read',
    query: z.strictObject({
      ...pageQuery,
      status: status.optional(),
      assistant_id: idField('asst').optional(),
      customer_number: phoneNumber.optional(),
    }),
    answer: [200, listOf(sessionSchema)],
    handle: async ({ caller, query, inWorkspace }) =>
      inWorkspace('Listing sessions', async (scope) => {
        const request = await pageRequest(query, caller.workspaceId, (id) =>
          sessions.positionOf(scope, id),
        );
        const { status: wanted, assistant_id, customer_number } = query;
        const filter = {
          ...(wanted !== undefined && { status: wanted }),
          ...(assistant_id !== undefined && { assistantId: assistant_id }),
          ...(customer_number !== undefined && { customerNumber: customer_number }),
        };
        return listBody(await sessions.page(scope, filter, request), caller.workspaceId, view);
      }),
  });

  addRoute(app, db, {
    method: 'GET',
    path: '/sessions/:id',
    name: 'getSession',
    summary: 'Fetch a session',
    description: 'Its calls are those of `/v1/calls?session_id=…`.',
    tag,
    scope: 'sessions:read',
    params,
    answer: [200, sessionSchema],
    handle: async ({ params: { id }, inWorkspace }) =>
      view(found(await inWorkspace('Finding a session', (scope) => sessions.find(scope, id)))),
  });

  addRoute(app, db, {
    method: 'POST',
    path: '/sessions/:id/close',
    name: 'closeSession',
    summary: 'Close a session',
    description: 'The next call begins a new one, and its assistant is told nothing of this one.',
    tag,
    scope: 'sessions:write',
    params,
    answer: [200, sessionSchema],
    handle: async ({ params: { id }, inWorkspace }) =>
      inWorkspace('Closing a session', async (scope) => {
        const closed = found(await sessions.close(scope, id));
        await tellSessionEnd(scope, id);
        return view(closed);
      }),
  });

  addRoute(app, db, {
    method: 'DELETE',
    path: '/sessions/:id',
    name: 'deleteSession',
    summary: 'Hide a session',
    description: 'The next call begins a new one. Its calls stay.',
    tag,
    scope: 'sessions:write',
    params,
    answer: [204, z.null()],
    handle: async ({ params: { id }, inWorkspace }) => {
      await inWorkspace('Deleting a session', async (scope) => {
        if (!(await sessions.softDelete(scope, id))) throw notFound();
        await tellSessionEnd(scope, id);
      });
      return null;
    },
  });

  addRoute(app, db, {
    method: 'POST',
    path: '/sessions/:id/erase',
    name: 'eraseSession',
    summary: 'Remove what was said in a session',
    description:
      'For good: its summary, then what was said in each of its calls (as `/v1/calls/{id}/erase` does); ' +
      'also of a hidden session. It is closed. Takes half a minute or more.',
    tag,
    scope: 'sessions:write',
    params,
    answer: [202, erasure],
    problems: ['conflict'],
    idempotency: 'two-phase',
    handle: async ({ caller, params: { id }, inWorkspace }) => {
      const unfinished = await inWorkspace('Finding a session', async (scope) => {
        if (!(await sessions.positionOf(scope, id))) throw notFound();
        return callsUnderWay(scope, id);
      });
      const areOpen = await Promise.all(unfinished.map((callId) => manager.isOpen(callId)));
      if (areOpen.includes(true)) {
        throw new Problem('conflict', 'One of its calls is not over.');
      }
      await erase.session({ workspaceId: caller.workspaceId, sessionId: id });
      return { object: 'erasure' as const, id };
    },
  });
}

/** By the record, which lags behind: those that may not be over. */
async function callsUnderWay(scope: Scope, sessionId: string): Promise<string[]> {
  const found: string[] = [];
  for (const each of STATUSES) {
    if (each === 'ended') continue;
    const { rows } = await calls.page(scope, { sessionId, status: each }, { limit: MANY });
    found.push(...rows.map(({ id }) => id));
  }
  return found;
}

function found(session: StoredSession | undefined): StoredSession {
  if (!session) throw notFound();
  return session;
}

function view(session: StoredSession): SessionBody {
  return {
    id: session.id,
    object: 'session',
    status: session.status,
    assistant_id: session.assistantId,
    customer_number: session.customerNumber,
    summary: session.summary,
    summarized_at: session.summarizedAt,
    call_count: session.callCount,
    created_at: session.createdAt,
    last_active_at: session.lastActiveAt,
    expires_at: session.expiresAt,
  };
}
