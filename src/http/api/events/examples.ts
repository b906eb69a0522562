/** One call, and what there is around it, as the examples of the events tell of them. */
import type { z } from 'zod';
import type {
  apiKeyData,
  assistantData,
  callData,
  degradedData,
  phoneNumberData,
  sessionData,
  summaryData,
  turnData,
  webhookEndpointData,
} from './event-schemas.ts';

const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 12, 0, second)).toISOString();
const TAIL = '0VPc1V5n2kQ7xGm3yT8bRaW4eZ';

const call_id = `call_${TAIL}`;
const session_id = `sess_${TAIL}`;
const assistant_id = `asst_${TAIL}`;

type Call = z.output<typeof callData>['call'];

/** @param then what was different */
function callAt(then: Partial<Call>): z.output<typeof callData> {
  const call: Call = {
    id: call_id,
    object: 'call',
    status: 'created',
    direction: 'outbound',
    from: '+15005550006',
    to: '+14155550100',
    assistant: { id: assistant_id, version: 3 },
    phone_number_id: `pn_${TAIL}`,
    session_id,
    dial: null,
    end_reason: null,
    summary: null,
    metadata: { order: 'A-17' },
    provider: { call_sid: null },
    duration_seconds: null,
    created_at: at(0),
    queued_at: null,
    ringing_at: null,
    answered_at: null,
    ended_at: null,
    erased_at: null,
    ...then,
  };
  return { call, shortened: false };
}

const queued: Partial<Call> = {
  status: 'queued',
  dial: 'accepted',
  provider: { call_sid: `CA${'0'.repeat(32)}` },
  queued_at: at(1),
};
const ringing: Partial<Call> = { ...queued, status: 'ringing', ringing_at: at(3) };
const answered: Partial<Call> = { ...ringing, status: 'answered', answered_at: at(8) };
const ended: Partial<Call> = {
  ...{ ...answered, status: 'ended', ended_at: at(50) },
  ...{ end_reason: 'caller-hung-up', duration_seconds: 42 },
};

export const CALL = {
  created: callAt({}),
  queued: callAt(queued),
  ringing: callAt(ringing),
  answered: callAt(answered),
  ended: callAt(ended),
};

const tries: z.output<typeof degradedData>['tries'] = [
  { model: 'openai/gpt-4o-mini', ms: 8_000, outcome: 'timeout' },
  { model: 'anthropic/claude-haiku-4-5', ms: 812, outcome: 'answered' },
];

export const TURN: z.output<typeof turnData> = {
  call_id,
  turn: {
    key: '1',
    position: 1,
    status: 'answered',
    heard: { kind: 'speech', text: 'A table for two, please.', confidence: 0.93 },
    reply: 'For which day?',
    reply_source: 'model',
    model: 'claude-haiku-4-5',
    tokens: { prompt: 412, completion: 7 },
    tries,
    interrupted: false,
    timings: null,
    heard_at: at(14),
    replied_at: at(23),
    reply_ms: 9_000,
  },
  shortened: false,
};

export const DEGRADED: z.output<typeof degradedData> = {
  ...{ call_id, turn_key: '1', position: 1, cause: 'fallback_model', model: 'claude-haiku-4-5' },
  ...{ tries, shortened: false },
};

export const SUMMARY: z.output<typeof summaryData> = {
  ...{ call_id, session_id, summary: 'They booked a table for two.', shortened: false },
};

/** @param status with the counts of that time */
export function session(status: 'open' | 'closed'): z.output<typeof sessionData> {
  const call_count = status === 'open' ? 1 : 2;
  const times = { created_at: at(0), last_active_at: at(0), expires_at: at(86_400) };
  return {
    session: { id: session_id, object: 'session', status, assistant_id, call_count, ...times },
  };
}

export const ASSISTANT: z.output<typeof assistantData> = {
  assistant: { id: assistant_id, name: 'Reception', version: 3 },
};

export const PHONE_NUMBER: z.output<typeof phoneNumberData> = {
  phone_number: {
    id: `pn_${TAIL}`,
    object: 'phone_number',
    number: '+15005550006',
    label: 'Reservations',
    assistant_id,
    assistant_request: null,
    provider: { number_sid: `PN${'0'.repeat(32)}` },
    webhook: { status: 'ok', checked_at: at(0), differences: [] },
    created_at: at(0),
    updated_at: at(0),
  },
  shortened: false,
};

/** @param then what was different */
export function apiKey(
  then: Partial<z.output<typeof apiKeyData>['api_key']> = {},
): z.output<typeof apiKeyData> {
  return {
    api_key: {
      id: `key_${TAIL}`,
      object: 'api_key',
      name: 'Dashboard',
      mode: 'live',
      scopes: ['calls:read'],
      last_four: 'Xk3q',
      status: 'active',
      rolled_from: null,
      created_at: at(0),
      expires_at: null,
      last_used_at: null,
      revoked_at: null,
      ...then,
    },
  };
}

export const REVOKED_KEY = apiKey({ status: 'revoked', revoked_at: at(60) });

/** @param then what was different */
export function webhookEndpoint(
  then: Partial<z.output<typeof webhookEndpointData>['webhook_endpoint']> = {},
): z.output<typeof webhookEndpointData> {
  return {
    webhook_endpoint: {
      id: `we_${TAIL}`,
      url: 'https://example.com/voca',
      status: 'enabled',
      disabled_reason: null,
      ...then,
    },
  };
}
