/** What a batch of a call's events tells customers. */
import { sql } from 'kysely';
import type { CallEvent } from '../../workflows/events.ts';
import { callEventId, newId } from '../ids.ts';
import { callAsOf } from './call-as-of.ts';
import type { StoredCall } from './calls.ts';
import { KEPT_DAYS } from './events.ts';
import { emit } from './outbox.ts';
import type { NewEvent } from './outbox.ts';
import { presentCall } from './present-call.ts';
import type { CallRow } from './schema.ts';
import type { Scope } from './scope.ts';
import type { StoredSession } from './sessions.ts';

/** The forms of what is told; they are the API's. */
export interface EventViews {
  /** @param call as it was when this had happened */
  call: (event: CallEvent, call: StoredCall) => unknown;
  session: (session: StoredSession) => unknown;
}

/**
 * Writes what is not told of the call yet. That is the batch, and whatever a version of ours has
 * recorded that told nobody: the numbers of a call's events have no gaps.
 * @param call its row, locked, as the batch has left it
 * @param opened the session that it has begun
 */
export async function tellOfCall(
  scope: Scope,
  call: CallRow,
  batch: readonly CallEvent[],
  opened: StoredSession | undefined,
  views: EventViews,
): Promise<void> {
  const untold = await findUntold(scope, call, batch);
  await emit(scope, [
    ...(opened ? [sessionEvent(opened, views)] : []),
    ...untold.map((event) => ({
      id: callEventId(call.id, event.sequence),
      type: event.type,
      occurredAt: event.at,
      data: views.call(event, presentCall(callAsOf(call, event))),
      call: { id: call.id, sequence: event.sequence },
    })),
  ]);
}

function sessionEvent(session: StoredSession, views: EventViews): NewEvent {
  const data = views.session(session);
  return { id: newId('evt'), type: 'session.created', occurredAt: session.createdAt, data };
}

/**
 * As they are recorded, in order. What came before the batch is looked through only when the event next to
 * it was not told, and at the end of the call.
 */
async function findUntold(
  { workspaceId, trx }: Scope,
  call: CallRow,
  batch: readonly CallEvent[],
): Promise<CallEvent[]> {
  const sequences = batch.map(({ sequence }) => sequence);
  const first = Math.min(...sequences);
  const isEnd = batch.some(({ type }) => type === 'call.ended' || type === 'call.summarized');
  const toldUpTo = trx
    .selectFrom('events')
    .select(sql<number>`${first}::integer`.as('sequence'))
    .where('call_id', '=', call.id)
    .where('sequence', '=', first - 1);
  let query = trx
    .selectFrom('call_events')
    .select(['sequence', 'type', 'at', 'data'])
    .where('workspace_id', '=', workspaceId)
    .where('call_id', '=', call.id)
    .where(
      sql<boolean>`not exists (select from events told
        where told.call_id = call_events.call_id and told.sequence = call_events.sequence)`,
    );
  if (!isEnd) query = query.where('sequence', '>=', sql<number>`coalesce((${toldUpTo}), 1)`);
  // What was told of an older call is kept no longer: it would be told again.
  if (call.created_at.getTime() < Date.now() - (KEPT_DAYS - 1) * 86_400_000) {
    query = query.where('sequence', 'in', sequences);
  }
  const rows = await query.orderBy('sequence').execute();
  return rows.map(
    ({ sequence, type, at, data }) =>
      ({ ...(data as object), type, sequence, at: at.toISOString() }) as CallEvent, // see call-records.ts
  );
}
