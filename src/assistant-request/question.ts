/** The question who answers a call, as a customer's server is asked it. */
import { z } from 'zod';
import type { AssistantQuestion } from '../../activities/ports.ts';
import { idField, time } from '../http/api/frame/fields.ts';
import { API_VERSIONS, NEWEST_VERSION } from '../webhooks/event-body.ts';

export const questionSchema = z
  .object({
    id: idField('req').meta({ description: 'Of one call the same, however often it is asked' }),
    type: z.literal('assistant_request'),
    timestamp: time.meta({ description: 'When the call came' }),
    api_version: z.enum(API_VERSIONS),
    data: z.object({
      call: z.object({
        id: idField('call'),
        direction: z.literal('inbound'),
        from: z
          .string()
          .meta({ description: "E.164, or the carrier's word for a withheld number" }),
        to: z.string(),
        provider: z.object({ call_sid: z.string().nullable() }),
      }),
      phone_number_id: idField('pn'),
      default_assistant_id: idField('asst').nullable().meta({
        description: 'Who answers when nothing else is said in time; null: nobody',
      }),
    }),
  })
  .meta({ id: 'AssistantRequest' });

export type QuestionBody = z.output<typeof questionSchema>;

export function questionBody(question: AssistantQuestion): QuestionBody {
  const { callId, callSid, from, to, startedAt, numberId, defaultAssistantId } = question;
  return {
    id: `req_${callId.slice(callId.indexOf('_') + 1)}`,
    type: 'assistant_request',
    timestamp: startedAt,
    api_version: NEWEST_VERSION,
    data: {
      call: {
        id: callId,
        direction: 'inbound',
        from,
        to,
        provider: { call_sid: callSid ?? null },
      },
      phone_number_id: numberId,
      default_assistant_id: defaultAssistantId ?? null,
    },
  };
}
