/** Places calls over the API: what is asked for is looked at before anybody is dialled. */
import { z } from 'zod';
import type { Assistant } from '../../../../workflows/assistant.ts';
import { placeholdersIn } from '../../../../workflows/placeholders.ts';
import { CallUnclearError } from '../../../call-errors.ts';
import type { CallManager } from '../../../call-manager.ts';
import * as assistants from '../../../db/assistants.ts';
import * as calls from '../../../db/calls.ts';
import * as phoneNumbers from '../../../db/phone-numbers.ts';
import type { StoredPhoneNumber } from '../../../db/phone-numbers.ts';
import type { Database } from '../../../db/pool.ts';
import type { Scope } from '../../../db/scope.ts';
import { newId, outboundCallId } from '../../../ids.ts';
import { callSchema } from './call-schema.ts';
import type { CallBody } from './call-schema.ts';
import { viewCall, viewUnrecorded } from './call-view.ts';
import { checkCallee } from './callee.ts';
import { callVariables, idField, metadata, phoneNumber } from '../frame/fields.ts';
import { invalid, Problem } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp, RouteContext } from '../frame/route.ts';
import { Unsettled } from '../idempotency/unsettled.ts';

const newCall = z.strictObject({
  to: phoneNumber,
  assistant_id: idField('asst')
    .optional()
    .meta({ description: 'Left out: the one that our number is routed to' }),
  phone_number_id: idField('pn')
    .optional()
    .meta({ description: "Our number to call from; left out: the workspace's only one" }),
  from: phoneNumber.optional().meta({ description: 'In place of `phone_number_id`: our number' }),
  variables: callVariables
    .default({})
    .meta({ description: "Stand for the `{{name}}` in the assistant's texts, over its defaults" }),
  metadata: metadata.default({}),
});

type NewCall = z.output<typeof newCall>;
type Context = RouteContext<unknown, unknown, NewCall>;

/** What is dialled, once all of it is known to be good. */
interface Order {
  callId: string;
  number: StoredPhoneNumber;
  assistantId: string;
}

export function createCallRoute(app: ApiApp, db: Database, manager: CallManager): void {
  addRoute(app, db, {
    method: 'POST',
    path: '/calls',
    name: 'createCall',
    summary: 'Place a call',
    description:
      'Answers once the carrier has taken or refused it (see `dial`), before anybody has picked up. ' +
      'With an `Idempotency-Key` it is dialled once, however often this is sent and whatever dies ' +
      'meanwhile. 202 says that it is not known whether it was placed: look at the call before you ' +
      'place another one, or send the same request with the same key again.',
    tag: 'calls',
    scope: 'calls:write',
    body: newCall,
    answer: [201, callSchema],
    unsettled: callSchema,
    idempotency: 'two-phase',
    handle: async (context) => {
      const { reply, caller, idempotencyKey, inWorkspace } = context;
      const callId =
        idempotencyKey === undefined
          ? newId('call')
          : outboundCallId(caller.workspaceId, idempotencyKey);
      const before = await inWorkspace('Looking at a new call', async (scope) => {
        const placed = await placedBefore(scope, callId, context.body);
        return placed ?? check(scope, callId, context.body);
      });
      void reply.header('location', `/v1/calls/${callId}`);
      return 'object' in before ? before : place(manager, context, before);
    },
  });
}

/**
 * An answer is kept for a day, a call for longer: its key places no other one.
 * @throws {Problem} when the key was somebody else's call, or the call was deleted.
 */
async function placedBefore(
  scope: Scope,
  callId: string,
  { to }: NewCall,
): Promise<CallBody | undefined> {
  const call = await calls.findCall(scope, callId);
  if (call) {
    if (call.erasedAt === undefined && call.to !== to) throw new Problem('idempotency-key-reused');
    return viewCall(call);
  }
  if (await calls.positionOf(scope, callId)) {
    throw new Problem('conflict', 'The call of this key was placed, and is deleted.');
  }
  return undefined;
}

/** @throws {Problem} `invalid` for whatever would go wrong in the call. */
async function check(scope: Scope, callId: string, body: NewCall): Promise<Order> {
  checkCallee(body.to, '/to');
  const number = await numberOf(scope, body);
  const assistantId = body.assistant_id ?? number.assistantId;
  if (assistantId === null) {
    throw invalid('/assistant_id', 'required', 'Nobody answers our number: name an assistant');
  }
  const stored = await assistants.find(scope, assistantId);
  if (!stored) throw invalid('/assistant_id', 'unknown', 'There is no such assistant');
  checkVariables(stored.assistant, body.variables);
  return { callId, number, assistantId };
}

async function numberOf(
  scope: Scope,
  { phone_number_id: id, from }: NewCall,
): Promise<StoredPhoneNumber> {
  if (id !== undefined && from !== undefined) {
    throw invalid('/from', 'exclusive', 'Give phone_number_id or from, not both');
  }
  const unknown = (pointer: string) => invalid(pointer, 'unknown', 'There is no such number');
  if (id !== undefined) {
    const found = await phoneNumbers.find(scope, id);
    if (!found) throw unknown('/phone_number_id');
    return found;
  }
  if (from !== undefined) {
    const found = await phoneNumbers.findByNumber(scope, from);
    if (!found) throw unknown('/from');
    return found;
  }
  const { rows, hasMore } = await phoneNumbers.page(scope, {}, { limit: 1 });
  const [only] = rows;
  if (only && !hasMore) return only;
  throw invalid(
    '/phone_number_id',
    'required',
    only ? 'There are several numbers: name one' : 'The workspace has no number to call from',
  );
}

function checkVariables(assistant: Assistant, given: Record<string, string>): void {
  const known = { ...assistant.variables, ...given };
  const missing = placeholdersIn(assistant).filter((name) => !Object.hasOwn(known, name));
  if (missing.length === 0) return;
  throw new Problem('invalid', undefined, {
    faults: missing.map((name) => ({
      pointer: `/variables/${name}`,
      code: 'missing-variable',
      message: "The assistant's texts need a value for it",
    })),
  });
}

async function place(
  manager: CallManager,
  { caller, body }: Context,
  { callId, number, assistantId }: Order,
): Promise<CallBody> {
  const { to, variables, metadata: notes } = body;
  const { workspaceId } = caller;
  try {
    const call = await manager.makeCall(to, {
      callId,
      assistantId,
      workspaceId,
      from: number.number,
      variables,
      metadata: notes,
    });
    // Of an earlier request with the same key that is not recorded yet.
    if (call.to !== to) throw new Problem('idempotency-key-reused');
    const view = viewUnrecorded(call, number.id);
    // The carrier is still being asked.
    if (call.dial === undefined && call.status !== 'ended') throw new Unsettled(view);
    return view;
  } catch (error) {
    if (!(error instanceof CallUnclearError)) throw error;
    const call = { callId, direction: 'outbound', from: number.number, to } as const;
    const startedAt = new Date().toISOString();
    throw new Unsettled(
      viewUnrecorded(
        { ...call, status: 'dialling', dial: 'unclear', metadata: notes, turns: [], startedAt },
        number.id,
      ),
    );
  }
}
