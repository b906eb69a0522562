import { expect, test } from '@jest/globals';
import type { QueuedDelivery, WebhookDeps } from '../../activities/webhook-ports.ts';
import { runRound } from '../../activities/webhook-round.ts';
import { PLAN } from '../../workflows/webhook-plan.ts';

/** A queue in memory that never ends, and tells how much is read of it at once. */
function backlog(maxPerSecond: number, given: Partial<Pick<WebhookDeps, 'plan' | 'sender'>> = {}) {
  const limits: number[] = [];
  let done = 0;
  const delivery = (nth: number): QueuedDelivery => ({
    deliveryId: `dlv_${nth}`,
    attempts: 0,
    event: { id: `evt_${nth}`, type: 'call.ended', occurredAt: '2026-12-01T00:00:00Z', data: {} },
  });
  const deps: WebhookDeps = {
    plan: { ...PLAN, roundMs: 200 },
    stopping: new AbortController().signal,
    onNews: () => () => {},
    sender: { send: async () => ({ attempt: { at: '', ms: 1, status: 200 } }) },
    ...given,
    queue: {
      hold: async () => {},
      endpoint: async () => ({
        workspaceId: 'ws_1',
        endpointId: 'we_1',
        url: 'https://receiver.test/',
        apiVersion: '2026-12-01',
        maxPerSecond,
        secrets: [],
        failures: 0,
      }),
      pending: async (_ref, limit) => {
        limits.push(limit);
        return Array.from({ length: limit }, (_, nth) => delivery(done + nth));
      },
      orphans: async () => [],
      settle: async () => {
        done += 1;
        return { handedOver: false, failures: 0 };
      },
      wakeRetries: async () => {},
      release: async () => false,
      endAll: async () => {},
      disable: async () => false,
      takeUp: async () => undefined,
    },
  };
  const order = { workspaceId: 'ws_1', endpointId: 'we_1', known: [] };
  return { limits, run: () => runRound(deps, order, new AbortController().signal) };
}

test('of what waits so much is read at once as can be sent in two seconds', async () => {
  const slow = backlog(1);
  expect(await slow.run()).toMatchObject({ next: 'more', sent: 1, succeeded: 1 });
  expect(slow.limits).toEqual([25]);
  const quick = backlog(100);
  expect((await quick.run()).sent).toBeGreaterThan(1);
  expect(quick.limits[0]).toBe(25);
  expect(quick.limits.every((limit) => limit <= 100 + PLAN.concurrency)).toBe(true);
});

test('a round is over when what has failed is due again, however much else there is to send', async () => {
  let sent = 0;
  const failing = backlog(100, {
    plan: { ...PLAN, delaysMs: [0, 300, 60_000], roundMs: 3_600_000 },
    sender: {
      send: async () => ({ attempt: { at: '', ms: 1, status: (sent += 1) === 2 ? 500 : 200 } }),
    },
  });
  const round = await failing.run();
  expect(round).toMatchObject({ next: 'more', held: [] });
  expect(round.fresh).toMatchObject([{ deliveryId: 'dlv_1', status: 'retrying' }]);
  expect(round.succeeded).toBeGreaterThan(2);
});
