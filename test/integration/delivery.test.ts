/** Events on their way to a customer's server. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { eventually } from './support/eventually.ts';
import { WebhookBench } from './support/webhooks.ts';

let bench: WebhookBench;
beforeAll(async () => {
  bench = await WebhookBench.open();
  await bench.send();
});
afterAll(() => bench?.close());
beforeEach(() => {
  bench.receiver.behave = () => ({ status: 200 });
});

describe('an event', () => {
  test('is at the receiver soon, signed, and its delivery says so', async () => {
    const { id, secret } = await bench.endpoint();
    const [event] = await bench.emit(1);
    const [row] = await bench.all(id, 'succeeded');
    expect(row).toMatchObject({ attempt_count: 1, reason: null, next_attempt_at: null });
    expect(row?.attempts).toEqual([
      { at: expect.any(String), ms: expect.any(Number), status: 200, answer: '' },
    ]);
    const [request] = bench.receiver.received.filter(({ path }) => path === `/${id}`);
    const headers = request?.headers as Record<string, string>;
    const body = new Webhook(secret).verify(request?.body ?? '', headers);
    expect(body).toMatchObject({
      id: event,
      object: 'event',
      type: 'call.ended',
      data: { nth: 0 },
    });
    await eventually(async () => {
      expect((await bench.dispatcher(id).describe()).status.name).toBe('COMPLETED');
    });
    expect((await bench.health(id))?.busy_until).toBeNull();
  });
});
