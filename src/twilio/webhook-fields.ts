/** Twilio's webhook fields as typed values. Everything is text from outside until it went through here. */
import { z } from 'zod';
import type { Heard, StatusSignal } from '../../workflows/contract.ts';
import { cleanText, headOf } from './say-text.ts';

type Fields = Readonly<Record<string, string>>;

/** Whose request it is; in every webhook of a call. */
export interface CallFields {
  callSid: string;
  accountSid: string;
}

export interface VoiceFields extends CallFields {
  /** E.164, or a word such as `anonymous`, or a client or SIP address; may be empty. */
  from: string;
  to: string;
  callStatus: string;
  direction: 'inbound' | 'outbound';
}

export interface SpokenFields extends VoiceFields {
  heard: Heard;
}

export interface StatusFields extends CallFields {
  status: StatusSignal;
}

const MAX_SPEECH_CHARS = 16_000;
const MAX_DIGITS = 100;
const MAX_PARTY_CHARS = 200;

/** Real SIDs have 32 characters behind their letters; test traffic often has fewer. */
const sid = z.string().regex(/^[A-Za-z]{2}[A-Za-z0-9]{1,62}$/);
const word = z.string().regex(/^[a-z-]{1,40}$/);
const party = z
  .string()
  .default('')
  .transform((value) => cleanText(value.slice(0, MAX_PARTY_CHARS)));

/** A value out of form is as good as none. */
const optional = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const count = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);

const call = z.object({ CallSid: sid, AccountSid: sid });
const voice = call.extend({
  From: party,
  To: party,
  CallStatus: word.catch(''),
  Direction: z.string().catch('inbound'),
});
const spoken = voice.extend({
  SpeechResult: z.string().default(''),
  Confidence: optional(
    z
      .string()
      .regex(/^\d{0,3}(\.\d{0,20})?$/)
      .regex(/\d/)
      .transform(Number)
      .refine((value) => value >= 0 && value <= 1),
  ),
  Digits: z.string().default(''),
});
const status = call.extend({
  CallStatus: word,
  SequenceNumber: optional(count),
  CallDuration: optional(count),
  AnsweredBy: optional(z.string().regex(/^[a-z_]{1,40}$/)),
  SipResponseCode: optional(z.string().regex(/^\d{3}$/)),
});

/** Undefined when it is no request of a call. */
export function readCall(fields: Fields): CallFields | undefined {
  const { success, data } = call.safeParse(fields);
  return success ? { callSid: data.CallSid, accountSid: data.AccountSid } : undefined;
}

/** A request for the first TwiML of a call. Undefined when it is no request of a call. */
export function readVoice(fields: Fields): VoiceFields | undefined {
  const { success, data } = voice.safeParse(fields);
  return success ? voiceOf(data) : undefined;
}

/** A request with what the caller said or keyed. Undefined when it is no request of a call. */
export function readSpoken(fields: Fields): SpokenFields | undefined {
  const { success, data } = spoken.safeParse(fields);
  if (!success) return undefined;
  return { ...voiceOf(data), heard: heardOf(data.SpeechResult, data.Confidence, data.Digits) };
}

/** A status callback. Undefined when it is none. */
export function readStatus(fields: Fields): StatusFields | undefined {
  const { success, data } = status.safeParse(fields);
  if (!success) return undefined;
  return {
    callSid: data.CallSid,
    accountSid: data.AccountSid,
    status: {
      callSid: data.CallSid,
      callStatus: data.CallStatus,
      ...(data.SequenceNumber !== undefined && { sequence: data.SequenceNumber }),
      ...(data.AnsweredBy !== undefined && { answeredBy: data.AnsweredBy }),
      ...(data.CallDuration !== undefined && { durationSeconds: data.CallDuration }),
      ...(data.SipResponseCode !== undefined && { sipResponseCode: data.SipResponseCode }),
    },
  };
}

function voiceOf(data: z.output<typeof voice>): VoiceFields {
  return {
    callSid: data.CallSid,
    accountSid: data.AccountSid,
    from: data.From,
    to: data.To,
    callStatus: data.CallStatus,
    direction: data.Direction.startsWith('outbound') ? 'outbound' : 'inbound',
  };
}

/** Speech goes before keys, as Twilio sends one of them; nothing usable is silence. */
function heardOf(speechResult: string, confidence: number | undefined, keyed: string): Heard {
  const text = headOf(cleanText(speechResult), MAX_SPEECH_CHARS);
  if (text !== '') {
    return { kind: 'speech', text, ...(confidence !== undefined && { confidence }) };
  }
  const digits = keyed.replace(/[^0-9*#]/g, '').slice(0, MAX_DIGITS);
  // The finish key alone says nothing.
  return digits === '' || digits === '#' ? { kind: 'silence' } : { kind: 'keys', digits };
}
