/** What the looks at Twilio's settings of our numbers found. */
import { Counter } from 'prom-client';
import type { NumberCheck } from '../../activities/number-ports.ts';
import { registry } from './registry.ts';

const looks = new Counter({
  name: 'voca_number_checks_total',
  help: "Looks at Twilio's settings of our numbers, by what they found",
  labelNames: ['status'] as const,
  registers: [registry],
});
// An alert on an increase needs to have seen the zero.
for (const status of ['ok', 'differs', 'missing'] as const) looks.labels(status).inc(0);

export function countNumberLook(status: NumberCheck['status']): void {
  looks.labels(status).inc();
}
