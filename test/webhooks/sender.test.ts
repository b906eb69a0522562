import { afterEach, expect, test } from '@jest/globals';
import { createSafeFetch } from '../../src/safe-fetch/index.ts';
import type { SafeFetch } from '../../src/safe-fetch/index.ts';
import { createSecretBox } from '../../src/sealing/index.ts';
import { createWebhookSender } from '../../src/webhooks/sender.ts';
import { newWebhookSecret } from '../../src/webhooks/signature.ts';
import { startHostileServer } from '../fakes/hostile-server.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

test('of a large answer only the start is held, so that hundreds at once fill no memory', async () => {
  const server = await startHostileServer({ body: [`\u001b[31m${'x'.repeat(900_000)}`] });
  const http = createSafeFetch({ allowLocal: true });
  closing.push(
    () => server.close(),
    () => http.close(),
  );
  const held: number[] = [];
  const watched: SafeFetch = {
    ...http,
    async fetch(url, request) {
      const answer = await http.fetch(url, request);
      held.push(Buffer.byteLength(answer.body));
      return answer;
    },
  };
  const box = createSecretBox([]);
  const { attempt } = await createWebhookSender(watched, box, 15_000).send(
    {
      workspaceId: 'ws_1',
      endpointId: 'we_1',
      url: server.origin,
      apiVersion: '2026-12-01',
      maxPerSecond: 50,
      secrets: [box.seal(newWebhookSecret(), 'we_1')],
      failures: 0,
    },
    { id: 'evt_1', type: 'call.ended', occurredAt: '2026-12-01T00:00:00.000Z', data: {} },
    new AbortController().signal,
  );
  expect(attempt).toMatchObject({ status: 200, answer: `[31m${'x'.repeat(1_019)}` });
  expect(held).toEqual([4_096]);
});
