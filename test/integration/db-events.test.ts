/** What the record of calls tells: every event once, in the form of the catalogue, without gaps. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createCallRecords } from '../../src/db/call-records.ts';
import type { EventViews } from '../../src/db/call-outbox.ts';
import { DatabaseError } from '../../src/db/errors.ts';
import { eraseCallRows } from '../../src/db/erase-call-rows.ts';
import * as sessions from '../../src/db/sessions.ts';
import { callEventId } from '../../src/ids.ts';
import { EVENT_VIEWS } from '../../src/http/api/events/event-data.ts';
import { EVENT_SCHEMAS } from '../../src/http/api/events/event-schema.ts';
import type { EventType } from '../../src/http/api/events/catalogue.ts';
import { eventBody } from '../../src/webhooks/event-body.ts';
import type { CallEvent, CallEventBody, RecordBatch } from '../../workflows/events.ts';
import { nextCallId, testDatabase, turn, WS_A } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';

let base: TestDatabase;
let startMs = 0;
beforeAll(async () => {
  base = await testDatabase();
  await sql`insert into webhook_endpoints
      (id, workspace_id, url, events, api_version, max_per_second, secret)
    values ('we_all', ${WS_A}, 'https://example.com', '{*}', '2026-12-01', 10, 's')`.execute(
    base.system,
  );
});
afterAll(() => base.drop());
beforeEach(() => {
  startMs = Date.now() - 60_000;
});

const records = (views?: EventViews) => createCallRecords(base.app, base.system, views);
const record = (batch: RecordBatch) => records(EVENT_VIEWS).record(batch);
/** With connections of its own. */
const otherRecords = () =>
  createCallRecords(base.open({ role: 'app' }), base.open({ role: 'system' }), EVENT_VIEWS);
const at = (second: number) => new Date(startMs + second * 1_000).toISOString();
const numbered = (...bodies: CallEventBody[]): CallEvent[] =>
  bodies.map((body, index) => ({ sequence: index + 1, at: at(index), ...body }));

const assistant = { id: 'asst_1', version: 3 };
const placed: CallEventBody = {
  type: 'call.created',
  assistant,
  call: {
    ...({ direction: 'outbound', accountSid: 'AC1', metadata: { order: 'A-17' } } as const),
    ...{ from: '+15005550006', to: '+15005550001' },
  },
};
const queued: CallEventBody = { type: 'call.queued', callSid: 'CA1' };
const ringing: CallEventBody = { type: 'call.ringing', callSid: 'CA1' };
const answered: CallEventBody = {
  type: 'call.answered',
  callSid: 'CA1',
  greeting: 'Hi',
  assistant,
};
const ended: CallEventBody = { type: 'call.ended', reason: 'silence', durationSeconds: 42 };
const summarized: CallEventBody = { type: 'call.summarized', text: 'They talked.', model: 'm' };
const degraded: CallEventBody = {
  ...{ type: 'call.degraded', turnKey: '1', position: 1, cause: 'apology', tries: [] },
};
const WHOLE = [placed, queued, ringing, answered, turn(1), degraded, ended, summarized];

interface Told {
  id: string;
  type: EventType;
  sequence: number | null;
  data: { call?: Record<string, unknown>; [more: string]: unknown };
  /** Of the only endpoint. */
  deliveries: number;
}

/** In the order in which they are read. @throws when one is not as the catalogue says. */
async function told(callId?: string): Promise<Told[]> {
  const { rows } = await sql<Told & { occurred_at: Date; call_id: string | null }>`
    select e.*, (select count(*)::integer from deliveries d where d.event_id = e.id) as deliveries
    from events e where ${callId ?? null}::text is null or call_id = ${callId ?? null}
    order by position`.execute(base.owner);
  for (const { occurred_at, call_id, ...row } of rows) {
    const body = eventBody({
      ...{ id: row.id, type: row.type, occurredAt: occurred_at.toISOString(), data: row.data },
      ...(row.sequence !== null && { sequence: row.sequence }),
      ...(call_id !== null && { callId: call_id }),
    });
    expect(EVENT_SCHEMAS[row.type].parse(body)).toEqual(body);
  }
  return rows;
}

const countOf = async (table: 'events' | 'deliveries' | 'call_events' | 'calls') => {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from ${sql.table(table)}`.execute(base.owner);
  return rows[0]?.count;
};

async function expectWhole(callId: string): Promise<Told[]> {
  const events = await told(callId);
  const inOrder = events.toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
  expect(inOrder.map(({ type }) => type)).toEqual(WHOLE.map(({ type }) => type));
  expect(inOrder.map(({ id }) => id)).toEqual(WHOLE.map((_, nth) => callEventId(callId, nth + 1)));
  expect(events.map(({ deliveries }) => deliveries)).toEqual(WHOLE.map(() => 1));
  return inOrder;
}

const THEN = [
  { status: 'created', dial: null, provider: { call_sid: null }, queued_at: null },
  { status: 'queued', dial: 'accepted', provider: { call_sid: 'CA1' }, ringing_at: null },
  { status: 'ringing', answered_at: null, end_reason: null },
  { status: 'answered', ended_at: null, end_reason: null, duration_seconds: null, summary: null },
  { status: 'ended', end_reason: 'silence', duration_seconds: 42, summary: null },
];

function expectAsTheyWere(events: readonly Told[]): void {
  const calls = events.flatMap(({ data: { call } }) => (call ? [call] : []));
  expect(calls).toEqual(THEN.map((then) => expect.objectContaining(then)));
  for (const call of calls) {
    expect(call).toMatchObject({ metadata: { order: 'A-17' }, assistant });
    expect(call['session_id']).toMatch(/^sess_/);
  }
}

describe('a batch of what happened in a call', () => {
  test('is told as it was at each moment, the new session first', async () => {
    const callId = nextCallId();
    await record({ callId, events: numbered(...WHOLE) });
    expectAsTheyWere(await expectWhole(callId));
    const [session] = (await told()).filter(({ type }) => type === 'session.created');
    expect((await told()).map(({ type }) => type).slice(0, 2)).toEqual([
      'session.created',
      'call.created',
    ]);
    expect(session?.data).toMatchObject({ session: { status: 'open', call_count: 1 } });
    expect(JSON.stringify(session)).not.toContain('+1500');
  });

  test('is told once, whoever sends it how often, in parts that overlap and in any order', async () => {
    const callId = nextCallId();
    const events = numbered(...WHOLE);
    const others = [otherRecords(), otherRecords(), otherRecords()];
    const before = (await told()).length;
    await record({ callId, events: events.slice(0, 1) });
    const parts = Array.from({ length: 24 }, (_, index) => (index * 5) % 7);
    await Promise.all(
      others.flatMap((other) =>
        parts.map((from) => other.record({ callId, events: events.slice(from, from + 3) })),
      ),
    );
    await record({ callId, events });
    expectAsTheyWere(await expectWhole(callId));
    // The customer's session goes on.
    expect((await told()).length).toBe(before + WHOLE.length);
  });

  test('that comes late is told as it was, not as the call is now', async () => {
    const callId = nextCallId();
    const events = numbered(...WHOLE);
    const late = events.filter(({ sequence }) => sequence === 2 || sequence === 4);
    await record({ callId, events: events.filter((event) => !late.includes(event)) });
    expect(await told(callId)).toHaveLength(WHOLE.length - 2);
    await record({ callId, events: late });
    expectAsTheyWere(await expectWhole(callId));
  });

  test('that fails leaves nothing behind, and is told whole when it comes again', async () => {
    const callId = nextCallId();
    const tables = ['events', 'deliveries', 'call_events', 'calls'] as const;
    const before = await Promise.all(tables.map(countOf));
    const failing: EventViews = {
      ...EVENT_VIEWS,
      call: (event, call) => {
        if (event.type === 'call.ended') throw new Error('In the middle');
        return EVENT_VIEWS.call(event, call);
      },
    };
    const events = numbered(...WHOLE);
    await expect(records(failing).record({ callId, events })).rejects.toThrow(
      'Recording a call failed',
    );
    // The last statement is refused: what came before it goes, too.
    const refused: EventViews = { ...EVENT_VIEWS, call: () => undefined };
    await expect(records(refused).record({ callId, events })).rejects.toThrow(
      'Recording a call failed',
    );
    expect(await Promise.all(tables.map(countOf))).toEqual(before);
    await record({ callId, events });
    await expectWhole(callId);
    const { rows } = await sql<{ gaps: boolean }>`
      select max(position) <> count(*) as gaps from events`.execute(base.owner);
    expect(rows).toEqual([{ gaps: false }]);
  });

  test.each([1, 3, 5, 7])(
    'is told with the %s events before it that an earlier version of ours told nobody',
    async (count) => {
      const callId = nextCallId();
      const events = numbered(...WHOLE);
      await records().record({ callId, events: events.slice(0, count) });
      expect(await told(callId)).toEqual([]);
      await record({ callId, events: events.slice(count) });
      expectAsTheyWere(await expectWhole(callId));
    },
  );

  test('is told without a gap when versions take turns', async () => {
    const callId = nextCallId();
    const events = numbered(...WHOLE);
    for (const [index, event] of events.entries()) {
      const views = index % 2 === 1 ? EVENT_VIEWS : undefined;
      await records(views).record({ callId, events: [event] });
    }
    const whole = await expectWhole(callId);
    expect(whole).toHaveLength(WHOLE.length);
    expectAsTheyWere(whole);
  });

  test('is told without a gap at the end, whatever came out of order and by which version', async () => {
    const callId = nextCallId();
    const events = numbered(...WHOLE);
    const part = (...sequences: number[]) =>
      events.filter(({ sequence }) => sequences.includes(sequence));
    await record({ callId, events: part(1, 5) });
    await records().record({ callId, events: part(2, 3) });
    await record({ callId, events: part(6) });
    await records().record({ callId, events: part(4) });
    await record({ callId, events: part(7, 8) });
    const whole = await expectWhole(callId);
    expect(whole).toHaveLength(WHOLE.length);
    expectAsTheyWere(whole);
  });

  test('is told alone where what was told before it is kept no longer', async () => {
    startMs -= 40 * 86_400_000;
    const callId = nextCallId();
    const events = numbered(...WHOLE);
    await record({ callId, events: events.slice(0, 7) });
    await base.system.deleteFrom('events').where('call_id', '=', callId).execute();
    await record({ callId, events: events.slice(7) });
    expect((await told(callId)).map(({ type }) => type)).toEqual(['call.summarized']);
  });

  test('of text that PostgreSQL does not take is told as it is kept', async () => {
    const callId = nextCallId();
    const heard = { kind: 'speech', text: 'a\u0000b\ud800' } as const;
    await record({ callId, events: numbered(placed, turn(1, { heard })) });
    const [, event] = await told(callId);
    expect(event?.data).toMatchObject({ turn: { heard: { text: 'ab\ufffd' } } });
  });
});

/** Two that wait for each other: PostgreSQL sends one of them back, and it is tried again. */
async function inTheEnd(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DatabaseError && error.code === '40P01')) throw error;
    return inTheEnd(work);
  }
}

describe('a call that is erased', () => {
  test('is told of no more: not by what was told, nor by what comes late', async () => {
    const callId = nextCallId();
    const events = numbered(...WHOLE);
    await record({ callId, events: events.slice(0, 7) });
    expect((await told(callId)).length).toBe(7);
    const before = await countOf('deliveries');
    await base.within((scope) => eraseCallRows(scope, callId));
    expect(await told(callId)).toEqual([]);
    expect(await countOf('deliveries')).toBe((before ?? 0) - 7);
    await record({ callId, events });
    expect(await told(callId)).toEqual([]);
  });

  test('while it is recorded is told of whole or not at all', async () => {
    for (let round = 0; round < 4; round += 1) {
      const callId = nextCallId();
      const events = numbered(...WHOLE);
      await record({ callId, events: events.slice(0, 2) });
      await Promise.all([
        inTheEnd(() => record({ callId, events: events.slice(2) })),
        inTheEnd(() => base.within((scope) => eraseCallRows(scope, callId))),
      ]);
      expect(await told(callId)).toEqual([]);
    }
  });

  test('takes what was said in it out of the summaries of later calls', async () => {
    const [first, second] = [nextCallId(), nextCallId()];
    const customer = {
      ...placed,
      call: { ...placed.call, to: '+15005550099' },
    } as CallEventBody;
    const events = numbered(customer, ...WHOLE.slice(1));
    await record({ callId: first, events });
    await record({ callId: second, events });
    const summaryOf = async () => (await told(second)).at(-1)?.data['summary'];
    expect(await summaryOf()).toBe('They talked.');
    const attempts = JSON.stringify([
      { at: at(9), ms: 7, status: 500, answer: 'No: They talked.' },
      { at: at(10), ms: 8, status: 200, answer: 'Yes: They talked.' },
    ]);
    await sql`update deliveries set attempts = ${attempts}::jsonb`.execute(base.system);
    await base.within((scope) => eraseCallRows(scope, first));
    expect(await told(first)).toEqual([]);
    expect(await told(second)).toHaveLength(WHOLE.length);
    expect(await summaryOf()).toBeNull();
    // Also where a receiver has answered with it, and only there.
    const { rows } = await sql<{ sequence: number; attempts: object[] }>`
      select sequence, attempts from deliveries join events on events.id = event_id
      where call_id = ${second} order by sequence desc limit 2`.execute(base.system);
    expect(rows.map(({ attempts }) => attempts)).toEqual([
      [
        { at: at(9), ms: 7, status: 500 },
        { at: at(10), ms: 8, status: 200 },
      ],
      JSON.parse(attempts),
    ]);
  });

  test('nor does a session that is forgotten leave its summary behind', async () => {
    const callId = nextCallId();
    await record({ callId, events: numbered(...WHOLE) });
    const [created] = await told(callId);
    const sessionId = String(created?.data.call?.['session_id']);
    await base.within((scope) => sessions.forget(scope, sessionId));
    expect((await told(callId)).at(-1)?.data['summary']).toBeNull();
  });
});
