/** What each event of a call changes in its record. */
import { sql } from 'kysely';
import type { UpdateObject } from 'kysely';
import type { Turn } from '../../workflows/contract.ts';
import type { CallEvent } from '../../workflows/events.ts';
import { storable, toJson } from './json.ts';
import type { NewCallRow, NewTurnRow, Schema, StoredStatus } from './schema.ts';
import type { Scope } from './scope.ts';

type EventOf<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;
type Changes = UpdateObject<Schema, 'calls', 'calls'>;

/** The row that a call begins with. */
export function callRowOf(
  workspaceId: string,
  callId: string,
  event: EventOf<'call.created'>,
): NewCallRow {
  const { call, assistant } = event;
  const { direction } = call;
  return {
    id: callId,
    workspace_id: workspaceId,
    direction,
    account_sid: storable(call.accountSid),
    call_sid: call.callSid ?? null,
    from_number: storable(call.from),
    to_number: storable(call.to),
    status: 'created',
    assistant_id: assistant?.id ?? call.assistantId ?? null,
    assistant_version: assistant?.version ?? null,
    created_at: event.at,
    metadata: toJson(call.metadata ?? {}),
  };
}

/**
 * Applies an event that was never applied before. Batches come in order; should they ever not, a
 * call still never goes back, and what an event does not know stays as it is.
 */
export async function applyEvent(scope: Scope, callId: string, event: CallEvent): Promise<void> {
  if (event.type === 'call.turn.completed') await applyTurn(scope, callId, event);
  const changes = { ...changesOf(event), ...greetingHeard(event) };
  if (Object.keys(changes).length === 0) return;
  await scope.trx
    .updateTable('calls')
    .set(changes)
    .where('workspace_id', '=', scope.workspaceId)
    .where('id', '=', callId)
    .execute();
}

function changesOf(event: CallEvent): Changes {
  switch (event.type) {
    case 'call.created':
      return {}; // its row was made of it
    case 'call.queued':
      return { ...reached('queued'), call_sid: event.callSid, queued_at: event.at };
    case 'call.ringing':
      return { ...reached('ringing'), call_sid: event.callSid, ringing_at: event.at };
    case 'call.answered':
      return {
        ...reached('answered'),
        call_sid: event.callSid,
        answered_at: event.at,
        greeting: storable(event.greeting),
        ...(event.assistant && {
          assistant_id: event.assistant.id,
          assistant_version: event.assistant.version,
        }),
      };
    case 'call.ended':
      return {
        ...reached('ended'),
        ended_at: event.at,
        end_reason: event.reason,
        ...(event.callSid !== undefined && { call_sid: event.callSid }),
        ...(event.durationSeconds !== undefined && { duration_seconds: event.durationSeconds }),
      };
    case 'call.turn.completed':
      return {}; // it has a row of its own
    case 'call.degraded':
      return {}; // its turn says the same
    case 'call.summarized':
      return { summary: storable(event.text) };
  }
}

/** It was talked over, and this is what was heard of it. */
function greetingHeard(event: CallEvent): Changes {
  const greeting = 'greeting' in event ? event.greeting : undefined;
  return greeting === undefined ? {} : { greeting: storable(greeting) };
}

/** In the order in which a call comes to them. */
export const STAGES: readonly StoredStatus[] = [
  'created',
  'queued',
  'ringing',
  'answered',
  'ended',
];

/** Sets the status unless the call is further already. */
function reached(status: StoredStatus): Changes {
  const earlier = STAGES.slice(0, STAGES.indexOf(status));
  return {
    status: sql<StoredStatus>`case when status in (${sql.join(earlier)}) then ${status} else status end`,
  };
}

async function applyTurn(
  { workspaceId, trx }: Scope,
  callId: string,
  event: EventOf<'call.turn.completed'>,
): Promise<void> {
  const row = { ...turnRowOf(callId, event), workspace_id: workspaceId };
  const { workspace_id: _workspace, call_id: _id, key: _key, ...changes } = row;
  await trx
    .insertInto('turns')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['call_id', 'key'])
        .doUpdateSet(changes)
        .where('turns.sequence', '<', event.sequence),
    )
    .execute();
}

function turnRowOf(
  callId: string,
  event: EventOf<'call.turn.completed'>,
): Omit<NewTurnRow, 'workspace_id'> {
  const turn: Turn = event.turn;
  return {
    call_id: callId,
    key: turn.key,
    position: event.position,
    status: turn.status,
    heard: toJson(turn.heard),
    reply: turn.reply === undefined ? null : storable(turn.reply),
    reply_source: turn.replySource ?? null,
    model: turn.model === undefined ? null : storable(turn.model),
    tokens: turn.tokens === undefined ? null : toJson(turn.tokens),
    tries: turn.tries === undefined ? null : toJson(turn.tries),
    is_interrupted: turn.isInterrupted ?? false,
    timings: turn.timings === undefined ? null : toJson(turn.timings),
    heard_at: turn.heardAt,
    replied_at: turn.repliedAt ?? null,
    sequence: event.sequence,
  };
}
