/** The lists of deliveries are as fast at any depth as at the top, however many there are. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import * as deliveries from '../../src/db/deliveries.ts';
import type { DeliveryFilter } from '../../src/db/deliveries.ts';
import type { PageRequest } from '../../src/db/page.ts';
import { recover } from '../../src/db/recover-deliveries.ts';
import { testDatabase, WS_A } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';
import { explained, mostRead } from './support/explain.ts';

const DELIVERIES = 100_000;
const PER_PAGE = 20;
const FEW = 25 * PER_PAGE;

let base: TestDatabase;
beforeAll(async () => {
  base = await testDatabase();
  const patient = base.open({ statementTimeoutMs: 100_000 });
  await sql`
    insert into webhook_endpoints (id, workspace_id, url, events, api_version, max_per_second, secret)
    select 'we_' || n, ${WS_A}, 'https://example.org/', '{*}', '2026-12-01', 50, 's'
    from generate_series(0, 1) n`.execute(patient);
  await sql`
    insert into events (id, workspace_id, position, type, occurred_at, created_at, data)
    select 'evt_' || n, ${WS_A}, n, case when n % 5000 = 7 then 'api_key.created' else 'call.ended' end,
      now(), timestamptz '2026-01-01' + n * interval '10 seconds', '{}'
    from generate_series(1, ${DELIVERIES / 2}::int) n`.execute(patient);
  await sql`
    insert into deliveries
      (id, workspace_id, endpoint_id, event_id, event_type, position, status, created_at)
    select 'dlv_' || endpoint || lpad(event.position::text, 8, '0'), ${WS_A}, 'we_' || endpoint,
      event.id, event.type, event.position,
      case when event.position % 5000 = 9 then 'failed' else 'succeeded' end, event.created_at
    from events event, generate_series(0, 1) endpoint`.execute(patient);
  await sql`analyze`.execute(patient);
}, 120_000);
afterAll(() => base.drop());

const FILTERS: Record<string, Omit<DeliveryFilter, 'endpointId'>> = {
  none: {},
  'a common status': { status: 'succeeded' },
  'a rare status': { status: 'failed' },
  'a status that none has': { status: 'pending' },
  'a common type': { eventType: 'call.ended' },
  'a rare type': { eventType: 'api_key.created' },
  'a type that none has': { eventType: 'session.ended' },
  'a rare status and a common type': { status: 'failed', eventType: 'call.ended' },
  'a common status and a rare type': { status: 'succeeded', eventType: 'api_key.created' },
};
const middle = { createdAt: '2026-01-03T12:00:00.000Z', id: 'dlv_0' };
const PLACES: Record<string, Partial<PageRequest>> = {
  'at the top': {},
  'in its middle': { after: middle },
  backwards: { before: middle },
};
const cases = Object.keys(FILTERS).flatMap((filter) =>
  Object.keys(PLACES).map((place) => [filter, place] as const),
);

describe(`of ${DELIVERIES} deliveries`, () => {
  test.each(cases)(
    'those with %s are listed, %s, without reading others',
    async (filter, place) => {
      const request = { limit: PER_PAGE, ...PLACES[place] };
      const plan = await explained(base, 'deliveries', (scope) =>
        deliveries.page(scope, { endpointId: 'we_1', ...FILTERS[filter] }, request),
      );
      expect(mostRead(plan)).toBeLessThanOrEqual(FEW);
    },
  );

  test('what an endpoint missed is found in steps of which each reads no more than its part', async () => {
    await sql`delete from deliveries where endpoint_id = 'we_1' and position = 25000`.execute(
      base.owner,
    );
    let from = { createdAt: '2026-01-01T00:00:00.000Z', id: '' };
    const counts: number[] = [];
    for (;;) {
      const { count, next } = await base.within((scope) => recover(scope, 'we_1', from, 10_000));
      counts.push(count);
      if (!next) break;
      from = next;
    }
    // One in 5,000 had failed, and one was never sent.
    expect(counts).toEqual([2, 2, 3, 2, 2, 0]);
  });
});
