/** What senders do to deliveries, statement by statement, and what others commit in between. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import * as deliveries from '../../src/db/deliveries.ts';
import { createDeliveryQueue } from '../../src/db/delivery-queue.ts';
import type { DeliveryQueue } from '../../src/db/delivery-queue.ts';
import { createDispatchClaims } from '../../src/db/dispatch-claims.ts';
import type { DispatchClaims } from '../../src/db/dispatch-claims.ts';
import * as endpoints from '../../src/db/webhook-endpoints.ts';
import { newId } from '../../src/ids.ts';
import { deferred } from '../../src/supervisor/deferred.ts';
import { testDatabase, WS_A } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';

const HOUR_MS = 3_600_000;

let base: TestDatabase;
let queue: DeliveryQueue;
let claims: DispatchClaims;
let endpointId: string;
let position = 0;
beforeAll(async () => {
  base = await testDatabase();
  queue = createDeliveryQueue(base.system);
  claims = createDispatchClaims(base.system);
});
afterAll(() => base.drop());
beforeEach(async () => {
  await sql`delete from webhook_endpoints`.execute(base.owner);
  endpointId = await endpoint();
});

const ref = () => ({ workspaceId: WS_A, endpointId });

async function endpoint(): Promise<string> {
  const id = newId('we');
  await sql`insert into webhook_endpoints
      (id, workspace_id, url, events, api_version, max_per_second, secret)
    values (${id}, ${WS_A}, 'https://example.org', '{*}', '2026-12-01', 50, 's')`.execute(
    base.system,
  );
  return id;
}

interface Row {
  status?: 'pending' | 'retrying';
  /** From now on; negative: it is over. */
  nextInMs?: number;
  /** Since the last attempt. */
  sleptMs?: number;
  handedOver?: boolean;
  of?: string;
}

async function delivery(given: Row = {}): Promise<string> {
  const { status = 'pending', nextInMs, sleptMs = 0, handedOver = false, of = endpointId } = given;
  const [id, event] = [newId('dlv'), newId('evt')];
  position += 1;
  await sql`insert into events (id, workspace_id, position, type, occurred_at, data)
    values (${event}, ${WS_A}, ${position}, 'call.ended', now(), '{}')`.execute(base.system);
  await sql`insert into deliveries (id, workspace_id, endpoint_id, event_id, event_type, position,
      status, handed_over, updated_at, next_attempt_at)
    values (${id}, ${WS_A}, ${of}, ${event}, 'call.ended', ${position}, ${status}, ${handedOver},
      now() - ${sleptMs} * interval '1 millisecond',
      now() + ${nextInMs ?? null} * interval '1 millisecond')`.execute(base.system);
  return id;
}

const row = (id: string) =>
  base.system.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

/** Whom somebody should see to now. */
const free = async () => (await claims.claim(100, 10_000)).map((each) => each.endpointId);

describe('a retry that has lost its workflow', () => {
  test('waits to be sent once it is overdue by minutes, and what is due later keeps its time', async () => {
    const lost = await delivery({ status: 'retrying', nextInMs: -6 * 60_000, handedOver: true });
    const late = await delivery({ status: 'retrying', nextInMs: -4 * 60_000, handedOver: true });
    const far = await delivery({ status: 'retrying', nextInMs: 14 * HOUR_MS, handedOver: true });
    const before = await Promise.all([late, far].map(row));
    expect(await claims.rescue()).toBe(1);
    expect(await row(lost)).toMatchObject({
      ...{ status: 'pending', handed_over: false, next_attempt_at: null },
    });
    expect(await Promise.all([late, far].map(row))).toEqual(before);
    expect(await free()).toEqual([endpointId]);
    expect(await claims.rescue()).toBe(0);
  });

  test('goes on with a workflow of its own after the next failure, where it stood in its plan', async () => {
    const lost = await delivery({ status: 'retrying', nextInMs: -6 * 60_000, handedOver: true });
    await sql`update deliveries set attempt_count = 3 where id = ${lost}`.execute(base.system);
    await claims.rescue();
    const [queued] = await queue.pending(ref(), 10);
    expect(queued).toMatchObject({ deliveryId: lost, attempts: 3 });
    if (!queued) return;
    const attempt = { at: new Date().toISOString(), ms: 1, status: 500 };
    const nextAt = new Date(Date.now() + HOUR_MS).toISOString();
    const outcome = { status: 'retrying' as const, attempt, nextAt, failuresAtMost: 5 };
    expect(await queue.settle(ref(), queued, outcome)).toMatchObject({ handedOver: false });
    expect(await queue.orphans(ref(), 10, [])).toMatchObject([{ deliveryId: lost, attempts: 4 }]);
    expect(await queue.orphans(ref(), 10, [lost])).toEqual([]);
  });
});

test('a receiver that is back wakes what has slept a part of its time, of its own endpoint alone', async () => {
  const other = await endpoint();
  const long = { status: 'retrying' as const, sleptMs: HOUR_MS, nextInMs: 5 * HOUR_MS };
  const slept = await delivery(long);
  const fresh = await delivery({ status: 'retrying', sleptMs: 60_000, nextInMs: 5 * HOUR_MS });
  const elsewhere = await delivery({ ...long, of: other });
  await queue.wakeRetries(ref());
  expect(await row(slept)).toMatchObject({ status: 'pending', next_attempt_at: null });
  for (const id of [fresh, elsewhere]) {
    const { status, next_attempt_at: next } = await row(id);
    expect([status, next === null]).toEqual(['retrying', false]);
  }
});

describe('an endpoint that is given back', () => {
  test('is free when nothing waits', async () => {
    await queue.hold(ref(), 30_000);
    expect(await queue.release(ref(), 30_000)).toBe(false);
    await delivery();
    expect(await free()).toEqual([endpointId]);
  });

  test('is kept when something came since the last look', async () => {
    await queue.hold(ref(), 30_000);
    await delivery();
    expect(await queue.release(ref(), 30_000)).toBe(true);
    expect(await free()).toEqual([]);
  });

  test('is kept when something is committed while it is given back, before anybody else sees it', async () => {
    await queue.hold(ref(), 30_000);
    // The first statement of giving it back has to wait for this one, and cannot see what it commits.
    const written = deferred<void>();
    const slow = base
      .open()
      .transaction()
      .execute(async (trx) => {
        await sql`select from webhook_dispatch where endpoint_id = ${endpointId} for update`.execute(
          trx,
        );
        await written.promise;
      });
    await waitingForLock(0);
    const released = queue.release(ref(), 30_000);
    await waitingForLock(1);
    await delivery();
    written.resolve();
    expect(await released).toBe(true);
    await slow;
    expect(await free()).toEqual([]);
  });

  test('is left alone for as long as its receiver has asked', async () => {
    await queue.hold(ref(), HOUR_MS);
    await delivery();
    expect(await free()).toEqual([]);
  });
});

async function waitingForLock(count: number): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ locks: number; idle: number }>`
      select (count(*) filter (where wait_event_type = 'Lock'))::int as locks,
        (count(*) filter (where state = 'idle in transaction'))::int as idle
      from pg_stat_activity where datname = current_database()`.execute(base.owner);
    if (rows[0]?.locks === count && rows[0].idle === 1) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('an endpoint that has asked for an hour', () => {
  const isHeld = async () => (await free()).length === 0;
  beforeEach(async () => {
    await queue.hold(ref(), HOUR_MS);
  });

  test('is tried at once when somebody asks, also when it has answered well since', async () => {
    const id = await delivery({ status: 'retrying', nextInMs: HOUR_MS });
    expect(await isHeld()).toBe(true);
    await base.within((scope) => deliveries.requeue(scope, id));
    expect(await isHeld()).toBe(false);
  });

  test('is free again once it is disabled and enabled', async () => {
    const content = {
      ...{ url: 'https://example.org', description: null, events: ['*'] },
      ...{ maxPerSecond: 50, metadata: {} },
    };
    const become = (status: 'enabled' | 'disabled') =>
      base.within(async (scope) => {
        const before = await endpoints.find(scope, endpointId, { lock: true });
        if (before) await endpoints.update(scope, before, { ...content, status });
      });
    await become('disabled');
    await become('enabled');
    await delivery();
    expect(await isHeld()).toBe(false);
  });

  test('but one that is being sent to stays with whoever sends', async () => {
    await queue.hold(ref(), 20_000);
    const id = await delivery({ status: 'retrying', nextInMs: HOUR_MS });
    await base.within((scope) => deliveries.requeue(scope, id));
    expect(await isHeld()).toBe(true);
  });
});

test('receivers that answer are first, then those of which nothing is known, then those that fail', async () => {
  const [good, fails] = [await endpoint(), await endpoint()];
  await sql`insert into webhook_dispatch (endpoint_id, workspace_id, failures)
    values (${fails}, ${WS_A}, 7), (${good}, ${WS_A}, 0)`.execute(base.system);
  for (const each of [fails, endpointId, good]) await delivery({ of: each });
  const order: string[] = [];
  for (let nth = 0; nth < 3; nth += 1) {
    order.push(...(await claims.claim(1, 10_000)).map((each) => each.endpointId));
  }
  expect(order).toEqual([good, endpointId, fails]);
});
