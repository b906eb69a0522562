import { expect, test } from '@jest/globals';
import {
  countAttempt,
  countDisabled,
  watchDeliveries,
} from '../../src/metrics/delivery-metrics.ts';
import { registry } from '../../src/metrics/registry.ts';
import { valueOf } from './exposition.ts';

const at = '2026-03-01T10:00:00.000Z';
const metrics = () => registry.metrics();

test('attempts are counted by the class of the answer, or by why there was none', async () => {
  countAttempt({ at, ms: 40, status: 204 });
  countAttempt({ at, ms: 40, status: 200 });
  countAttempt({ at, ms: 40, status: 503 });
  countAttempt({ at, ms: 15_000, error: 'timeout' });
  countAttempt({ at, ms: 1, error: 'of a later version' });
  const text = await metrics();
  const count = (outcome: string) =>
    valueOf(text, 'voca_delivery_attempt_duration_seconds_count', { outcome });
  expect(['2xx', '5xx', 'timeout', 'other'].map(count)).toEqual([2, 1, 1, 1]);
});

test('endpoints that were disabled are counted from a zero that alerts can see', async () => {
  const count = async (reason: string) =>
    valueOf(await metrics(), 'voca_webhook_endpoints_disabled_total', { reason });
  expect([await count('failing'), await count('gone')]).toEqual([0, 0]);
  countDisabled('gone');
  expect([await count('failing'), await count('gone')]).toEqual([0, 1]);
});

test('what waits is looked at once for both figures, and is no figure while nobody can say', async () => {
  let looks = 0;
  watchDeliveries(async () => {
    looks += 1;
    return { count: 12, oldestMs: 3_500 };
  });
  const text = await metrics();
  expect(valueOf(text, 'voca_deliveries_pending', {})).toBe(12);
  expect(valueOf(text, 'voca_delivery_oldest_seconds', {})).toBe(3.5);
  await metrics();
  expect(looks).toBe(1);
  watchDeliveries(async () => {
    throw new Error('away');
  });
  expect(valueOf(await metrics(), 'voca_deliveries_pending', {})).toBeNaN();
});
