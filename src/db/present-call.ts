/** Rows of calls and turns in the words of the product. */
import type { Turn } from '../../workflows/contract.ts';
import type { StoredCall, StoredTurn } from './calls.ts';
import type { CallRow, TurnRow } from './schema.ts';

export function presentCall(row: CallRow): StoredCall {
  const assistant =
    row.assistant_id !== null && row.assistant_version !== null
      ? { id: row.assistant_id, version: row.assistant_version }
      : undefined;
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    direction: row.direction,
    accountSid: row.account_sid,
    from: row.from_number,
    to: row.to_number,
    status: row.status,
    metadata: row.metadata as Record<string, string>, // written by us alone, see call-events.ts
    createdAt: row.created_at.toISOString(),
    lastSequence: row.last_sequence,
    ...present('assistant', assistant),
    ...present('callSid', row.call_sid),
    ...present('endReason', row.end_reason),
    ...present('phoneNumberId', row.phone_number_id),
    ...present('sessionId', row.session_id),
    ...present('greeting', row.greeting),
    ...present('summary', row.summary),
    ...present('durationSeconds', row.duration_seconds),
    ...present('queuedAt', row.queued_at?.toISOString()),
    ...present('ringingAt', row.ringing_at?.toISOString()),
    ...present('answeredAt', row.answered_at?.toISOString()),
    ...present('endedAt', row.ended_at?.toISOString()),
    ...present('erasedAt', row.erased_at?.toISOString()),
  };
}

export function presentTurn(row: TurnRow): StoredTurn {
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
    ...(row.is_interrupted && { isInterrupted: true }),
    ...present('timings', row.timings as Turn['timings']),
    ...present('repliedAt', row.replied_at?.toISOString()),
  };
}

function present<N extends string, T>(name: N, value: T | null | undefined): Partial<Record<N, T>> {
  return (value === null || value === undefined ? {} : { [name]: value }) as Partial<Record<N, T>>;
}
