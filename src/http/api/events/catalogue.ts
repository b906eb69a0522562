/** The events that customers are told of: what each means, what it holds, and one of each. */
import type { z } from 'zod';
import * as schemas from './event-schemas.ts';
import * as examples from './examples.ts';

interface Entry {
  /** Completes "It is told that …". */
  summary: string;
  data: z.ZodType;
  example: unknown;
}

export const CATALOGUE = {
  'call.created': {
    summary: 'a call is there: it came in, or is about to be placed',
    data: schemas.callData,
    example: examples.CALL.created,
  },
  'call.queued': {
    summary: 'the carrier has taken on a call that is placed',
    data: schemas.callData,
    example: examples.CALL.queued,
  },
  'call.ringing': {
    summary: 'the telephone of somebody who is called rings',
    data: schemas.callData,
    example: examples.CALL.ringing,
  },
  'call.answered': {
    summary: 'a call was answered, and greeted',
    data: schemas.callData,
    example: examples.CALL.answered,
  },
  'call.turn.completed': {
    summary:
      'the caller has said something, and what came of it is decided. A later one with the same key replaces it',
    data: schemas.turnData,
    example: examples.TURN,
  },
  'call.degraded': {
    summary: 'a turn was answered by a fallback model, or by an apology',
    data: schemas.degradedData,
    example: examples.DEGRADED,
  },
  'call.ended': {
    summary: 'a call is over. Words that came late may still be told of, and its summary',
    data: schemas.callData,
    example: examples.CALL.ended,
  },
  'call.summarized': {
    summary: 'what was said in the session, up to this call, is summed up',
    data: schemas.summaryData,
    example: examples.SUMMARY,
  },
  'session.created': {
    summary: 'the first call of a session was made',
    data: schemas.sessionData,
    example: examples.session('open'),
  },
  'session.ended': {
    summary:
      'a session was closed, or no call has come in it for long. A call that is recorded late may take it up again, and it ends once more',
    data: schemas.sessionData,
    example: examples.session('closed'),
  },
  'assistant.created': {
    summary: 'an assistant was created',
    data: schemas.assistantData,
    example: examples.ASSISTANT,
  },
  'assistant.updated': {
    summary: 'an assistant has a new version',
    data: schemas.assistantData,
    example: examples.ASSISTANT,
  },
  'assistant.deleted': {
    summary: 'an assistant was deleted',
    data: schemas.assistantData,
    example: examples.ASSISTANT,
  },
  'phone_number.created': {
    summary: 'a phone number was taken on',
    data: schemas.phoneNumberData,
    example: examples.PHONE_NUMBER,
  },
  'phone_number.updated': {
    summary: 'somebody has changed a phone number, or brought its calls here',
    data: schemas.phoneNumberData,
    example: examples.PHONE_NUMBER,
  },
  'phone_number.released': {
    summary: 'a phone number was given up; it is told of as it was',
    data: schemas.phoneNumberData,
    example: examples.PHONE_NUMBER,
  },
  'api_key.created': {
    summary: 'an API key was created, or put in the place of another one',
    data: schemas.apiKeyData,
    example: examples.apiKey(),
  },
  'api_key.revoked': {
    summary: 'an API key was revoked',
    data: schemas.apiKeyData,
    example: examples.REVOKED_KEY,
  },
  'webhook_endpoint.created': {
    summary: 'a webhook endpoint was created',
    data: schemas.webhookEndpointData,
    example: examples.webhookEndpoint(),
  },
  'webhook_endpoint.updated': {
    summary: 'a webhook endpoint was changed',
    data: schemas.webhookEndpointData,
    example: examples.webhookEndpoint(),
  },
  'webhook_endpoint.deleted': {
    summary: 'a webhook endpoint was deleted; it is told of as it was',
    data: schemas.webhookEndpointData,
    example: examples.webhookEndpoint(),
  },
  'webhook_endpoint.disabled': {
    summary:
      'nothing is sent to a webhook endpoint any more: it has failed for days, or has said that it is gone',
    data: schemas.webhookEndpointData,
    example: examples.webhookEndpoint({ status: 'disabled', disabled_reason: 'failing' }),
  },
  'webhook_endpoint.test': {
    summary: 'somebody tries a webhook endpoint; sent to this one alone',
    data: schemas.webhookEndpointData,
    example: examples.webhookEndpoint(),
  },
} as const satisfies Record<string, Entry>;

export type EventType = keyof typeof CATALOGUE;
/** What an event of each type holds. */
export type EventData = { [T in EventType]: z.output<(typeof CATALOGUE)[T]['data']> };

export const EVENT_TYPES = Object.keys(CATALOGUE) as EventType[];
