/** Lists: complete while rows come and go, and as fast at any depth as at the top. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import * as assistants from '../../src/db/assistants.ts';
import * as calls from '../../src/db/calls.ts';
import type { CallFilter } from '../../src/db/calls.ts';
import type { Page, PageRequest, Position } from '../../src/db/page.ts';
import type { Scope } from '../../src/db/scope.ts';
import * as sessions from '../../src/db/sessions.ts';
import { draft, testDatabase, WS_A, WS_B } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';
import { explained, mostRead } from './support/explain.ts';

let base: TestDatabase;
beforeAll(async () => {
  base = await testDatabase();
});
afterAll(() => base.drop());

type Read = (scope: Scope, request: PageRequest) => Promise<Page<Position>>;

/** All ids of a list, page by page, each in a transaction of its own. */
async function readAll(read: Read, limit: number, way: 'after' | 'before', from?: Position) {
  const ids: string[] = [];
  let place = from;
  for (;;) {
    const request = { limit, ...(place && { [way]: place }) };
    const { rows, hasMore } = await base.within((scope) => read(scope, request));
    const page = rows.map(({ id }) => id);
    if (way === 'after') ids.push(...page);
    else ids.unshift(...page);
    place = way === 'after' ? rows.at(-1) : rows[0];
    if (!hasMore) return ids;
  }
}

describe('a list that is read to its end', () => {
  test('has every row that stays, once, while 1,000 others come and go', async () => {
    const name = (kind: string, index: number) => `asst_${kind}${String(index).padStart(5, '0')}`;
    const create = (ids: string[], workspaceId = WS_A) =>
      base.within(async (scope) => {
        for (const id of ids) await assistants.create(scope, id, draft);
      }, workspaceId);
    // In one transaction and so of one moment: their order is that of their ids alone.
    const stay = Array.from({ length: 150 }, (_, index) => name('stay', index));
    const leave = Array.from({ length: 500 }, (_, index) => name('go', index));
    await create([...stay.slice(0, 75), ...leave]);
    await create(stay.slice(75));
    let isOver = false;
    const readers = (async () => {
      const seen: string[][] = [];
      while (!isOver || seen.length < 3) seen.push(await readAll(assistants.page, 7, 'after'));
      return seen;
    })();
    const writers = Promise.all([
      (async () => {
        for (let index = 0; index < 500; index += 5) {
          const fresh = Array.from({ length: 5 }, (_, at) => name('new', index + at));
          await create(fresh);
        }
      })(),
      (async () => {
        for (const id of leave) await base.within((scope) => assistants.softDelete(scope, id));
      })(),
    ]);
    await writers;
    isOver = true;
    for (const ids of await readers) {
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.filter((id) => id.includes('stay')).sort()).toEqual(stay);
    }
  }, 120_000);

  test('is the same forwards and backwards, from anywhere, hidden places included', async () => {
    const forwards = await readAll(assistants.page, 50, 'after');
    const oldest: Position = { createdAt: '2000-01-01T00:00:00.000Z', id: '' };
    expect(await readAll(assistants.page, 37, 'before', oldest)).toEqual(forwards);
    const [, , third = ''] = forwards;
    await base.within(async (scope) => {
      const after = await assistants.positionOf(scope, third);
      await assistants.softDelete(scope, third);
      expect(await assistants.positionOf(scope, third)).toEqual(after);
      const rest = await assistants.page(scope, { limit: 2, ...(after && { after }) });
      expect(rest.rows.map(({ id }) => id)).toEqual(forwards.slice(3, 5));
      const newer = await assistants.page(scope, { limit: 2, ...(after && { before: after }) });
      expect(newer).toMatchObject({
        hasMore: false,
        rows: [{ id: forwards[0] }, { id: forwards[1] }],
      });
    });
  });
});

const CALLS = 200_000;
const PER_PAGE = 20;

describe(`a table of ${CALLS} calls`, () => {
  beforeAll(async () => {
    const patient = base.open({ statementTimeoutMs: 100_000 });
    await sql`
      insert into calls (id, workspace_id, direction, account_sid, call_sid, from_number, to_number,
        status, end_reason, assistant_id, assistant_version, session_id, phone_number_id, created_at,
        ended_at)
      select 'call_' || lpad(n::text, 10, '0'),
        case when n % 10 = 0 then ${WS_B} else ${WS_A} end,
        case when n % 3 = 0 then 'outbound' else 'inbound' end,
        'AC1', 'CA' || n,
        '+1500' || lpad((n % 5000)::text, 7, '0'),
        '+1500' || lpad((n % 20)::text, 7, '0'),
        case when n % 1000 = 7 then 'answered' else 'ended' end,
        case when n % 1000 = 7 then null when n % 50 = 1 then 'silence' else 'caller-hung-up' end,
        'asst_' || (n % 40), 1, 'sess_' || (n % 40000), 'pn_' || (n % 20),
        timestamptz '2026-01-01' + n * interval '10 seconds',
        timestamptz '2026-01-01' + n * interval '10 seconds' + interval '1 minute'
      from generate_series(1, ${CALLS}::integer) n`.execute(patient);
    await sql`insert into sessions (id, workspace_id, assistant_id, customer_number, call_count,
        created_at, last_active_at, expires_at)
      select 'sess_' || n, ${WS_A}, 'asst_' || (n % 40), '+1500' || lpad((n % 5000)::text, 7, '0'), 5,
        now() - n * interval '10 minutes', now() - n * interval '10 minutes',
        now() - n * interval '10 minutes' + interval '24 hours'
      from generate_series(1, 40000) n`.execute(patient);
    await sql`analyze`.execute(patient);
  }, 120_000);

  const middle = { createdAt: '2026-01-12T00:00:00.000Z', id: 'call_0000095040' };
  const FILTERS: Record<string, CallFilter> = {
    none: {},
    'a common status': { status: 'ended' },
    'a rare status': { status: 'answered' },
    direction: { direction: 'outbound' },
    'end reason': { endReason: 'silence' },
    assistant: { assistantId: 'asst_3' },
    'a number of ours': { phoneNumberId: 'pn_3' },
    session: { sessionId: 'sess_77' },
    from: { from: '+15000000077' },
    to: { to: '+15000000003' },
    'call at Twilio': { callSid: 'CA77' },
    'what matches nothing': { assistantId: 'asst_none' },
    'a time': {
      createdFrom: '2026-01-10T00:00:00.000Z',
      createdBefore: '2026-01-14T00:00:00.000Z',
    },
    'a status in a time': {
      status: 'ended',
      createdFrom: '2026-01-10T00:00:00.000Z',
      createdBefore: '2026-01-14T00:00:00.000Z',
    },
  };
  const PLACES: Record<string, Partial<PageRequest>> = {
    'at the top': {},
    'in its middle': { after: middle },
    'at its end': { after: { createdAt: '2026-01-01T00:10:00.000Z', id: 'call_0000000060' } },
    backwards: { before: middle },
  };
  const cases = Object.keys(FILTERS).flatMap((filter) =>
    Object.keys(PLACES).map((place) => [filter, place] as const),
  );

  // Sorting what an index has narrowed down so far costs nothing.
  const FEW = 25 * PER_PAGE;

  test.each(cases)(
    'lists those with a filter by %s, %s, without reading others',
    async (filter, place) => {
      const request = { limit: PER_PAGE, ...PLACES[place] };
      expect(
        mostRead(
          await explained(base, 'calls', (scope) =>
            calls.page(scope, FILTERS[filter] ?? {}, request),
          ),
        ),
      ).toBeLessThanOrEqual(FEW);
    },
  );

  test.each(['open', 'closed'] as const)(
    'lists the sessions that are %s likewise',
    async (status) => {
      const deep = { createdAt: new Date(Date.now() - 100 * 86_400_000).toISOString(), id: 'x' };
      for (const after of status === 'open' ? [undefined] : [undefined, deep]) {
        const request = { limit: PER_PAGE, ...(after && { after }) };
        expect(
          mostRead(
            await explained(base, 'sessions', (scope) => sessions.page(scope, { status }, request)),
          ),
        ).toBeLessThanOrEqual(FEW);
      }
      const filter = { assistantId: 'asst_3', customerNumber: '+15000000043' };
      expect(
        mostRead(
          await explained(base, 'sessions', (scope) =>
            sessions.page(scope, filter, { limit: PER_PAGE }),
          ),
        ),
      ).toBeLessThanOrEqual(FEW);
    },
  );

  test('lists them with every filter in their order, and none of another workspace', async () => {
    const filter: CallFilter = { direction: 'outbound', assistantId: 'asst_3' };
    const read: Read = (scope, request) => calls.page(scope, filter, request);
    const ids = await readAll(read, 500, 'after');
    expect(ids).toEqual([...ids].sort().reverse());
    const expected = Array.from({ length: CALLS }, (_, index) => index + 1).filter(
      (n) => n % 10 !== 0 && n % 3 === 0 && n % 40 === 3,
    );
    expect(ids).toHaveLength(expected.length);
  });
});
