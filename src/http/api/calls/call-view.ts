/** Calls in the API's form: as they are recorded, and as they stand. */
import type { CallSnapshot, ModelTry, Turn, TurnTimings } from '../../../../workflows/contract.ts';
import type { StoredCall, StoredTurn } from '../../../db/calls.ts';
import type { CallBody, LiveCallBody, TurnBody } from './call-schema.ts';

export function viewCall(call: StoredCall): CallBody {
  return {
    id: call.id,
    object: 'call',
    status: call.status,
    direction: call.direction,
    from: call.from || null,
    to: call.to || null,
    assistant: call.assistant ?? null,
    phone_number_id: call.phoneNumberId ?? null,
    session_id: call.sessionId ?? null,
    dial: dialOf(call),
    end_reason: call.endReason ?? null,
    summary: call.summary ?? null,
    metadata: call.metadata,
    provider: { call_sid: call.callSid ?? null },
    duration_seconds: call.durationSeconds ?? null,
    created_at: call.createdAt,
    queued_at: call.queuedAt ?? null,
    ringing_at: call.ringingAt ?? null,
    answered_at: call.answeredAt ?? null,
    ended_at: call.endedAt ?? null,
    erased_at: call.erasedAt ?? null,
  };
}

function dialOf({ direction, endReason, callSid }: StoredCall): CallBody['dial'] {
  if (direction === 'inbound') return null;
  if (endReason === 'dial-refused') return 'refused';
  if (callSid !== undefined) return 'accepted';
  return endReason === 'dial-unclear' ? 'unclear' : null;
}

/** A call that is not recorded yet, in the same form. */
export function viewUnrecorded(call: CallSnapshot, phoneNumberId: string | null): CallBody {
  const { assistant } = call;
  return {
    id: call.callId,
    object: 'call',
    status: statusOf(call),
    direction: call.direction,
    from: call.from || null,
    to: call.to || null,
    assistant: assistant ? { id: assistant.id, version: assistant.version } : null,
    phone_number_id: phoneNumberId,
    session_id: null,
    dial: call.dial ?? null,
    end_reason: call.endReason ?? null,
    summary: null,
    metadata: call.metadata ?? {},
    provider: { call_sid: call.callSid ?? null },
    duration_seconds: call.durationSeconds ?? null,
    created_at: timeOf(call.startedAt),
    queued_at: null,
    ringing_at: null,
    answered_at: call.answeredAt === undefined ? null : timeOf(call.answeredAt),
    ended_at: call.endedAt === undefined ? null : timeOf(call.endedAt),
    erased_at: null,
  };
}

function statusOf({ status, answeredAt, dial }: CallSnapshot): CallBody['status'] {
  if (status === 'ended') return 'ended';
  if (answeredAt !== undefined) return 'answered';
  if (status === 'ringing') return 'ringing';
  return dial === 'accepted' ? 'queued' : 'created';
}

export function viewTurns(turns: readonly StoredTurn[]): TurnBody[] {
  return turns.map((turn) => viewTurn(turn, turn.position));
}

export function viewLive(call: CallSnapshot): LiveCallBody {
  const earlier = call.earlierTurns ?? 0;
  return {
    id: call.callId,
    object: 'live_call',
    status: call.status,
    direction: call.direction,
    from: call.from,
    to: call.to,
    assistant: call.assistant ?? null,
    dial: call.dial ?? null,
    dial_code: call.dialCode ?? null,
    end_reason: call.endReason ?? null,
    metadata: call.metadata ?? {},
    provider: { call_sid: call.callSid ?? null },
    transcript: {
      greeting: call.greeting ?? null,
      earlier_turns: earlier,
      turns: call.turns.map((turn, index) => viewTurn(turn, earlier + index + 1)),
    },
    thinking_turn: call.thinkingKey ?? null,
    saying: call.openStep?.say ?? null,
    created_at: timeOf(call.startedAt),
    answered_at: call.answeredAt === undefined ? null : timeOf(call.answeredAt),
    ended_at: call.endedAt === undefined ? null : timeOf(call.endedAt),
    duration_seconds: call.durationSeconds ?? null,
  };
}

export function viewTurn(turn: Turn, position: number): TurnBody {
  const { heardAt, repliedAt, heard, tokens } = turn;
  return {
    key: turn.key,
    position,
    status: turn.status,
    heard: heard.kind === 'speech' ? { ...heard, confidence: heard.confidence ?? null } : heard,
    reply: turn.reply ?? null,
    reply_source: turn.replySource ?? null,
    model: turn.model ?? null,
    tokens: tokens ? { prompt: tokens.prompt, completion: tokens.completion } : null,
    tries: viewTries(turn.tries ?? []),
    interrupted: turn.isInterrupted ?? false,
    timings: turn.timings ? viewTimings(turn.timings) : null,
    heard_at: timeOf(heardAt),
    replied_at: repliedAt === undefined ? null : timeOf(repliedAt),
    reply_ms:
      repliedAt === undefined ? null : Math.max(0, Date.parse(repliedAt) - Date.parse(heardAt)),
  };
}

function viewTimings(timings: TurnTimings): TurnBody['timings'] {
  const whole = (ms: number | undefined) => (ms === undefined ? null : Math.max(0, Math.round(ms)));
  return {
    recognised_ms: whole(timings.recognisedMs),
    committed_ms: whole(timings.committedMs),
    first_token_ms: whole(timings.firstTokenMs),
    first_audio_ms: whole(timings.firstAudioMs),
    heard_ms: whole(timings.heardMs),
  };
}

export function viewTries(tries: readonly ModelTry[]): TurnBody['tries'] {
  return tries.map(({ model, ms, outcome }) => ({ model, ms, outcome }));
}

/** Always with milliseconds. */
function timeOf(text: string): string {
  return new Date(text).toISOString();
}
