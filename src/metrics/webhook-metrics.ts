/** How Twilio's webhooks are answered. */
import { Counter, Gauge, Histogram } from 'prom-client';
import { registry, seconds } from './registry.ts';

/** What a webhook is about. `wait`: back after a filler; `resume`: where was the call?
 * `connect`: a stream is over. */
export type WebhookKind =
  'voice' | 'outbound' | 'speech' | 'wait' | 'resume' | 'connect' | 'status' | 'fallback';

/**
 * How it was answered. `taken`: a status callback; `error`: with a filler, because of a fault of
 * ours, or 5xx; `403`: it was not Twilio's; `400`: it could not be read; `abandoned`: Twilio did not
 * wait for the answer.
 */
export type WebhookAnswer =
  'step' | 'wait' | 'ask-again' | 'over' | 'taken' | 'error' | '403' | '400' | 'abandoned';

/**
 * Around the goals: 35 ms for an undisturbed webhook, 80 ms for 95 of 100, 150 ms under load, 3.5 s
 * until a filler must be said, 15 s until Twilio gives up.
 */
const BUCKETS = [0.005, 0.01, 0.02, 0.035, 0.05, 0.08, 0.15, 0.3, 0.6, 1, 2, 3.5, 4.5, 8, 15];

const duration = new Histogram({
  name: 'voca_webhook_duration_seconds',
  help: 'From the arrival of a webhook of Twilio to the end of its answer',
  labelNames: ['kind', 'answer'] as const,
  buckets: BUCKETS,
  registers: [registry],
});
const inFlight = new Gauge({
  name: 'voca_webhooks_in_flight',
  help: 'Webhooks of Twilio that are being answered',
  registers: [registry],
});
const forged = new Counter({
  name: 'voca_webhook_forged_total',
  help: 'Requests to the routes of Twilio that Twilio did not sign',
  labelNames: ['kind'] as const,
  registers: [registry],
});
const refusedWords = new Counter({
  name: 'voca_refused_words_total',
  help: 'Words that Temporal did not take in time: the caller was asked to say them again',
  registers: [registry],
});
const fillers = new Counter({
  name: 'voca_fillers_total',
  help: 'Fillers said while an answer took its time, by how many the caller has heard for it',
  labelNames: ['round'] as const,
  registers: [registry],
});

export function webhookArrived(): void {
  inFlight.inc();
}

export function webhookGone(): void {
  inFlight.dec();
}

export interface AnsweredWebhook {
  kind: WebhookKind;
  answer: WebhookAnswer;
  ms: number;
  /** How often Twilio had come back after a filler already. */
  wait: number;
}

export function countWebhook({ kind, answer, ms, wait }: AnsweredWebhook): void {
  duration.labels(kind, answer).observe(seconds(ms));
  if (answer === '403') forged.labels(kind).inc();
  if (answer === 'ask-again') refusedWords.inc();
  const isFiller = kind !== 'status' && (answer === 'wait' || answer === 'error');
  if (isFiller) fillers.labels(wait < 2 ? String(wait + 1) : '3+').inc();
}
