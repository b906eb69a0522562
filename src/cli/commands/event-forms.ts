/** What the commands need of events; they may have more. */
import { z } from 'zod';
import { turnForm } from './call-forms.ts';

export const eventForm = z.looseObject({
  id: z.string(),
  type: z.string(),
  timestamp: z.string(),
  sequence: z.number().nullable(),
  data: z.looseObject({}),
});

export type EventForm = z.output<typeof eventForm>;

const call = z.looseObject({ status: z.string(), end_reason: z.string().nullable() });

/** The events of a call that are shown to a person; others are passed over. */
export const callEventForm = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('call.created'), data: z.looseObject({ call }) }),
  z.looseObject({ type: z.literal('call.queued'), data: z.looseObject({ call }) }),
  z.looseObject({ type: z.literal('call.ringing'), data: z.looseObject({ call }) }),
  z.looseObject({ type: z.literal('call.answered'), data: z.looseObject({ call }) }),
  z.looseObject({ type: z.literal('call.ended'), data: z.looseObject({ call }) }),
  z.looseObject({
    type: z.literal('call.turn.completed'),
    data: z.looseObject({ turn: turnForm }),
  }),
  z.looseObject({ type: z.literal('call.degraded'), data: z.looseObject({ cause: z.string() }) }),
  z.looseObject({
    type: z.literal('call.summarized'),
    data: z.looseObject({ summary: z.string().nullable() }),
  }),
]);

export type CallEventForm = z.output<typeof callEventForm>;
