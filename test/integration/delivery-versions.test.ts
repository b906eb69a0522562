/** Workers are exchanged for those of another version while retries sleep: these wait for no version. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as deliveries from '../../src/db/deliveries.ts';
import { emit } from '../../src/db/outbox.ts';
import { createDatabase } from '../../src/db/pool.ts';
import type { Database } from '../../src/db/pool.ts';
import { FIRST_WORKSPACE, inWorkspace } from '../../src/db/scope.ts';
import { newId } from '../../src/ids.ts';
import { createSecretBox } from '../../src/sealing/secret-box.ts';
import { newWebhookSecret } from '../../src/webhooks/signature.ts';
import { WebhookReceiver } from '../fakes/webhook-receiver.ts';
import { eventually } from './support/eventually.ts';
import { Roles } from './support/roles.ts';

let roles: Roles;
let receiver: WebhookReceiver;
let db: Database;
beforeAll(async () => {
  roles = await Roles.prepare({ env: { VOCA_WORKER_VERSIONING: 'pinned' } });
  receiver = await WebhookReceiver.start();
  db = createDatabase({ url: roles.databaseUrl, applicationName: 'voca-test' });
}, 120_000);
afterAll(async () => {
  await db?.destroy();
  await roles?.stop();
  await receiver?.down();
});

async function makeCurrent(build: string): Promise<void> {
  await eventually(
    async () =>
      expect(await roles.voca('versions', 'set-current', build)).toMatchObject({ code: 0 }),
    { withinMs: 30_000, everyMs: 500 },
  );
}

const delivery = () => db.selectFrom('deliveries').selectAll().executeTakeFirst();

test('a delivery that waits for its next attempt goes on with the version that is current then', async () => {
  const old = await roles.launch('worker', { VOCA_BUILD_ID: 'old' }).isReady();
  await makeCurrent('old');
  receiver.behave = () => ({ status: 500 });
  const id = newId('we');
  await db
    .insertInto('webhook_endpoints')
    .values({
      ...{ id, workspace_id: FIRST_WORKSPACE, url: receiver.url(), description: null },
      ...{ events: ['*'], api_version: '2026-12-01', max_per_second: 50 },
      secret: createSecretBox([]).seal(newWebhookSecret(), id),
      ...{ previous_secret: null, disabled_reason: null },
    })
    .execute();
  await roles.launch('worker', { VOCA_BUILD_ID: 'new' }).isReady();
  const event = { id: newId('evt'), type: 'call.ended', data: {} };
  await inWorkspace(db, FIRST_WORKSPACE, 'Testing', (scope) =>
    emit(scope, [{ ...event, occurredAt: new Date().toISOString() }]),
  );
  await eventually(async () => expect((await delivery())?.handed_over).toBe(true), {
    withinMs: 20_000,
  });
  const { id: deliveryId = '' } = (await delivery()) ?? {};

  await makeCurrent('new');
  expect(await old.terminate()).toEqual({ code: 0, signal: null });
  receiver.behave = () => ({ status: 200 });
  // By now the next attempt may be minutes away.
  await inWorkspace(db, FIRST_WORKSPACE, 'Testing', (scope) =>
    deliveries.requeue(scope, deliveryId),
  );
  const retries = roles.link.client.workflow.getHandle(deliveryId);
  const { status } = (await retries.result()) as { status: string };
  expect(status).toBe('succeeded');
  expect(await delivery()).toMatchObject({ status: 'succeeded' });
  const { raw } = await retries.describe();
  const { versioningInfo } = raw.workflowExecutionInfo ?? {};
  expect(versioningInfo?.deploymentVersion?.buildId).toBe('new');
}, 120_000);
