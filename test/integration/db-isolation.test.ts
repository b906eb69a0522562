/** No workspace sees or changes what another one has, whatever the SQL. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import * as apiKeys from '../../src/db/api-keys.ts';
import * as assistants from '../../src/db/assistants.ts';
import { createCallRecords } from '../../src/db/call-records.ts';
import * as calls from '../../src/db/calls.ts';
import { eraseCallRows } from '../../src/db/erase-call-rows.ts';
import * as events from '../../src/db/events.ts';
import * as idempotency from '../../src/db/idempotency.ts';
import * as numbers from '../../src/db/phone-numbers.ts';
import type { Scope } from '../../src/db/scope.ts';
import { enter } from '../../src/db/scope.ts';
import { takeEnd } from '../../src/db/session-ends.ts';
import * as sessions from '../../src/db/sessions.ts';
import * as workspaces from '../../src/db/workspaces.ts';
import { EVENT_VIEWS } from '../../src/http/api/events/event-data.ts';
import { callEventId } from '../../src/ids.ts';
import { draft, numbered, testDatabase, turn, WS_A, WS_B } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';

let base: TestDatabase;
let tables: string[] = [];
const hash = (text: string): Buffer => Buffer.from(text.padEnd(32, '.'));

/** One of everything, with the letter in its ids. */
async function fill(workspaceId: string, letter: string): Promise<void> {
  await base.within(async (scope) => {
    await assistants.create(scope, `asst_${letter}`, draft);
    const number = `+1500555030${letter === 'a' ? 1 : 2}`;
    await numbers.create(scope, { id: `pn_${letter}`, number, assistantId: `asst_${letter}` });
    const request = { url: `https://${letter}.example.com`, secret: letter };
    await numbers.setAssistantRequest(scope, `pn_${letter}`, request);
    await apiKeys.insert(scope, {
      ...{ id: `key_${letter}`, name: 'k', mode: 'live', scopes: ['admin'], lastFour: '1234' },
      hash: hash(letter),
    });
    await idempotency.begin(scope, {
      ...{ keyHash: hash(letter), requestHash: hash(letter), lockMs: 1000 },
    });
  }, workspaceId);
  const assistant = { id: `asst_${letter}`, version: 1, workspaceId };
  const call = {
    ...({ direction: 'inbound', accountSid: 'AC1' } as const),
    ...{ from: '+15005550009', to: '+15005550300' },
  };
  const happened = numbered({ type: 'call.created', call, assistant }, turn(1));
  await fillEndpoint(workspaceId, letter);
  const records = createCallRecords(base.app, base.system, EVENT_VIEWS);
  await records.record({ callId: `call_${letter}`, events: happened });
}

/** It wants all events. */
async function fillEndpoint(workspaceId: string, letter: string): Promise<void> {
  await base.within(async ({ trx }) => {
    await sql`insert into webhook_endpoints
        (id, workspace_id, url, events, api_version, max_per_second, secret)
      values (${`we_${letter}`}, ${workspaceId}, 'https://example.com', '{*}', '2026-12-01', 10, 's')`.execute(
      trx,
    );
    await sql`insert into webhook_dispatch (endpoint_id, workspace_id)
      values (${`we_${letter}`}, ${workspaceId})`.execute(trx);
  }, workspaceId);
}

beforeAll(async () => {
  base = await testDatabase();
  await fill(WS_A, 'a');
  await fill(WS_B, 'b');
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public'
      and tablename not like 'kysely%'`.execute(base.owner);
  tables = rows.map(({ name }) => name);
});
afterAll(() => base.drop());

const owned = () => tables.filter((table) => table !== 'rate_buckets');
const columnOf = (table: string): string => (table === 'workspaces' ? 'id' : 'workspace_id');

async function ownersIn(table: string, workspaceId?: string): Promise<string[]> {
  return base.app.transaction().execute(async (trx) => {
    if (workspaceId !== undefined) await enter(trx, workspaceId);
    const { rows } = await sql<{ owner: string }>`
      select distinct ${sql.ref(columnOf(table))} as owner from ${sql.table(table)}`.execute(trx);
    return rows.map(({ owner }) => owner);
  });
}

describe('raw SQL in the role of the product', () => {
  test('sees no row of any table without a workspace', async () => {
    expect(owned().length).toBeGreaterThanOrEqual(10);
    for (const table of owned()) {
      expect([table, await ownersIn(table)]).toEqual([table, []]);
      // One that was entered leaves nothing behind on its connection.
      expect([table, await ownersIn(table, WS_A)]).toEqual([table, [WS_A]]);
      expect([table, await ownersIn(table)]).toEqual([table, []]);
      expect([table, await ownersIn(table, '')]).toEqual([table, []]);
      expect([table, await ownersIn(table, 'ws_none')]).toEqual([table, []]);
    }
  });

  test('sees the rows of its workspace alone', async () => {
    for (const table of owned()) {
      expect([table, await ownersIn(table, WS_B)]).toEqual([table, [WS_B]]);
    }
  });

  test('changes, moves, inserts and deletes nothing of another workspace', async () => {
    for (const table of owned()) {
      const column = sql.ref(columnOf(table));
      const before = await sql`select * from ${sql.table(table)} order by 1, 2`.execute(base.owner);
      await base.within(async ({ trx }) => {
        const name = sql.table(table);
        const changed =
          await sql`update ${name} set ${column} = ${column} where ${column} = ${WS_B}`.execute(
            trx,
          );
        expect(changed.numAffectedRows).toBe(0n);
        const gone = await sql`delete from ${name} where ${column} = ${WS_B}`.execute(trx);
        expect(gone.numAffectedRows).toBe(0n);
      });
      const moving = base.within(({ trx }) =>
        sql`update ${sql.table(table)} set ${column} = ${WS_B}`.execute(trx),
      );
      await expect(moving).rejects.toMatchObject({
        code: expect.stringMatching(/^(42501|23505)$/),
      });
      const inserting = base.within(({ trx }) =>
        sql`insert into ${sql.table(table)} select (jsonb_populate_record(t, ${JSON.stringify({ [columnOf(table)]: WS_B })}::jsonb)).* from ${sql.table(table)} t limit 1`.execute(
          trx,
        ),
      );
      await expect(inserting).rejects.toMatchObject({ code: '42501' });
      const after = await sql`select * from ${sql.table(table)} order by 1, 2`.execute(base.owner);
      expect(after.rows).toEqual(before.rows);
    }
  });

  test('has no way to the buckets of the limits, nor to the list of migrations', async () => {
    for (const table of ['rate_buckets', 'kysely_migration']) {
      const reading = base.within(({ trx }) => sql`select * from ${sql.table(table)}`.execute(trx));
      await expect(reading).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('every table that there is has its rows guarded', async () => {
    const { rows } = await sql<{ name: string }>`
      select relname as name from pg_class where relrowsecurity
        and relnamespace = 'public'::regnamespace`.execute(base.owner);
    expect(rows.map(({ name }) => name).sort()).toEqual(owned().sort());
  });
});

/** Every function that takes an id, asked by one workspace for what the other has. */
const ASKED: Record<string, (scope: Scope) => Promise<unknown>> = {
  'assistants.find': (scope) => assistants.find(scope, 'asst_b'),
  'assistants.findVersion': (scope) => assistants.findVersion(scope, 'asst_b', 1),
  'assistants.positionOf': (scope) => assistants.positionOf(scope, 'asst_b'),
  'phoneNumbers.find': (scope) => numbers.find(scope, 'pn_b'),
  'phoneNumbers.findByNumber': (scope) => numbers.findByNumber(scope, '+15005550302'),
  'phoneNumbers.update': (scope) => numbers.update(scope, 'pn_b', { label: 'x' }),
  'phoneNumbers.findAssistantRequest': (scope) => numbers.findAssistantRequest(scope, 'pn_b'),
  'phoneNumbers.setAssistantRequest': (scope) => numbers.setAssistantRequest(scope, 'pn_b', null),
  'phoneNumbers.positionOf': (scope) => numbers.positionOf(scope, 'pn_b'),
  'calls.findCall': (scope) => calls.findCall(scope, 'call_b'),
  'calls.positionOf': (scope) => calls.positionOf(scope, 'call_b'),
  'sessions.find': (scope) => sessions.find(scope, 'sess_b'),
  'sessions.close': (scope) => sessions.close(scope, 'sess_b'),
  'sessions.positionOf': (scope) => sessions.positionOf(scope, 'sess_b'),
  'apiKeys.find': (scope) => apiKeys.find(scope, 'key_b'),
  'apiKeys.update': (scope) => apiKeys.update(scope, 'key_b', { name: 'x' }),
  'apiKeys.revoke': (scope) => apiKeys.revoke(scope, 'key_b'),
  'apiKeys.roll': (scope) =>
    apiKeys.roll(scope, 'key_b', 0, { id: 'key_c', mode: 'live', hash: hash('c'), lastFour: 'c' }),
  'events.find': (scope) => events.find(scope, callEventId('call_b', 1)),
  'events.positionOf': (scope) => events.positionOf(scope, callEventId('call_b', 1)),
  'sessions.takeEnd': (scope) => takeEnd(scope, 'sess_b'),
  'apiKeys.positionOf': (scope) => apiKeys.positionOf(scope, 'key_b'),
};
const REFUSED: Record<string, (scope: Scope) => Promise<boolean>> = {
  'phoneNumbers.softDelete': (scope) => numbers.softDelete(scope, 'pn_b'),
  'calls.softDelete': (scope) => calls.softDelete(scope, 'call_b'),
  'sessions.softDelete': (scope) => sessions.softDelete(scope, 'sess_b'),
  'sessions.forget': (scope) => sessions.forget(scope, 'sess_b'),
  eraseCallRows: (scope) => eraseCallRows(scope, 'call_b'),
};

describe('the repositories', () => {
  // In the role that sees everything, so that only the query itself keeps the workspaces apart.
  const inSystem = <T>(work: (scope: Scope) => Promise<T>, workspaceId: string): Promise<T> =>
    base.system.transaction().execute((trx) => work({ workspaceId, trx }));

  test.each(Object.keys(ASKED))('%s finds nothing of another workspace', async (name) => {
    const ask = ASKED[name];
    expect(
      await base.within((scope) => ask?.(scope) ?? Promise.reject(new Error())),
    ).toBeUndefined();
    expect(
      await inSystem((scope) => ask?.(scope) ?? Promise.reject(new Error()), WS_A),
    ).toBeUndefined();
  });

  test.each(Object.keys(REFUSED))('%s does nothing to another workspace', async (name) => {
    const ask = REFUSED[name];
    expect(await base.within((scope) => ask?.(scope) ?? Promise.reject(new Error()))).toBe(false);
    expect(await inSystem((scope) => ask?.(scope) ?? Promise.reject(new Error()), WS_A)).toBe(
      false,
    );
  });

  test('list what the workspace has, also where everything is seen', async () => {
    const request = { limit: 10 };
    const lists = (scope: Scope) =>
      Promise.all([
        assistants.page(scope, request),
        numbers.page(scope, {}, request),
        calls.page(scope, {}, request),
        sessions.page(scope, {}, request),
        apiKeys.page(scope, request),
        events.page(scope, { callId: 'call_b' }, request),
      ]);
    for (const pages of [await base.within(lists), await inSystem(lists, WS_A)]) {
      const ids = pages.map(({ rows }) => rows.map(({ id }) => id));
      expect(ids).toEqual([['asst_a'], ['pn_a'], ['call_a'], ['sess_a'], ['key_a'], []]);
      const { rows } = await base.within((scope) => events.page(scope, {}, request));
      expect(
        rows.map(({ callId }) => callId).toSorted((a, b) => String(a).localeCompare(String(b))),
      ).toEqual(['call_a', 'call_a', undefined]);
    }
    await inSystem((scope) => assistants.softDelete(scope, 'asst_b'), WS_A);
    await inSystem((scope) => workspaces.update(scope, { name: 'Mine' }), WS_A);
    await base.within(async (scope) => {
      expect(await assistants.find(scope, 'asst_b')).toBeDefined();
      expect(await workspaces.find(scope)).toMatchObject({ id: WS_B, name: 'Other' });
    }, WS_B);
    expect((await workspaces.list(base.system)).map(({ id }) => id)).toEqual([WS_A, WS_B]);
  });
});
