/** A phone number as the API takes and shows it. */
import { z } from 'zod';
import type { NumberDifference } from '../../../../activities/number-ports.ts';
import { readWebhookCheck } from '../../../db/number-checks.ts';
import type { StoredPhoneNumber } from '../../../db/phone-numbers.ts';
import { idField, nameField, phoneNumber, time } from '../frame/fields.ts';

const SETTINGS = [
  'voice_url',
  'voice_method',
  'voice_fallback_url',
  'voice_fallback_method',
  'status_callback',
  'status_callback_method',
  'voice_application_sid',
  'trunk_sid',
  'voice_receive_mode',
] as const satisfies NumberDifference['setting'][];

const differences = z
  .array(
    z.object({
      setting: z.enum(SETTINGS).meta({ description: "As Twilio's REST API names it" }),
      expected: z.string().meta({ description: 'Empty: it must not be set' }),
      found: z.string().meta({ description: 'Empty: it is not set. Secrets in URLs are left out' }),
    }),
  )
  .meta({ description: 'What keeps calls from coming here as they should' });

const webhook = z
  .object({
    status: z.enum(['unknown', 'ok', 'differs', 'missing']).meta({
      description:
        'What Twilio does with calls to the number, as it was seen last: `ok`: they come here; `differs`: ' +
        'its settings are others; `missing`: the account does not have it; `unknown`: nobody has looked yet',
    }),
    checked_at: time.nullable(),
    differences,
  })
  .meta({ id: 'Webhook' });

const provider = z.object({
  number_sid: z.string().nullable().meta({ description: "Twilio's id" }),
});
const assistantRequest = z
  .object({ url: z.string() })
  .nullable()
  .meta({ description: 'Asked first who answers a call; null: nobody is asked' });
const assistantId = idField('asst').nullable().meta({ description: 'Who answers; null: nobody' });
const label = nameField.nullable();

export const phoneNumberSchema = z
  .object({
    id: idField('pn'),
    object: z.literal('phone_number'),
    number: phoneNumber,
    label,
    assistant_id: assistantId,
    assistant_request: assistantRequest,
    provider,
    webhook,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'PhoneNumber' });

export type PhoneNumberBody = z.output<typeof phoneNumberSchema>;

export const importableNumber = z
  .object({
    object: z.literal('importable_number'),
    number: z.string(),
    label: z.string().meta({ description: 'What it is called at Twilio' }),
    provider: z.object({ number_sid: z.string() }),
    leads_here: z.boolean().meta({ description: 'Whether its calls come here already' }),
    differences,
  })
  .meta({ id: 'ImportableNumber' });

export const newPhoneNumber = z.strictObject({
  number: phoneNumber,
  assistant_id: assistantId.default(null),
  label: label.default(null),
  configure: z.boolean().default(true).meta({
    description:
      'Bring its calls here: our URLs take the place of whatever is set at Twilio. Without, it is only looked at',
  }),
});

/** A merge patch. */
export const phoneNumberChanges = z.strictObject({
  assistant_id: assistantId.optional(),
  label: label.optional(),
});

export function presentNumber(stored: StoredPhoneNumber): PhoneNumberBody {
  const check = readWebhookCheck(stored.webhookCheck);
  return {
    id: stored.id,
    object: 'phone_number',
    number: stored.number,
    label: stored.label,
    assistant_id: stored.assistantId,
    assistant_request:
      stored.assistantRequestUrl === null ? null : { url: stored.assistantRequestUrl },
    provider: { number_sid: stored.carrierSid },
    webhook: check
      ? { status: check.status, checked_at: check.checked_at, differences: check.differences }
      : { status: 'unknown', checked_at: null, differences: [] },
    created_at: stored.createdAt,
    updated_at: stored.updatedAt,
  };
}
