import { sql } from 'kysely';
import { forgetSession, lockSession } from './forget.ts';
import type { Scope } from './scope.ts';

/**
 * Removes what was said in a call, the numbers, and what was made of it: the summary of its session, and
 * of the calls that were told of this one. What is left of the call says that it was made, when, with
 * which assistant, for how long and how it ended.
 * @returns whether there was such a call, erased before or not.
 */
export async function eraseCallRows(scope: Scope, callId: string): Promise<boolean> {
  const { workspaceId, trx } = scope;
  const found = trx
    .selectFrom('calls')
    .select(['direction', 'session_id', 'created_at', 'erased_at'])
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', callId);
  await lockSession(scope, (await found.executeTakeFirst())?.session_id);
  const call = await found.forUpdate().executeTakeFirst();
  if (!call) return false;
  if (call.erased_at !== null) return true;
  for (const table of ['turns', 'call_events', 'events'] as const) {
    await trx
      .deleteFrom(table)
      .where('workspace_id', '=', workspaceId)
      .where('call_id', '=', callId)
      .execute();
  }
  await trx
    .updateTable('calls')
    .set({
      from_number: '',
      to_number: '',
      greeting: null,
      summary: null,
      metadata: '{}',
      erased_at: new Date(),
    })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', callId)
    .execute();
  if (call.direction === 'outbound') await forgetAnswers(scope, callId);
  if (call.session_id !== null) {
    await forgetSession(scope, call.session_id, call.created_at);
    await forgetCustomer(scope, call.session_id);
  }
  return true;
}

/**
 * Whoever placed the call with an `Idempotency-Key` would be told the number and the notes once more. The
 * same request finds the call itself then, and dials nobody.
 */
async function forgetAnswers({ workspaceId, trx }: Scope, callId: string): Promise<void> {
  await trx
    .deleteFrom('idempotency_records')
    .where('workspace_id', '=', workspaceId)
    .where('state', '=', 'done')
    .where(sql<boolean>`headers ->> 'location' = ${`/v1/calls/${callId}`}`)
    .execute();
}

/** With the last of its calls, a session loses the number that they were made with. */
async function forgetCustomer({ workspaceId, trx }: Scope, sessionId: string): Promise<void> {
  await trx
    .updateTable('sessions')
    .set({ customer_number: null })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', sessionId)
    .where((is) =>
      is.not(
        is.exists(
          is
            .selectFrom('calls')
            .select('id')
            .where('workspace_id', '=', workspaceId)
            .where('session_id', '=', sessionId)
            .where('erased_at', 'is', null),
        ),
      ),
    )
    .execute();
}
