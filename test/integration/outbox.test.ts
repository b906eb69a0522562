/** The outbox: events and their deliveries, written together, in an order that readers can trust. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import pg from 'pg';
import { DELIVERIES_CHANNEL, emit, EVENTS_CHANNEL } from '../../src/db/outbox.ts';
import type { NewEvent } from '../../src/db/outbox.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import { newId } from '../../src/ids.ts';
import { testDatabase, WS_A, WS_B } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';

let base: TestDatabase;
beforeAll(async () => {
  base = await testDatabase();
});
afterAll(() => base.drop());

function event(type: string, given: Partial<NewEvent> = {}): NewEvent {
  return { id: newId('evt'), type, occurredAt: new Date().toISOString(), data: {}, ...given };
}

const write = (workspaceId: string, events: NewEvent[], onlyTo?: string) =>
  inWorkspace(base.app, workspaceId, 'Writing', (scope) => emit(scope, events, onlyTo));

async function endpoint(workspaceId: string, events: string[], given = {}): Promise<string> {
  const id = newId('we');
  await base.system
    .insertInto('webhook_endpoints')
    .values({
      ...{ id, workspace_id: workspaceId, url: 'https://example.org/', description: null, events },
      ...{ api_version: '2026-12-01', max_per_second: 10, secret: 's', previous_secret: null },
      disabled_reason: null,
      ...given,
    })
    .execute();
  return id;
}

const positions = async (workspaceId: string) => {
  const { rows } = await sql<{ position: string }>`
    select position from events where workspace_id = ${workspaceId} order by position`.execute(
    base.system,
  );
  return rows.map((row) => Number(row.position));
};

const typesFor = async (endpointId: string) => {
  const rows = await base.system
    .selectFrom('deliveries')
    .select(['event_type', 'status'])
    .where('endpoint_id', '=', endpointId)
    .orderBy('position')
    .execute();
  expect(rows.every(({ status }) => status === 'pending')).toBe(true);
  return rows.map((row) => row.event_type);
};

describe('the order of events', () => {
  test('counts from 1 without gaps, also when many write at once and some of them fail', async () => {
    const each = Array.from({ length: 40 }, (_, nth) => nth);
    const results = await Promise.allSettled(
      each.map((nth) =>
        inWorkspace(base.app, WS_A, 'Writing', async (scope) => {
          await emit(scope, [event('call.created'), event('call.queued')]);
          if (nth % 4 === 0) throw new Error('rolled back');
        }),
      ),
    );
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(10);
    expect(await positions(WS_A)).toEqual(Array.from({ length: 60 }, (_, nth) => nth + 1));
  });

  test('is that of the batch, and each workspace has its own', async () => {
    const before = await positions(WS_A);
    const types = ['call.created', 'call.answered', 'call.ended'];
    await write(
      WS_B,
      types.map((type) => event(type)),
    );
    expect(await positions(WS_B)).toEqual([1, 2, 3]);
    expect(await positions(WS_A)).toEqual(before);
    const rows = await base.system
      .selectFrom('events')
      .select('type')
      .where('workspace_id', '=', WS_B)
      .orderBy('position')
      .execute();
    expect(rows.map(({ type }) => type)).toEqual(types);
  });

  test('an event that is there is not written again, nor counted', async () => {
    const again = event('call.ended', { call: { id: 'call_again', sequence: 9 } });
    const before = await positions(WS_B);
    await write(WS_B, [again]);
    await write(WS_B, [again, event('call.summarized')]);
    expect(await positions(WS_B)).toHaveLength(before.length + 2);
    expect((await positions(WS_B)).at(-1)).toBe(before.length + 2);
  });
});

describe('a delivery is made', () => {
  test('for each endpoint whose filters mean the event', async () => {
    const all = await endpoint(WS_A, ['*']);
    const calls = await endpoint(WS_A, ['call.*']);
    const turns = await endpoint(WS_A, ['call.turn.*', 'api_key.created']);
    const ends = await endpoint(WS_A, ['call.ended']);
    const tricky = await endpoint(WS_A, ['call.turn.comp', 'call%', 'c_ll.ended']);
    const others = await endpoint(WS_B, ['*']);
    const off = await endpoint(WS_A, ['*'], { status: 'disabled' });
    const gone = await endpoint(WS_A, ['*'], { deleted_at: new Date() });
    const told = ['call.created', 'call.turn.completed', 'call.ended', 'api_key.created'];
    await write(
      WS_A,
      told.map((type) => event(type)),
    );
    expect(await typesFor(all)).toEqual(told);
    expect(await typesFor(calls)).toEqual(told.slice(0, 3));
    expect(await typesFor(turns)).toEqual(['call.turn.completed', 'api_key.created']);
    expect(await typesFor(ends)).toEqual(['call.ended']);
    for (const none of [tricky, others, off, gone]) expect(await typesFor(none)).toEqual([]);
  });

  test('for one endpoint alone when the event is for it', async () => {
    const one = await endpoint(WS_B, ['call.ended']);
    const other = await endpoint(WS_B, ['*']);
    await write(WS_B, [event('webhook_endpoint.test')], one);
    expect(await typesFor(one)).toEqual(['webhook_endpoint.test']);
    expect(await typesFor(other)).toEqual([]);
  });
});

test('whoever listens is told after the commit, and of deliveries only when there are some', async () => {
  const told: string[] = [];
  const listener = new pg.Client({ connectionString: base.url });
  await listener.connect();
  try {
    listener.on('notification', ({ channel, payload }) => told.push(`${channel} ${payload}`));
    await listener.query(`listen ${EVENTS_CHANNEL}; listen ${DELIVERIES_CHANNEL}`);
    await base.system.deleteFrom('webhook_endpoints').execute();
    await write(WS_B, [event('call.created'), event('call.ended')]);
    await listener.query('select 1');
    expect(told).toEqual([`${EVENTS_CHANNEL} ${WS_B}`]);
    await endpoint(WS_B, ['*']);
    await write(WS_B, [event('call.created')]);
    await listener.query('select 1');
    expect(told.slice(1).sort()).toEqual(
      [`${DELIVERIES_CHANNEL} ${WS_B}`, `${EVENTS_CHANNEL} ${WS_B}`].sort(),
    );
  } finally {
    await listener.end();
  }
});
