/** What the commands need of calls; answers may have more. */
import { z } from 'zod';

const heard = z.looseObject({
  kind: z.string(),
  text: z.string().optional(),
  digits: z.string().optional(),
});

export const turnForm = z.looseObject({
  key: z.string(),
  position: z.number(),
  status: z.string(),
  heard,
  reply: z.string().nullable(),
  heard_at: z.string(),
  replied_at: z.string().nullable(),
  interrupted: z.boolean().optional(),
});

export type TurnForm = z.output<typeof turnForm>;

const party = z.string().nullable();

export const callForm = z.looseObject({
  id: z.string(),
  status: z.string(),
  direction: z.string(),
  from: party,
  to: party,
  dial: z.string().nullable(),
  end_reason: z.string().nullable(),
  assistant: z.looseObject({ id: z.string(), version: z.number() }).nullable(),
  session_id: z.string().nullable(),
  summary: z.string().nullable(),
  duration_seconds: z.number().nullable(),
  created_at: z.string(),
  ended_at: z.string().nullable(),
  erased_at: z.string().nullable(),
});

export type CallForm = z.output<typeof callForm>;

export const callWithTranscript = callForm.extend({
  transcript: z.looseObject({ greeting: z.string().nullable(), turns: z.array(turnForm) }),
  temporal_url: z.string().nullable().optional(),
});
