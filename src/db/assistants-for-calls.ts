/** Who answers a call: read before a workspace is known, while the caller waits, in one statement. */
import { sql } from 'kysely';
import type { AsksFirst, Assistants, CallParties } from '../../activities/ports.ts';
import type { Assistant } from '../../workflows/assistant.ts';
import { assistantOf } from './assistant-row.ts';
import type { AssistantRow } from './assistant-row.ts';
import { translated } from './errors.ts';
import type { Database } from './pool.ts';
import { withheld } from './withheld.ts';

/** @param system sees all workspaces: a call comes to a number of any of them */
export function createAssistantsForCalls(system: Database): Assistants {
  return {
    findById: (id, { workspaceId, customer } = {}) =>
      translated('Finding an assistant', async () => {
        const query = system
          .selectFrom('assistants as a')
          .select(['a.id', 'a.workspace_id', 'a.version', 'a.name', 'a.config'])
          .select(memoryOf(customer))
          .where('a.id', '=', id)
          .where('a.deleted_at', 'is', null);
        const row = await (
          workspaceId === undefined ? query : query.where('a.workspace_id', '=', workspaceId)
        ).executeTakeFirst();
        return row && remembering(row);
      }),

    findByNumber: (number, { customer } = {}) =>
      translated('Finding the assistant of a number', async () => {
        const row = await routed(system, number)
          .select(['a.id', 'a.workspace_id', 'a.version', 'a.name', 'a.config'])
          .select(memoryOf(customer))
          .select(['p.id as numberId', 'p.workspace_id as owner'])
          .select((is) => is('p.assistant_request_url', 'is not', null).as('asks'))
          .executeTakeFirst();
        if (!row) return undefined;
        const { numberId, owner, asks, ...columns } = row;
        const assistant = isWhole(columns) ? remembering(columns) : null;
        if (!asks) return assistant ?? undefined;
        const asked: AsksFirst = {
          asks: { numberId, workspaceId: owner },
          otherwise: assistant,
        };
        return asked;
      }),
  };
}

/** A number, with the assistant that it is routed to, if it is there. */
function routed(system: Database, number: string) {
  return system
    .selectFrom('phone_numbers as p')
    .leftJoin('assistants as a', (join) =>
      join
        .onRef('a.id', '=', 'p.assistant_id')
        .onRef('a.workspace_id', '=', 'p.workspace_id')
        .on('a.deleted_at', 'is', null),
    )
    .where('p.number', '=', number)
    .where('p.deleted_at', 'is', null);
}

/** The summary of the session that a call which begins now would join. */
function memoryOf(customer: CallParties['customer']) {
  const number = customer === undefined || withheld(customer) ? null : customer;
  return sql<string | null>`(
    select s.summary from sessions s
    where s.workspace_id = a.workspace_id and s.assistant_id = a.id
      and s.customer_number = ${number} and s.expires_at > now() and s.deleted_at is null
    order by s.expires_at desc
    limit 1
  )`.as('memory');
}

type Columns = { [name in keyof AssistantRow]: AssistantRow[name] | null };

function isWhole<C extends Columns>(columns: C): columns is C & AssistantRow {
  return columns.id !== null;
}

function remembering(row: AssistantRow & { memory: string | null }): Assistant {
  const { memory } = row;
  return { ...assistantOf(row), ...(memory !== null && { memory }) };
}
