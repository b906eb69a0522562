/** The end of a session is told once, whoever looks, and again only when it had gone on. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createCallRecords } from '../../src/db/call-records.ts';
import * as sessions from '../../src/db/sessions.ts';
import { EVENT_VIEWS } from '../../src/http/api/events/event-data.ts';
import { EVENT_SCHEMAS } from '../../src/http/api/events/event-schema.ts';
import { tellExpired, tellSessionEnd } from '../../src/http/api/events/session-ends.ts';
import { createLogger } from '../../src/log.ts';
import { watchSessionEnds } from '../../src/session-ends.ts';
import { eventBody } from '../../src/webhooks/event-body.ts';
import type { CallEvent } from '../../workflows/events.ts';
import { nextCallId, testDatabase, WS_A, WS_B } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';

let base: TestDatabase;
beforeAll(async () => {
  base = await testDatabase();
});
afterAll(() => base.drop());
afterEach(async () => {
  await sql`truncate events, sessions cascade`.execute(base.owner);
});

const log = createLogger({ level: 'error', role: 'test', destination: { write: () => undefined } });
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

async function addSessions(count: number, workspaceId: string, expiredHoursAgo: number) {
  await sql`insert into sessions (id, workspace_id, assistant_id, customer_number, call_count,
      created_at, last_active_at, expires_at)
    select 'sess_' || ${expiredHoursAgo < 0 ? 'open' : 'over'} || ${workspaceId === WS_A ? 'a' : 'b'} || n,
      ${workspaceId}, 'asst_1', '+15005550001', 1, now() - interval '9 days', now() - interval '9 days',
      now() - make_interval(hours => ${expiredHoursAgo}::integer, secs => n)
    from generate_series(1, ${count}::integer) n`.execute(base.owner);
}

interface End {
  session: { id: string; status: string; call_count: number; expires_at: string };
  at: string;
}

async function ends(): Promise<End[]> {
  const rows = await base.owner
    .selectFrom('events')
    .selectAll()
    .where('type', '=', 'session.ended')
    .orderBy('position')
    .execute();
  return rows.map(({ id, data, occurred_at }) => {
    const at = occurred_at.toISOString();
    const body = eventBody({ id, type: 'session.ended', occurredAt: at, data });
    expect(EVENT_SCHEMAS['session.ended'].parse(body)).toEqual(body);
    return { session: (data as End).session, at };
  });
}

describe('sessions that nobody goes on with', () => {
  test('end once, in all workspaces, however many processes look', async () => {
    await addSessions(250, WS_A, 5);
    await addSessions(30, WS_B, 5);
    await addSessions(20, WS_A, -5); // still open
    const watching = Array.from({ length: 4 }, () => watchSessionEnds(base.system, log, 5));
    await eventually(async () => expect((await ends()).length).toBeGreaterThanOrEqual(280));
    await new Promise((resolve) => setTimeout(resolve, 50)); // some rounds more
    await Promise.all(watching.map((each) => each.stop()));
    const told = await ends();
    expect(new Set(told.map(({ session }) => session.id)).size).toBe(280);
    expect(told).toHaveLength(280);
    for (const { session, at } of told) {
      expect(session).toMatchObject({ status: 'closed', expires_at: at });
    }
  });

  test('are told of later when it fails, and not half', async () => {
    await addSessions(3, WS_A, 5);
    const failing = base.within(async (scope) => {
      expect(await tellExpired(scope, 10)).toBe(3);
      throw new Error('In the middle');
    });
    await expect(failing).rejects.toThrow('Testing failed');
    expect(await ends()).toEqual([]);
    expect(await base.within((scope) => tellExpired(scope, 2))).toBe(2);
    expect(await base.within((scope) => tellExpired(scope, 2))).toBe(1);
    expect(await ends()).toHaveLength(3);
  });

  test('do not hold those up who are busy with one of them', async () => {
    await addSessions(2, WS_A, 5);
    await base.within(async ({ trx }) => {
      await sql`select from sessions where id = 'sess_overa1' for update`.execute(trx);
      expect(await base.within((scope) => tellExpired(scope, 10))).toBe(1);
    });
    expect(await base.within((scope) => tellExpired(scope, 10))).toBe(1);
  });
});

describe('a session that somebody ends', () => {
  test.each([
    ['closes', sessions.close],
    ['deletes', sessions.softDelete],
  ] as const)('who %s it is told of at once, and once', async (_name, end) => {
    await addSessions(1, WS_A, -5);
    const twice = async () => {
      await base.within(async (scope) => {
        await end(scope, 'sess_opena1');
        await tellSessionEnd(scope, 'sess_opena1');
      });
      await base.within((scope) => tellExpired(scope, 10));
    };
    await twice();
    await twice();
    const [only, ...more] = await ends();
    expect(more).toEqual([]);
    expect(only?.session.status).toBe('closed');
    expect(Math.abs(Date.parse(only?.at ?? '') - Date.now())).toBeLessThan(60_000);
  });

  test('is not told of while it is open', async () => {
    await addSessions(1, WS_A, -5);
    await base.within((scope) => tellSessionEnd(scope, 'sess_opena1'));
    expect(await ends()).toEqual([]);
  });
});

describe('a session whose end was told', () => {
  const record = (callId: string, events: CallEvent[]) =>
    createCallRecords(base.app, base.system, EVENT_VIEWS).record({ callId, events });
  const created = (at: string, from = '+15005550001'): CallEvent => ({
    ...{ type: 'call.created', sequence: 1, at, assistant: { id: 'asst_1', version: 1 } },
    call: {
      ...({ direction: 'inbound', accountSid: 'AC1', callSid: 'CA1' } as const),
      ...{ from, to: '+15005550006' },
    },
  });
  const expire = () =>
    sql`update sessions set expires_at = now() - interval '1 minute'`.execute(base.owner);

  test('ends again when the record of a call in it comes late', async () => {
    const [callId, other] = [nextCallId(), nextCallId()];
    await record(callId, [created(hoursAgo(1))]);
    await expire();
    await base.within((scope) => tellExpired(scope, 10));
    await record(callId, [{ type: 'call.ended', sequence: 2, at: hoursAgo(0), reason: 'silence' }]);
    await base.within((scope) => tellExpired(scope, 10));
    expect(await ends()).toHaveLength(1); // it is open
    await expire();
    await base.within((scope) => tellExpired(scope, 10));
    expect(await ends()).toHaveLength(2);
    await record(other, [created(hoursAgo(0.5))]);
    await expire();
    await base.within((scope) => tellExpired(scope, 10));
    expect((await ends()).map(({ session }) => session.call_count)).toEqual([1, 1, 2]);
  });

  test('does not end again when somebody has closed or deleted it', async () => {
    for (const [nth, end] of [sessions.close, sessions.softDelete].entries()) {
      const callId = nextCallId();
      await record(callId, [created(hoursAgo(1), `+1500555000${nth}`)]);
      const before = (await ends()).length;
      const { session_id: id } = await base.owner
        .selectFrom('calls')
        .select('session_id')
        .where('id', '=', callId)
        .executeTakeFirstOrThrow();
      await base.within(async (scope) => {
        await end(scope, id ?? '');
        await tellSessionEnd(scope, id ?? '');
      });
      const at = hoursAgo(0);
      await record(callId, [{ type: 'call.ended', sequence: 2, at, reason: 'silence' }]);
      await expire();
      await base.within((scope) => tellExpired(scope, 10));
      expect(await ends()).toHaveLength(before + 1);
    }
  });
});
