/** A dispatcher that has much to do goes on in a new run before its history is long. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebhookBench } from './support/webhooks.ts';

const COUNT = 250;

let bench: WebhookBench;
beforeAll(async () => {
  bench = await WebhookBench.open();
  // The server of the tests suggests a new run after 300 events of the history.
  await bench.send({ roundMs: 50 });
});
afterAll(() => bench?.close());

test('everything arrives once and in order, over several runs', async () => {
  const { id } = await bench.endpoint({ maxPerSecond: 40 });
  const events = await bench.emit(COUNT, { perTransaction: COUNT, lane: () => 'call_one' });
  await bench.all(id, 'succeeded', 80_000);
  expect(bench.receiver.ids(`/${id}`)).toEqual(events);
  const { runId, raw, historyLength } = await bench.dispatcher(id).describe();
  expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(runId);
  expect(historyLength).toBeLessThan(400);
}, 120_000);
