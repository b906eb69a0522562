/** The record of calls: a projection of their events. */
import type { Transaction } from 'kysely';
import type { CallRecords } from '../../activities/ports.ts';
import type { Direction, EndReason, Turn } from '../../workflows/contract.ts';
import type { AssistantRef, CallEvent, RecordBatch } from '../../workflows/events.ts';
import { applyEvent, callRowOf } from './call-events.ts';
import { DatabaseError, translated } from './errors.ts';
import { toJson } from './json.ts';
import type { Database } from './pool.ts';
import type { CallRow, Schema, StoredStatus, TurnRow } from './schema.ts';

/** A call as it is kept. Times are RFC 3339 with milliseconds. */
export interface StoredCall {
  callId: string;
  direction: Direction;
  accountSid: string;
  callSid?: string;
  from: string;
  to: string;
  status: StoredStatus;
  endReason?: EndReason;
  assistant?: AssistantRef;
  greeting?: string;
  durationSeconds?: number;
  createdAt: string;
  queuedAt?: string;
  ringingAt?: string;
  answeredAt?: string;
  endedAt?: string;
  lastSequence: number;
}

export interface StoredTurn extends Turn {
  /** From 1, in the order in which the turns were heard. */
  position: number;
}

export interface CallRepository extends CallRecords {
  findCall(callId: string): Promise<(StoredCall & { turns: StoredTurn[] }) | undefined>;
  /** The newest first. */
  listCalls(options?: { limit?: number }): Promise<StoredCall[]>;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;

export function createCallRecords(db: Database): CallRepository {
  return {
    async record(batch) {
      if (batch.events.length === 0) return;
      await translated('Recording a call', () =>
        db.transaction().execute((trx) => writeBatch(trx, batch)),
      );
    },

    findCall: (callId) =>
      translated('Finding a call', () =>
        // One snapshot, so that the turns are those of this state of the call.
        db
          .transaction()
          .setIsolationLevel('repeatable read')
          .execute(async (trx) => {
            const row = await selectCall(trx, callId).executeTakeFirst();
            if (!row) return undefined;
            const turns = await trx
              .selectFrom('turns')
              .selectAll()
              .where('call_id', '=', callId)
              .orderBy('position')
              .orderBy('sequence')
              .execute();
            return { ...presentCall(row), turns: turns.map(presentTurn) };
          }),
      ),

    listCalls: ({ limit = DEFAULT_LIMIT } = {}) =>
      translated('Listing calls', async () => {
        const rows = await db
          .selectFrom('calls')
          .selectAll()
          .orderBy('created_at', 'desc')
          .orderBy('id', 'desc')
          .limit(Math.min(MAX_LIMIT, Math.max(1, Math.trunc(limit))))
          .execute();
        return rows.map(presentCall);
      }),
  };
}

function selectCall(trx: Transaction<Schema>, callId: string) {
  return trx.selectFrom('calls').selectAll().where('id', '=', callId);
}

/** The call's row is locked first, so that two batches of one call never write at the same time. */
async function writeBatch(trx: Transaction<Schema>, batch: RecordBatch): Promise<void> {
  const events = [...batch.events].sort((a, b) => a.sequence - b.sequence);
  await lockCall(trx, batch.callId, events);
  const fresh = await insertEvents(trx, batch.callId, events);
  if (fresh.length === 0) return;
  for (const event of fresh) await applyEvent(trx, batch.callId, event);
  const last = Math.max(...fresh.map((event) => event.sequence));
  await trx
    .updateTable('calls')
    .set((is) => ({ last_sequence: is.fn('greatest', ['last_sequence', is.val(last)]) }))
    .where('id', '=', batch.callId)
    .execute();
}

async function lockCall(
  trx: Transaction<Schema>,
  callId: string,
  events: CallEvent[],
): Promise<void> {
  const locked = await selectCall(trx, callId).forUpdate().executeTakeFirst();
  if (locked) return;
  const created = events.find((event) => event.type === 'call.created');
  if (!created) {
    // Tried again, it finds the row that the batch before it makes.
    throw new DatabaseError('Recording a call: its beginning is not recorded', 'too-early', true);
  }
  await trx
    .insertInto('calls')
    .values(callRowOf(callId, created))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await selectCall(trx, callId).forUpdate().executeTakeFirstOrThrow();
}

/** Returns those that were not there, in order. */
async function insertEvents(
  trx: Transaction<Schema>,
  callId: string,
  events: CallEvent[],
): Promise<CallEvent[]> {
  const rows = events.map(({ sequence, at, type, ...data }) => ({
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

function presentCall(row: CallRow): StoredCall {
  const assistant =
    row.assistant_id !== null && row.assistant_version !== null
      ? { id: row.assistant_id, version: row.assistant_version }
      : undefined;
  return {
    callId: row.id,
    direction: row.direction,
    accountSid: row.account_sid,
    from: row.from_number,
    to: row.to_number,
    status: row.status,
    createdAt: row.created_at.toISOString(),
    lastSequence: row.last_sequence,
    ...(assistant && { assistant }),
    ...present('callSid', row.call_sid),
    ...present('endReason', row.end_reason),
    ...present('greeting', row.greeting),
    ...present('durationSeconds', row.duration_seconds),
    ...present('queuedAt', row.queued_at?.toISOString()),
    ...present('ringingAt', row.ringing_at?.toISOString()),
    ...present('answeredAt', row.answered_at?.toISOString()),
    ...present('endedAt', row.ended_at?.toISOString()),
  };
}

function presentTurn(row: TurnRow): StoredTurn {
  return {
    key: row.key,
    position: row.position,
    status: row.status,
    heard: row.heard as Turn['heard'], // written by us alone, see call-events.ts
    heardAt: row.heard_at.toISOString(),
    ...present('reply', row.reply),
    ...present('replySource', row.reply_source),
    ...present('model', row.model),
    ...present('tokens', row.tokens as Turn['tokens']),
    ...present('tries', row.tries as Turn['tries']),
    ...present('repliedAt', row.replied_at?.toISOString()),
  };
}

function present<N extends string, T>(name: N, value: T | null | undefined): Partial<Record<N, T>> {
  return (value === null || value === undefined ? {} : { [name]: value }) as Partial<Record<N, T>>;
}
