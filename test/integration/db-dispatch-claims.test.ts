/** What waits to be sent, in figures that alerts are raised by. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createDispatchClaims } from '../../src/db/dispatch-claims.ts';
import { testDatabase, WS_A } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';

let base: TestDatabase;
beforeAll(async () => {
  base = await testDatabase();
  await sql`insert into webhook_endpoints
      (id, workspace_id, url, events, api_version, max_per_second, secret)
    select 'we_' || name, ${WS_A}, 'https://example.com', '{*}', '2026-12-01', 50, 's'
    from unnest(array['down', 'new', 'up']) as name`.execute(base.system);
  await sql`insert into webhook_dispatch (endpoint_id, workspace_id, failures)
    values ('we_down', ${WS_A}, 7), ('we_up', ${WS_A}, 0)`.execute(base.system);
  await sql`insert into events (id, workspace_id, position, type, occurred_at, data)
    select 'evt_' || n, ${WS_A}, n, 'call.ended', now(), '{}' from generate_series(1, 4) n`.execute(
    base.system,
  );
});
afterAll(() => base.drop());

async function wait(endpointId: string, nth: number, seconds: number): Promise<void> {
  await sql`insert into deliveries
      (id, workspace_id, endpoint_id, event_id, event_type, position, created_at)
    values (${`dlv_${endpointId}_${nth}`}, ${WS_A}, ${endpointId}, ${`evt_${nth}`}, 'call.ended', ${nth},
      now() - make_interval(secs => ${seconds}))`.execute(base.system);
}

test('all that waits is counted, and the oldest is of a receiver that answered last time', async () => {
  const { waiting } = createDispatchClaims(base.system);
  expect(await waiting()).toEqual({ count: 0, oldestMs: 0 });
  await wait('we_down', 1, 9_000);
  expect(await waiting()).toEqual({ count: 1, oldestMs: 0 });
  await wait('we_up', 3, 50);
  await wait('we_up', 2, 500);
  await wait('we_new', 4, 100);
  const { count, oldestMs } = await waiting();
  expect(count).toBe(4);
  expect(oldestMs).toBeGreaterThanOrEqual(500_000);
  expect(oldestMs).toBeLessThan(600_000);
  await sql`update deliveries set status = 'succeeded'`.execute(base.system);
  expect(await waiting()).toEqual({ count: 0, oldestMs: 0 });
});
