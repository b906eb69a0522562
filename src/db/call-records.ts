/** Writes the record of calls: a projection of their events. */
import type { CallRecords } from '../../activities/ports.ts';
import type { CallEvent, RecordBatch } from '../../workflows/events.ts';
import { applyEvent, callRowOf } from './call-events.ts';
import { tellOfCall } from './call-outbox.ts';
import type { EventViews } from './call-outbox.ts';
import { followCall } from './call-session.ts';
import { workspaceOfBatch } from './call-workspace.ts';
import { DatabaseError } from './errors.ts';
import { toJson } from './json.ts';
import type { Database } from './pool.ts';
import type { CallRow, NewCallRow } from './schema.ts';
import { inWorkspace } from './scope.ts';
import type { Scope } from './scope.ts';
import { find as findSession } from './sessions.ts';

/**
 * @param system sees all workspaces, to find out whose call it is
 * @param views left out: nobody is told of what is recorded
 */
export function createCallRecords(
  app: Database,
  system: Database = app,
  views?: EventViews,
): CallRecords {
  return {
    async record(batch) {
      if (batch.events.length === 0) return;
      const workspaceId = await workspaceOfBatch(system, batch);
      await inWorkspace(app, workspaceId, 'Recording a call', (scope) =>
        writeBatch(scope, batch, views),
      );
    },
  };
}

/** The call's row is locked first, so that two batches of one call never write at the same time. */
async function writeBatch(scope: Scope, batch: RecordBatch, views?: EventViews): Promise<void> {
  const events = [...batch.events].sort((a, b) => a.sequence - b.sequence);
  const before = await lockCall(scope, batch.callId, events);
  // A late word on a call that was erased: what was said in it is not to come back.
  if (before.erased_at !== null) return;
  const fresh = await insertEvents(scope, batch.callId, events);
  if (fresh.length === 0) return;
  for (const event of fresh) await applyEvent(scope, batch.callId, event);
  const last = Math.max(...fresh.map((event) => event.sequence));
  const after = await scope.trx
    .updateTable('calls')
    .set((is) => ({ last_sequence: is.fn('greatest', ['last_sequence', is.val(last)]) }))
    .where('workspace_id', '=', scope.workspaceId)
    .where('id', '=', batch.callId)
    .returningAll()
    .executeTakeFirstOrThrow();
  const types = new Set(fresh.map(({ type }) => type));
  const session = await followCall(scope, after, types);
  if (!views) return;
  const call = { ...after, session_id: session?.sessionId ?? null };
  const opened = session?.isOpened ? await findSession(scope, session.sessionId) : undefined;
  await tellOfCall(scope, call, fresh, opened, views);
}

async function lockCall(scope: Scope, callId: string, events: CallEvent[]): Promise<CallRow> {
  const locked = await selectLocked(scope, callId);
  if (locked) return locked;
  const created = events.find((event) => event.type === 'call.created');
  if (!created) throw tooEarly();
  const row = callRowOf(scope.workspaceId, callId, created);
  await scope.trx
    .insertInto('calls')
    .values({ ...row, phone_number_id: await ourNumberId(scope, row) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const inserted = await selectLocked(scope, callId);
  // Another batch has found the call to be another workspace's a moment ago.
  if (!inserted) throw tooEarly();
  return inserted;
}

/** Tried again, the row is found that another batch makes. */
function tooEarly(): DatabaseError {
  return new DatabaseError('Recording a call: its beginning is not recorded', 'too-early', true);
}

function selectLocked({ workspaceId, trx }: Scope, callId: string): Promise<CallRow | undefined> {
  return trx
    .selectFrom('calls')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', callId)
    .forUpdate()
    .executeTakeFirst();
}

/** Null when our number is not this workspace's. */
async function ourNumberId(
  { workspaceId, trx }: Scope,
  call: Pick<NewCallRow, 'direction' | 'from_number' | 'to_number'>,
): Promise<string | null> {
  const row = await trx
    .selectFrom('phone_numbers')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('number', '=', call.direction === 'inbound' ? call.to_number : call.from_number)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row?.id ?? null;
}

/** Returns those that were not there, in order. */
async function insertEvents(
  { workspaceId, trx }: Scope,
  callId: string,
  events: CallEvent[],
): Promise<CallEvent[]> {
  const rows = events.map(({ sequence, at, type, ...data }) => ({
    workspace_id: workspaceId,
    call_id: callId,
    sequence,
    type,
    at,
    data: toJson(data),
  }));
  const inserted = await trx
    .insertInto('call_events')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .returning('sequence')
    .execute();
  const sequences = new Set(inserted.map((row) => row.sequence));
  // A batch may name a sequence twice; the first one was written.
  return events.filter((event) => sequences.delete(event.sequence));
}
