/** The question who answers a call, as a customer's server is asked it. */
import type { AssistantQuestion } from '../../activities/ports.ts';
import { NEWEST_VERSION } from '../webhooks/event-body.ts';

export interface QuestionBody {
  /** Of one call always the same, however often it is asked. */
  id: string;
  type: 'assistant_request';
  /** When the call came, RFC 3339. */
  timestamp: string;
  api_version: string;
  data: {
    call: {
      id: string;
      direction: 'inbound';
      /** E.164, or the carrier's word for a withheld number. */
      from: string;
      to: string;
      provider: { call_sid: string | null };
    };
    phone_number_id: string;
    /** Who answers when nothing else is said in time; null: nobody. */
    default_assistant_id: string | null;
  };
}

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
