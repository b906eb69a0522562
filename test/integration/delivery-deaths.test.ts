/** Workers die, or are away for a while, in the middle of sending: every event arrives. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { emit } from '../../src/db/outbox.ts';
import { createDatabase } from '../../src/db/pool.ts';
import type { Database } from '../../src/db/pool.ts';
import { FIRST_WORKSPACE, inWorkspace } from '../../src/db/scope.ts';
import { newId } from '../../src/ids.ts';
import { createSecretBox } from '../../src/sealing/secret-box.ts';
import { newWebhookSecret } from '../../src/webhooks/signature.ts';
import { dispatcherId } from '../../workflows/webhook-contract.ts';
import { WebhookReceiver } from '../fakes/webhook-receiver.ts';
import { eventually } from './support/eventually.ts';
import { Roles } from './support/roles.ts';
import type { RoleProcess } from './support/roles.ts';

const COUNT = 400;
const CALLS = 8;

let roles: Roles;
let receiver: WebhookReceiver;
let db: Database;
let workers: RoleProcess[];
beforeAll(async () => {
  roles = await Roles.prepare();
  receiver = await WebhookReceiver.start();
  db = createDatabase({ url: roles.databaseUrl, applicationName: 'voca-test' });
  workers = [roles.launch('worker'), roles.launch('worker')];
  await Promise.all(workers.map((worker) => worker.isReady()));
}, 120_000);
afterAll(async () => {
  await db?.destroy();
  await roles?.stop();
  await receiver?.down();
});
beforeEach(async () => {
  receiver.received.length = 0;
  await db.updateTable('webhook_endpoints').set({ deleted_at: new Date() }).execute();
});

async function endpoint(): Promise<string> {
  const id = newId('we');
  await db
    .insertInto('webhook_endpoints')
    .values({
      ...{ id, workspace_id: FIRST_WORKSPACE, url: receiver.url(`/${id}`), description: null },
      ...{ events: ['call.*'], api_version: '2026-12-01', max_per_second: 50 },
      secret: createSecretBox([]).seal(newWebhookSecret(), id),
      ...{ previous_secret: null, disabled_reason: null },
    })
    .execute();
  return id;
}

/** @returns their ids, in the order in which they were written */
async function emitAll(): Promise<string[]> {
  const calls = Array.from({ length: CALLS }, () => newId('call'));
  const events = Array.from({ length: COUNT }, (_, nth) => ({
    id: newId('evt'),
    type: 'call.turn.completed',
    occurredAt: new Date().toISOString(),
    data: { nth },
    call: { id: calls[nth % CALLS] ?? '', sequence: Math.floor(nth / CALLS) + 1 },
  }));
  await inWorkspace(db, FIRST_WORKSPACE, 'Testing', (scope) => emit(scope, events));
  return events.map(({ id }) => id);
}

const arrived = (count: number, withinMs = 30_000) =>
  eventually(() => expect(receiver.received.length).toBeGreaterThanOrEqual(count), {
    withinMs,
    everyMs: 10,
  });

/** Whichever sends to it now. */
async function sender(endpointId: string): Promise<RoleProcess> {
  return eventually(async () => {
    const handle = roles.link.client.workflow.getHandle(dispatcherId(endpointId));
    const { raw } = await handle.describe();
    const identity = raw.pendingActivities?.[0]?.lastWorkerIdentity ?? '';
    const found = workers.find(({ pid }) => pid === Number(identity.split('@')[0]));
    if (!found) throw new Error('nobody sends');
    return found;
  });
}

/** @returns the ids of all events that have arrived, once nothing waits any more */
async function allArrived(endpointId: string): Promise<string[]> {
  await eventually(
    async () => {
      const { left } = await db
        .selectFrom('deliveries')
        .select(({ fn }) => fn.countAll<string>().as('left'))
        .where('endpoint_id', '=', endpointId)
        .where('status', '!=', 'succeeded')
        .executeTakeFirstOrThrow();
      expect(Number(left)).toBe(0);
    },
    { withinMs: 45_000, everyMs: 250 },
  );
  return receiver.ids(`/${endpointId}`);
}

/** What was under way may be sent again, and nothing else. */
const AT_MOST = COUNT + 2 * 10;

test('kill -9 of whoever sends, twice', async () => {
  const id = await endpoint();
  const events = await emitAll();
  for (const [nth, count] of [50, 150].entries()) {
    await arrived(count);
    const killed = await sender(id);
    await killed.kill();
    workers[workers.indexOf(killed)] = roles.launch('worker');
    if (nth === 0) await Promise.all(workers.map((worker) => worker.isReady()));
  }
  const ids = await allArrived(id);
  expect(new Set(ids)).toEqual(new Set(events));
  expect(ids.length).toBeLessThanOrEqual(AT_MOST);
}, 120_000);

test('one that was away for longer than its heartbeats last comes back, and does no harm', async () => {
  await Promise.all(workers.map((worker) => worker.isReady()));
  const id = await endpoint();
  const events = await emitAll();
  await arrived(50);
  const away = await sender(id);
  process.kill(away.pid, 'SIGSTOP');
  try {
    // The other one goes on. Temporal may first give it to polls that the first one has left open: they
    // last 60 s, and whatever the last one was given is missed 10 s later.
    await arrived(120, 110_000);
  } finally {
    process.kill(away.pid, 'SIGCONT');
  }
  const ids = await allArrived(id);
  expect(new Set(ids)).toEqual(new Set(events));
  expect(ids.length).toBeLessThanOrEqual(AT_MOST);
}, 240_000);
