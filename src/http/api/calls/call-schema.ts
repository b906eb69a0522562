/** A call as the API shows it. */
import { z } from 'zod';
import { idField, metadata, time } from '../frame/fields.ts';

export const DIRECTIONS = ['inbound', 'outbound'] as const;
export const STATUSES = ['created', 'queued', 'ringing', 'answered', 'ended'] as const;
export const END_REASONS = [
  'caller-hung-up',
  'assistant-ended',
  'end-phrase',
  'silence',
  'max-duration',
  'max-turns',
  'operator',
  'no-answer',
  'busy',
  'canceled',
  'failed',
  'dial-refused',
  'dial-unclear',
  'models-failed',
  'no-assistant',
  'carrier-silent',
] as const;

/** E.164, or what the carrier gives in place of one. */
const party = z
  .string()
  .nullable()
  .meta({
    description: "E.164, or the carrier's word for a withheld number; null once it is erased",
    examples: ['+14155550100'],
  });
const words = z.string().nullable();
const count = z.int().min(0);

const heard = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('speech'),
    text: z.string(),
    confidence: z.number().nullable().meta({ description: "The recogniser's own, from 0 to 1" }),
  }),
  z.object({ kind: z.literal('keys'), digits: z.string() }),
  z.object({ kind: z.literal('silence') }),
]);

export const tries = z.array(
  z.object({
    model: z.string(),
    ms: z.number(),
    outcome: z.enum([
      'answered',
      'timeout',
      'rate-limit',
      'refused',
      'unavailable',
      'bad-answer',
      'skipped',
    ]),
  }),
);

const timing = (description: string) => count.nullable().meta({ description });

const timings = z.object({
  recognised_ms: timing('The recogniser had its last words'),
  committed_ms: timing('It was decided that the caller had ended'),
  first_token_ms: timing("The model's first word was there"),
  first_audio_ms: timing('The first piece of speech was there'),
  heard_ms: timing('The caller began to hear the answer'),
});

export const turnSchema = z
  .object({
    key: z.string(),
    position: z.int().min(1),
    status: z
      .enum(['thinking', 'answered', 'superseded', 'unanswered', 'unheard'])
      .meta({ description: '`unheard`: a reply was decided, and nobody heard it' }),
    heard,
    reply: words,
    reply_source: z
      .enum(['model', 'apology', 'script'])
      .nullable()
      .meta({ description: '`apology`: no model answered in time' }),
    model: words,
    tokens: z.object({ prompt: count, completion: count }).nullable(),
    tries: tries.meta({ description: 'The questions to models that this turn took, in order' }),
    interrupted: z
      .boolean()
      .meta({ description: 'The caller talked over the reply; `reply` is what was heard of it' }),
    timings: timings.nullable().meta({
      description:
        "Over a stream of audio: milliseconds since the caller's voice ended; null over TwiML",
    }),
    heard_at: time,
    replied_at: time.nullable(),
    reply_ms: count.nullable().meta({ description: 'From what was heard to the decided reply' }),
  })
  .meta({ id: 'Turn' });

const call = {
  id: idField('call'),
  object: z.literal('call'),
  status: z.enum(STATUSES),
  direction: z.enum(DIRECTIONS),
  from: party,
  to: party,
  assistant: z
    .object({ id: idField('asst'), version: z.int().min(1) })
    .nullable()
    .meta({ description: 'The version that the call keeps to its end' }),
  phone_number_id: idField('pn').nullable(),
  session_id: idField('sess').nullable(),
  dial: z.enum(['accepted', 'refused', 'unclear']).nullable().meta({
    description:
      'What the carrier said to placing it; `unclear`: its answer was lost, and it is never dialled again',
  }),
  end_reason: z.enum(END_REASONS).nullable(),
  summary: words.meta({ description: 'What was said in the session up to this call, in short' }),
  metadata,
  provider: z.object({ call_sid: z.string().nullable() }),
  duration_seconds: count.nullable().meta({ description: 'As the carrier counts' }),
  created_at: time,
  queued_at: time.nullable(),
  ringing_at: time.nullable(),
  answered_at: time.nullable(),
  ended_at: time.nullable(),
  erased_at: time.nullable().meta({ description: 'Nothing is left of what was said' }),
};

export const callSchema = z.object(call).meta({ id: 'Call' });

export const callWithTranscript = z
  .object({
    ...call,
    transcript: z.object({
      greeting: words,
      turns: z.array(turnSchema),
    }),
    temporal_url: z
      .string()
      .nullable()
      .meta({ description: "The call in Temporal's own pages; for keys with the scope `admin`" }),
  })
  .meta({ id: 'CallWithTranscript' });

export const liveCall = z
  .object({
    id: idField('call'),
    object: z.literal('live_call'),
    status: z
      .enum(['dialling', 'ringing', 'listening', 'thinking', 'speaking', 'ended'])
      .meta({ description: "`listening`: it is the caller's turn; `speaking`: the last words" }),
    direction: z.enum(DIRECTIONS),
    from: z.string(),
    to: z.string(),
    assistant: z.object({ id: z.string(), version: z.int(), name: z.string() }).nullable(),
    dial: call.dial,
    dial_code: z.string().nullable().meta({ description: "The carrier's reason for refusing" }),
    end_reason: call.end_reason,
    metadata,
    provider: call.provider,
    transcript: z.object({
      greeting: words,
      earlier_turns: count.meta({ description: 'So many came before `turns`' }),
      turns: z.array(turnSchema),
    }),
    thinking_turn: z.string().nullable().meta({ description: '`key` of the turn thought about' }),
    saying: words.meta({ description: 'What was decided last to be said' }),
    created_at: time,
    answered_at: time.nullable(),
    ended_at: time.nullable(),
    duration_seconds: call.duration_seconds,
  })
  .meta({ id: 'LiveCall' });

export const erasure = z
  .object({
    object: z.literal('erasure'),
    id: z
      .string()
      .meta({ description: 'What is being erased: its `erased_at` says when it is done' }),
  })
  .meta({ id: 'Erasure' });

export type CallBody = z.output<typeof callSchema>;
export type LiveCallBody = z.output<typeof liveCall>;
export type TurnBody = z.output<typeof turnSchema>;
