/** Who answers a call: read before a workspace is known, while the caller waits, in one statement. */
import { sql } from 'kysely';
import type { SelectQueryBuilder } from 'kysely';
import type { Assistants, CallParties } from '../../activities/ports.ts';
import type { Assistant } from '../../workflows/assistant.ts';
import { assistantOf } from './assistant-row.ts';
import { translated } from './errors.ts';
import type { Database } from './pool.ts';
import type { Schema } from './schema.ts';
import { withheld } from './withheld.ts';

type OfAssistant = SelectQueryBuilder<Schema & { a: Schema['assistants'] }, 'a', object>;

/** @param system sees all workspaces: a call comes to a number of any of them */
export function createAssistantsForCalls(system: Database): Assistants {
  const usable = system.selectFrom('assistants as a').where('a.deleted_at', 'is', null);
  return {
    findById: (id, { workspaceId, customer } = {}) =>
      translated('Finding an assistant', () => {
        const query = usable.where('a.id', '=', id);
        return read(
          workspaceId === undefined ? query : query.where('a.workspace_id', '=', workspaceId),
          customer,
        );
      }),

    findByNumber: (number, { customer } = {}) =>
      translated('Finding the assistant of a number', () =>
        read(
          usable.where((is) =>
            is.exists(
              is
                .selectFrom('phone_numbers as p')
                .select('p.id')
                .whereRef('p.assistant_id', '=', 'a.id')
                .whereRef('p.workspace_id', '=', 'a.workspace_id')
                .where('p.number', '=', number)
                .where('p.deleted_at', 'is', null),
            ),
          ),
          customer,
        ),
      ),
  };
}

/** With the summary of the session that a call which begins now would join. */
async function read(
  query: OfAssistant,
  customer: CallParties['customer'],
): Promise<Assistant | undefined> {
  const number = customer === undefined || withheld(customer) ? null : customer;
  const row = await query
    .select(['a.id', 'a.workspace_id', 'a.version', 'a.name', 'a.config'])
    .select((is) =>
      is
        .selectFrom('sessions as s')
        .select('s.summary')
        .whereRef('s.workspace_id', '=', 'a.workspace_id')
        .whereRef('s.assistant_id', '=', 'a.id')
        .where('s.customer_number', '=', number)
        .where('s.expires_at', '>', sql<Date>`now()`)
        .where('s.deleted_at', 'is', null)
        .orderBy('s.expires_at', 'desc')
        .limit(1)
        .as('memory'),
    )
    .executeTakeFirst();
  if (!row) return undefined;
  const { memory } = row;
  return { ...assistantOf(row), ...(memory !== null && { memory }) };
}
