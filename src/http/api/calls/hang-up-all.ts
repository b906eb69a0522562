import { z } from 'zod';
import type { CallSnapshot } from '../../../../workflows/contract.ts';
import type { CallManager, HangUpResult } from '../../../call-manager.ts';
import * as assistants from '../../../db/assistants.ts';
import * as calls from '../../../db/calls.ts';
import * as phoneNumbers from '../../../db/phone-numbers.ts';
import type { Database } from '../../../db/pool.ts';
import type { Scope } from '../../../db/scope.ts';
import { hangUpOwn } from '../../../hang-up-own.ts';
import { DIRECTIONS } from './call-schema.ts';
import { idField, textField } from '../frame/fields.ts';
import { invalid } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';

/** Said before a call is hung up. */
export const farewell = textField(3_000)
  .default('')
  .meta({ description: 'Said before it is hung up; empty: at once' });

const filter = z
  .strictObject({
    assistant_id: idField('asst').optional(),
    phone_number_id: idField('pn').optional(),
    direction: z.enum(DIRECTIONS).optional(),
  })
  .refine((given) => Object.keys(given).length > 0, 'Give at least one; or `confirm` for all');

const order = z
  .strictObject({
    filter: filter.optional().meta({ description: 'All of it must hold' }),
    confirm: z.literal(true).optional().meta({ description: 'In place of a filter: all calls' }),
    message: farewell,
  })
  .refine(
    (given) => (given.filter === undefined) !== (given.confirm === undefined),
    'Give a filter, or `confirm` for all calls of the workspace',
  );

const result = z.enum(['ended', 'was-over', 'failed']).meta({
  description: '`failed`: the call did not answer; whether it ended is not known',
});
const count = z.int().min(0);

const outcome = z
  .object({
    object: z.literal('hang_up_all'),
    ended: count,
    was_over: count,
    failed: count,
    results: z.array(z.object({ id: idField('call'), result })),
  })
  .meta({ id: 'HangUpAll' });

type Filter = z.output<typeof filter>;

export function hangUpAllRoute(app: ApiApp, db: Database, manager: CallManager): void {
  addRoute(app, db, {
    method: 'POST',
    path: '/calls/hangup-all',
    name: 'hangUpCalls',
    summary: 'End several calls, or all',
    description: 'Queued, ringing and live ones; of this workspace alone. Twice does no harm.',
    tag: 'calls',
    scope: 'calls:write',
    body: order,
    answer: [200, outcome],
    idempotency: 'two-phase',
    handle: async ({ caller, body, inWorkspace }) => {
      const { filter: given = {}, message } = body;
      const number = await inWorkspace('Looking at a filter', (scope) => numberOf(scope, given));
      const results = await hangUpOwn(manager, {
        workspaceId: caller.workspaceId,
        isOwn: (id) =>
          inWorkspace('Finding a call', async (scope) => {
            const position = await calls.positionOf(scope, id);
            return position !== undefined;
          }),
        matches: (call) => matches(call, given, number),
        message,
      });
      return summarized(results);
    },
  });
}

/**
 * @returns the number that the filter names
 * @throws {Problem} `invalid` when it names something that the workspace does not have.
 */
async function numberOf(scope: Scope, given: Filter): Promise<string | undefined> {
  const { assistant_id: assistantId, phone_number_id: numberId } = given;
  // Of one that was deleted there may be calls.
  if (assistantId !== undefined && !(await assistants.positionOf(scope, assistantId))) {
    throw invalid('/filter/assistant_id', 'unknown', 'There is no such assistant');
  }
  if (numberId === undefined) return undefined;
  const found = await phoneNumbers.find(scope, numberId);
  if (found) return found.number;
  throw invalid('/filter/phone_number_id', 'unknown', 'There is no such number');
}

/** @param number what `phone_number_id` stands for */
function matches(call: CallSnapshot, given: Filter, number: string | undefined): boolean {
  const ours = call.direction === 'inbound' ? call.to : call.from;
  return (
    call.status !== 'ended' &&
    (given.direction === undefined || call.direction === given.direction) &&
    (given.assistant_id === undefined || call.assistant?.id === given.assistant_id) &&
    (number === undefined || ours === number)
  );
}

function summarized(results: HangUpResult[]): z.output<typeof outcome> {
  const listed = results.map(({ callId, result: each }) => ({
    id: callId,
    // Erased between two looks.
    result: each === 'unknown' ? ('was-over' as const) : each,
  }));
  const countOf = (wanted: z.output<typeof result>) =>
    listed.filter((each) => each.result === wanted).length;
  return {
    object: 'hang_up_all',
    ended: countOf('ended'),
    was_over: countOf('was-over'),
    failed: countOf('failed'),
    results: listed,
  };
}
