/** Who follows events is woken by one connection, which is there as long as somebody follows. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { newestPositions } from '../../src/db/event-feed.ts';
import { emit } from '../../src/db/outbox.ts';
import { EventHub } from '../../src/event-stream/event-hub.ts';
import type { EventHubOptions } from '../../src/event-stream/event-hub.ts';
import { newId } from '../../src/ids.ts';
import { testDatabase, WS_A, WS_B } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';

const NAME = 'voca-listening';

let base: TestDatabase;
const hubs: EventHub[] = [];
beforeAll(async () => {
  base = await testDatabase();
});
afterAll(async () => {
  await Promise.all(hubs.map((hub) => hub.close()));
  await base.drop();
});

function hub(options: Partial<EventHubOptions> = {}): EventHub {
  const made = new EventHub({
    connection: { url: base.url, applicationName: NAME },
    newest: (workspaceIds) => newestPositions(base.system, workspaceIds),
    ...options,
  });
  hubs.push(made);
  return made;
}

async function connections(): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) from pg_stat_activity where application_name = ${NAME}`.execute(base.owner);
  return Number(rows[0]?.count);
}

const write = (workspaceId: string) =>
  base.within(
    (scope) =>
      emit(scope, [
        { id: newId('evt'), type: 'a', occurredAt: new Date().toISOString(), data: {} },
      ]),
    workspaceId,
  );

test('many who follow share a connection, which comes with the first and goes after the last', async () => {
  const shared = hub({ lingerMs: 200 });
  expect(await connections()).toBe(0);
  const watching = Array.from({ length: 500 }, (_, nth) =>
    shared.watch(nth % 2 === 0 ? WS_A : WS_B, () => undefined),
  );
  await eventually(async () => expect(await connections()).toBe(1));
  for (const each of watching.slice(1)) each.stop();
  await delay(400);
  expect(await connections()).toBe(1);
  watching[0]?.stop();
  await eventually(async () => expect(await connections()).toBe(0));
  shared.watch(WS_A, () => undefined);
  await eventually(async () => expect(await connections()).toBe(1));
  await shared.close();
  await eventually(async () => expect(await connections()).toBe(0));
});

test('those of a workspace are woken by its events alone, and by a lost connection once', async () => {
  const shared = hub();
  const woken = { [WS_A]: 0, [WS_B]: 0 };
  const [a] = [
    shared.watch(WS_A, () => (woken[WS_A] += 1)),
    shared.watch(WS_B, () => (woken[WS_B] += 1)),
  ];
  // As soon as it listens, what was before is looked for.
  await eventually(() => expect(woken).toEqual({ [WS_A]: 1, [WS_B]: 1 }));
  await write(WS_A);
  await eventually(() => expect(woken).toEqual({ [WS_A]: 2, [WS_B]: 1 }));
  expect(a?.notices()).toBe(2);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = ${NAME}`.execute(base.owner);
  await eventually(async () => expect(await connections()).toBe(1));
  await eventually(() => expect(woken[WS_A]).toBe(3));
  // Nothing has come there meanwhile.
  expect(woken[WS_B]).toBe(1);
});

test('a look is one question for all, and wakes nobody where nothing is new', async () => {
  const asked: string[][] = [];
  const woken = new Map<string, number>();
  const shared = hub({
    lookMs: 50,
    newest: async (workspaceIds) => {
      asked.push([...workspaceIds]);
      return newestPositions(base.system, workspaceIds);
    },
  });
  for (let nth = 0; nth < 200; nth += 1) {
    const workspaceId = nth % 2 === 0 ? WS_A : WS_B;
    shared.watch(workspaceId, () => woken.set(workspaceId, (woken.get(workspaceId) ?? 0) + 1));
  }
  await eventually(() => expect(asked.length).toBeGreaterThan(8));
  expect(asked.every((ids) => ids.length === 2)).toBe(true);
  expect([...woken.values()]).toEqual([100, 100]);
  // Nobody is told of this one.
  await sql`update event_positions set last = last + 1 where workspace_id = ${WS_A}`.execute(
    base.owner,
  );
  await eventually(() => expect(woken.get(WS_A)).toBe(200));
  expect(woken.get(WS_B)).toBe(100);
});

test('while nobody can say what is new, everybody looks', async () => {
  let woken = 0;
  const shared = hub({ lookMs: 50, newest: () => Promise.reject(new Error('away')) });
  shared.watch(WS_A, () => (woken += 1));
  await eventually(() => expect(woken).toBeGreaterThan(3));
});
