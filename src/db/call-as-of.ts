import type { CallEvent } from '../../workflows/events.ts';
import { STAGES } from './call-events.ts';
import type { CallRow, StoredStatus } from './schema.ts';

const STAGE_OF: Partial<Record<CallEvent['type'], StoredStatus>> = {
  'call.created': 'created',
  'call.queued': 'queued',
  'call.ringing': 'ringing',
  'call.answered': 'answered',
  'call.ended': 'ended',
};

/** A call as it was when it had come so far; what came later, such as its end, is not in it yet. */
export function callAsOf(call: CallRow, event: CallEvent): CallRow {
  const stage = STAGE_OF[event.type];
  if (stage === undefined) return call;
  const reached = STAGES.indexOf(stage);
  const since = <T>(of: StoredStatus, value: T): T | null =>
    STAGES.indexOf(of) <= reached ? value : null;
  return {
    ...call,
    status: stage,
    queued_at: since('queued', call.queued_at),
    ringing_at: since('ringing', call.ringing_at),
    answered_at: since('answered', call.answered_at),
    ended_at: since('ended', call.ended_at),
    end_reason: since('ended', call.end_reason),
    duration_seconds: since('ended', call.duration_seconds),
    summary: null,
    ...(event.type === 'call.created' && atFirst(call, event)),
  };
}

/** A call that is placed has no id of the carrier's yet. */
function atFirst(
  call: CallRow,
  { call: { callSid }, assistant }: Extract<CallEvent, { type: 'call.created' }>,
): Partial<CallRow> {
  return {
    call_sid: callSid ?? null,
    assistant_version: assistant?.version ?? null,
    session_id: assistant ? call.session_id : null,
  };
}
