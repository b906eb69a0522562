/** Endpoints are changed while events are written: nothing is lost, sent for nothing, or stuck. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import * as deliveries from '../../src/db/deliveries.ts';
import { emit } from '../../src/db/outbox.ts';
import { recover } from '../../src/db/recover-deliveries.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import type { Scope } from '../../src/db/scope.ts';
import * as endpoints from '../../src/db/webhook-endpoints.ts';
import type { EndpointContent, StoredEndpoint } from '../../src/db/webhook-endpoint-row.ts';
import { newId } from '../../src/ids.ts';
import { testDatabase, WS_A } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';

let base: TestDatabase;
/** As many connections as there are writers here, which may wait for each other as long as it takes. */
let db: TestDatabase['app'];
let sender: TestDatabase['system'];
beforeAll(async () => {
  base = await testDatabase();
  const patient = { maxConnections: 20, statementTimeoutMs: 50_000 };
  db = base.open({ role: 'app', ...patient });
  sender = base.open({ role: 'system', ...patient });
});
afterAll(() => base.drop());

const CONTENT: EndpointContent = {
  ...{ url: 'https://example.org/', description: null, events: ['*'] },
  ...{ maxPerSecond: 50, status: 'enabled', metadata: {} },
};

const within = <T>(work: (scope: Scope) => Promise<T>) => inWorkspace(db, WS_A, 'Testing', work);

async function make(): Promise<string> {
  const id = newId('we');
  const endpoint = { id, ...CONTENT, apiVersion: '2026-12-01', secret: 'sealed' };
  await within((scope) => endpoints.insert(scope, endpoint, 50));
  return id;
}

const event = (type: string) => ({
  ...{ id: newId('evt'), type, occurredAt: new Date().toISOString(), data: {} },
});

async function locked(scope: Scope, id: string): Promise<StoredEndpoint> {
  const found = await endpoints.find(scope, id, { lock: true });
  if (!found) throw new Error('There is no such endpoint');
  return found;
}

/** As the API does it. */
const become = (id: string, status: EndpointContent['status']) =>
  within(async (scope) => {
    await endpoints.update(scope, await locked(scope, id), { ...CONTENT, status });
    await emit(scope, [event('webhook_endpoint.updated')]);
  });

const remove = (id: string) =>
  within(async (scope) => {
    await endpoints.softDelete(scope, await locked(scope, id));
    await emit(scope, [event('webhook_endpoint.deleted')]);
  });

/** Writes events, several at once, until `isOver`. @returns how many */
async function writing(isOver: () => boolean, writers = 6): Promise<number> {
  let count = 0;
  const one = async () => {
    while (!isOver()) {
      await within((scope) => emit(scope, [event('call.created'), event('call.ended')]));
      count += 2;
    }
  };
  await Promise.all(Array.from({ length: writers }, one));
  return count;
}

async function whileWriting(work: () => Promise<void>): Promise<void> {
  let isOver = false;
  const written = writing(() => isOver);
  try {
    await work();
  } finally {
    isOver = true;
  }
  expect(await written).toBeGreaterThan(0);
}

const count = async (id: string) => {
  const { rows } = await sql<{ status: string; count: number }>`
    select status, count(*)::int as count from deliveries where endpoint_id = ${id}
    group by 1`.execute(base.owner);
  return Object.fromEntries(rows.map((row) => [row.status, row.count]));
};

/** Events from the one of its creation on that were never to be sent to it. */
async function undelivered(id: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select event.id from events event left join deliveries delivery
      on delivery.event_id = event.id and delivery.endpoint_id = ${id}
    where event.position >= (select min(position) from deliveries where endpoint_id = ${id})
      and (delivery.id is null or delivery.status <> 'pending')`.execute(base.owner);
  return rows.map((row) => row.id);
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 30));

describe('while events are written all the time', () => {
  test('an endpoint that is made hears of all from one event on', async () => {
    const ids: string[] = [];
    await whileWriting(async () => {
      for (let nth = 0; nth < 5; nth += 1) {
        await settle();
        ids.push(await make());
      }
      await settle();
    });
    for (const id of ids) {
      expect((await count(id))['pending']).toBeGreaterThan(1);
      expect(await undelivered(id)).toEqual([]);
      await remove(id);
    }
  }, 60_000);

  test('one that is disabled and enabled has nothing waiting in between, and all once it recovers', async () => {
    const id = await make();
    const since = { createdAt: new Date(0).toISOString(), id: '' };
    await whileWriting(async () => {
      for (let nth = 0; nth < 10; nth += 1) {
        await settle();
        await become(id, 'disabled');
        const ended = await count(id);
        expect(ended).toEqual({ failed: ended['failed'] });
        await settle();
        expect(await count(id)).toEqual(ended);
        await become(id, 'enabled');
        // Two at once: one finds what the other has left.
        await Promise.all(
          [1, 2].map(() =>
            within(async (scope) => {
              await locked(scope, id);
              await recover(scope, id, since, 100_000);
            }),
          ),
        );
      }
    });
    expect(await undelivered(id)).toEqual([]);
    const { rows } = await sql<{ events: number; deliveries: number }>`
      select (select count(*)::int from events) as events,
        (select count(*)::int from deliveries where endpoint_id = ${id}) as deliveries`.execute(
      base.owner,
    );
    expect(rows[0]?.deliveries).toBe(rows[0]?.events);
    await remove(id);
  }, 60_000);

  test('one that is deleted has nothing waiting afterwards', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, make));
    await whileWriting(async () => {
      await settle();
      await Promise.all(ids.map(remove));
    });
    for (const id of ids) {
      const left = await count(id);
      expect(left).toEqual({ failed: left['failed'] });
    }
  }, 60_000);

  test('changes, retries, recoveries and outcomes at once wait for each other, and none is broken off', async () => {
    const id = await make();
    const random = (list: string[]) => list[Math.floor(Math.random() * list.length)] ?? '';
    await whileWriting(async () => {
      await settle();
      const some = await within(async (scope) =>
        (await deliveries.page(scope, { endpointId: id }, { limit: 100 })).rows.map(
          (row) => row.id,
        ),
      );
      const acts = [
        () => become(id, 'enabled'),
        () => become(id, 'disabled'),
        () =>
          within(async (scope) => {
            await endpoints.rollSecret(scope, await locked(scope, id), 'sealed', 1_000);
            await emit(scope, [event('webhook_endpoint.updated')]);
          }),
        () =>
          within(async (scope) => {
            await locked(scope, id);
            await deliveries.requeue(scope, random(some));
          }),
        () =>
          within(async (scope) => {
            await locked(scope, id);
            await recover(scope, id, { createdAt: new Date(0).toISOString(), id: '' }, 1_000);
          }),
        // As somebody who sends: one row, and how it goes.
        async () => {
          await sql`update deliveries set status = 'succeeded'
            where id = ${random(some)} and status = 'pending'`.execute(sender);
        },
      ];
      const one = async () => {
        for (let nth = 0; nth < 15; nth += 1)
          await acts[Math.floor(Math.random() * acts.length)]?.();
      };
      await Promise.all(Array.from({ length: 8 }, one));
    });
    await remove(id);
    expect((await count(id))['pending']).toBeUndefined();
  }, 60_000);
});
