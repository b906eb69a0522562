import type { Database } from '../db/pool.ts';
import type { DatabaseDump, TurnRecord } from './evidence.ts';
import { dumpOutbox } from './outbox-dump.ts';

const NOTHING: DatabaseDump = {
  calls: [],
  turns: [],
  events: [],
  outbox: [],
  endpoints: [],
  deliveries: [],
};

/** The record of these calls (of all by default) and what is told of them, in order, of one moment. */
export async function dumpDatabase(
  database: Database,
  callIds?: readonly string[],
): Promise<DatabaseDump> {
  if (callIds?.length === 0) return NOTHING;
  return database
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute((snapshot) => dump(snapshot, callIds));
}

async function dump(database: Database, callIds?: readonly string[]): Promise<DatabaseDump> {
  let calls = database.selectFrom('calls').selectAll().orderBy('created_at');
  let turns = database.selectFrom('turns').selectAll().orderBy('call_id').orderBy('position');
  let events = database
    .selectFrom('call_events')
    .selectAll()
    .orderBy('call_id')
    .orderBy('sequence');
  if (callIds) {
    calls = calls.where('id', 'in', callIds);
    turns = turns.where('call_id', 'in', callIds);
    events = events.where('call_id', 'in', callIds);
  }
  return {
    calls: (await calls.execute()).map((row) => ({
      id: row.id,
      callSid: row.call_sid,
      status: row.status,
      endReason: row.end_reason,
      greeting: row.greeting,
      lastSequence: row.last_sequence,
    })),
    turns: (await turns.execute()).map((row) => ({
      callId: row.call_id,
      key: row.key,
      position: row.position,
      status: row.status,
      heard: row.heard as TurnRecord['heard'], // written by the product alone
      reply: row.reply,
      replySource: row.reply_source,
      sequence: row.sequence,
    })),
    events: (await events.execute()).map((row) => ({
      callId: row.call_id,
      sequence: row.sequence,
      type: row.type,
      at: row.at.toISOString(),
      data: row.data,
    })),
    ...(await dumpOutbox(database, callIds)),
  };
}
