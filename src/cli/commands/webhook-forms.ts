/** What the commands need of webhook endpoints and deliveries; answers may have more. */
import { z } from 'zod';
import { understand } from '../api-answer.ts';
import { oneLine } from '../format.ts';

export const endpointForm = z.looseObject({
  id: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  status: z.string(),
  disabled_reason: z.string().nullable(),
  failures: z.number(),
});

export const freshEndpointForm = endpointForm.extend({ secret: z.string() });

export const deliveryForm = z.looseObject({
  id: z.string(),
  event_id: z.string(),
  event_type: z.string(),
  status: z.string(),
  reason: z.string().nullable(),
  attempt_count: z.number(),
  next_attempt_at: z.string().nullable(),
  created_at: z.string(),
});

const attempt = z.looseObject({
  at: z.string(),
  duration_ms: z.number(),
  status: z.number().nullable(),
  error: z.string().nullable(),
  answer: z.string().nullable(),
});

export const attemptsForm = deliveryForm.extend({ attempts: z.array(attempt) });
type WithAttempts = z.output<typeof attemptsForm>;

export const recoveryForm = z.looseObject({
  deliveries: z.number(),
  has_more: z.boolean(),
  next_since: z.string().nullable(),
});

/** Where a delivery stands, and each attempt on a line of its own. */
export function deliveryText(body: unknown): string {
  const delivery = understand(attemptsForm, body);
  const { id, event_type: type, event_id: event, attempts } = delivery;
  return [`${id}  ${type}  ${event}`, standing(delivery), ...attempts.map(attemptLine)].join('\n');
}

function standing({ status, reason, next_attempt_at: next }: WithAttempts): string {
  const why = reason === null ? '' : ` (${oneLine(reason)})`;
  return `${status}${why}${next === null ? '' : `, tried again at ${next}`}`;
}

function attemptLine({ at, duration_ms: ms, status, error, answer }: WithAttempts['attempts'][0]) {
  const text = answer === null || answer === '' ? '' : `  ${oneLine(answer)}`;
  return `  ${at}  ${status ?? oneLine(error ?? 'no answer')}  ${ms} ms${text}`;
}

/** Also why nothing is sent any more. */
export function statusText({ status, disabled_reason: reason }: z.output<typeof endpointForm>) {
  return reason === null ? status : `${status} (${reason})`;
}
