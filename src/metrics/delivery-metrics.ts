/** Figures of events that are sent to customers' servers. */
import { Counter, Gauge, Histogram } from 'prom-client';
import type { DeliveryAttempt } from '../db/delivery-attempt.ts';
import type { WaitingDeliveries } from '../db/dispatch-claims.ts';
import { registry, seconds } from './registry.ts';

/** An attempt is given up after 15 s. */
const BUCKETS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20];
/** Whoever asks more often gets the same answer. */
const CACHE_MS = 5000;
const REASONS = ['failing', 'gone'] as const;
/** Why there was no answer; what is not in this list has no label of its own. */
const ERRORS = [
  'timeout',
  'connection',
  'too-large',
  'refused-url',
  'refused-address',
  'secret-lost',
];

const attempts = new Histogram({
  name: 'voca_delivery_attempt_duration_seconds',
  help: "Attempts to bring an event to a customer's server, by the class of the answer or why there was none",
  labelNames: ['outcome'] as const,
  buckets: BUCKETS,
  registers: [registry],
});
const disabled = new Counter({
  name: 'voca_webhook_endpoints_disabled_total',
  help: 'Webhook endpoints that were disabled, by the reason',
  labelNames: ['reason'] as const,
  registers: [registry],
});
// An alert on an increase needs to have seen the zero.
for (const reason of REASONS) disabled.labels(reason).inc(0);

export function countAttempt({ status, error = '', ms }: DeliveryAttempt): void {
  const outcome = status === undefined ? errorOf(error) : `${Math.floor(status / 100)}xx`;
  attempts.labels(outcome).observe(seconds(ms));
}

export function countDisabled(reason: (typeof REASONS)[number]): void {
  disabled.labels(reason).inc();
}

/**
 * Looks whenever this process is asked for its metrics; keeps silent while the database is away. Every
 * worker tells the same: it is to be shown as a maximum, never as a sum.
 */
export function watchDeliveries(look: () => Promise<WaitingDeliveries>): void {
  for (const name of [PENDING, OLDEST]) registry.removeSingleMetric(name);
  let lookedAt = -Infinity;
  let answer: Promise<WaitingDeliveries> | undefined;
  const ask = (): Promise<WaitingDeliveries> => {
    if (answer && performance.now() - lookedAt < CACHE_MS) return answer;
    lookedAt = performance.now();
    // An old figure would be taken for a new one.
    answer = look().catch(() => ({ count: Number.NaN, oldestMs: Number.NaN }));
    return answer;
  };
  const pending: Gauge = new Gauge({
    name: PENDING,
    help: 'Events that wait to be sent, of the whole installation, up to 10,000',
    registers: [registry],
    collect: async () => pending.set((await ask()).count),
  });
  const oldest: Gauge = new Gauge({
    name: OLDEST,
    help: 'How long the oldest event has waited, for receivers that answered last time',
    registers: [registry],
    collect: async () => oldest.set(seconds((await ask()).oldestMs)),
  });
}

const PENDING = 'voca_deliveries_pending';
const OLDEST = 'voca_delivery_oldest_seconds';

function errorOf(error: string): string {
  return ERRORS.includes(error) ? error : 'other';
}
