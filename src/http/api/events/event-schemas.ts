/** What each kind of event holds. */
import { z } from 'zod';
import { apiKeySchema } from '../accounts/api-key-schema.ts';
import { callSchema, tries, turnSchema } from '../calls/call-schema.ts';
import { idField, time } from '../frame/fields.ts';
import { phoneNumberSchema } from '../phone-numbers/phone-number-schema.ts';

/** An event stays small; the API has all of it. */
const shortened = z
  .boolean()
  .meta({ description: 'Texts were cut off, to keep it under 20 KB: the API has them whole' });

const call_id = idField('call');

/** As it was then. */
export const callData = z.object({ call: callSchema, shortened });

export const turnData = z.object({ call_id, turn: turnSchema, shortened });

export const degradedData = z.object({
  call_id,
  turn_key: z.string(),
  position: z.int().min(1),
  cause: z.enum(['fallback_model', 'apology']).meta({
    description:
      '`fallback_model`: a later model of the chain answered; `apology`: none did in time',
  }),
  model: z.string().nullable().meta({ description: 'The one that answered' }),
  tries: tries.meta({ description: 'The questions to models that the turn took, in order' }),
  shortened,
});

export const summaryData = z.object({
  call_id,
  session_id: idField('sess').nullable(),
  summary: z.string().nullable().meta({
    description: 'What was said in the session up to this call, in short; null: erased since then',
  }),
  shortened,
});

export const sessionData = z.object({
  session: z.object({
    id: idField('sess'),
    object: z.literal('session'),
    status: z.enum(['open', 'closed']),
    assistant_id: idField('asst'),
    call_count: z.int().min(0),
    created_at: time,
    last_active_at: time,
    expires_at: time,
  }),
});

export const assistantData = z.object({
  assistant: z.object({ id: idField('asst'), name: z.string(), version: z.int().min(1) }),
});

export const phoneNumberData = z.object({ phone_number: phoneNumberSchema, shortened });

/** Never the key itself. */
export const apiKeyData = z.object({ api_key: apiKeySchema });

export const webhookEndpointData = z.object({
  webhook_endpoint: z.object({
    id: idField('we'),
    url: z.string(),
    status: z.enum(['enabled', 'disabled']),
    disabled_reason: z.enum(['failing', 'gone']).nullable(),
  }),
});
