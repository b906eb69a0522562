/** Events in lists, found by indices; and removed when they are kept no longer. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import * as events from '../../src/db/events.ts';
import type { EventFilter } from '../../src/db/events.ts';
import { testDatabase, WS_A, WS_B } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';
import { explained, mostRead } from './support/explain.ts';

let base: TestDatabase;
beforeAll(async () => {
  base = await testDatabase();
});
afterAll(() => base.drop());

const EVENTS = 100_000;
const PER_PAGE = 20;
/** A day of one event every 20 s. */
const LEFT_OF_THE_TIME = 4_320;

describe(`a table of ${EVENTS} events`, () => {
  beforeAll(async () => {
    const patient = base.open({ statementTimeoutMs: 100_000 });
    await sql`
      insert into events (id, workspace_id, position, type, call_id, sequence, occurred_at, created_at,
        data)
      select 'evt_' || lpad(n::text, 10, '0'), case when n % 10 = 0 then ${WS_B} else ${WS_A} end, n,
        case when n % 2000 = 7 then 'api_key.created' when n % 5 = 1 then 'call.created'
          else 'call.turn.completed' end,
        case when n % 2000 <> 7 then 'call_' || n / 50 end, case when n % 2000 <> 7 then n % 50 + 1 end,
        now(), now() - n * interval '20 seconds', '{}'
      from generate_series(1, ${EVENTS}::integer) n`.execute(patient);
    await sql`analyze`.execute(patient);
  }, 120_000);

  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  const time = { createdFrom: daysAgo(12), createdBefore: daysAgo(10) };
  const FILTERS: Record<string, EventFilter> = {
    nothing: {},
    'a common type': { type: 'call.turn.completed' },
    'a rare type': { type: 'api_key.created' },
    'a type that there is none of': { type: 'session.ended' },
    'a call': { callId: 'call_777' },
    'a type of a call': { callId: 'call_777', type: 'call.created' },
    'a call that there is none of': { callId: 'call_none' },
    'a time': time,
    'a common type in a time': { type: 'call.turn.completed', ...time },
    'a rare type in a time': { type: 'api_key.created', ...time },
    'a call in a time': { callId: 'call_777', ...time },
  };
  const deep = { after: { createdAt: daysAgo(11), id: 'evt_' } };
  const cases = Object.keys(FILTERS).flatMap((name) =>
    (['at the top', 'deep down'] as const).map((place) => [name, place] as const),
  );
  // What is left of a time may be read through: it costs no more than to fetch a call's events one by one.
  const isShort = (name: string, place: string) =>
    name === 'a call in a time' && place === 'deep down';

  test.each(cases)('lists those by %s, %s, without reading others', async (name, place) => {
    const request = { limit: PER_PAGE, ...(place === 'deep down' && deep) };
    const plan = await explained(base, 'events', (scope) =>
      events.page(scope, FILTERS[name] ?? {}, request),
    );
    expect(mostRead(plan)).toBeLessThanOrEqual(
      isShort(name, place) ? LEFT_OF_THE_TIME : 5 * PER_PAGE,
    );
  });

  test('loses those that are kept no longer, with their deliveries, little by little', async () => {
    await sql`insert into webhook_endpoints
        (id, workspace_id, url, events, api_version, max_per_second, secret)
      values ('we_1', ${WS_A}, 'https://example.com', '{*}', '2026-12-01', 10, 's')`.execute(
      base.system,
    );
    await sql`insert into deliveries (id, workspace_id, endpoint_id, event_id, event_type, position)
      select 'dlv_' || id, workspace_id, 'we_1', id, type, position from events
      where workspace_id = ${WS_A} and position <= 100`.execute(base.system);
    await sql`update events set created_at = now() - interval '30 days 1 minute'
      where position <= 45`.execute(base.owner);
    await sql`update events set created_at = now() - interval '29 days 23 hours'
      where position between 46 and 100`.execute(base.owner);
    expect(await events.purge(base.system, 10)).toBe(45);
    expect(await events.purge(base.system, 10)).toBe(0);
    const { rows } = await sql<{ events: number; deliveries: number }>`
      select (select count(*)::integer from events) as events,
        (select count(*)::integer from deliveries) as deliveries`.execute(base.owner);
    expect(rows).toEqual([{ events: EVENTS - 45, deliveries: 50 - 1 }]);
  });
});
