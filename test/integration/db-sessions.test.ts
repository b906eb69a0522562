/** Sessions: what a customer and an assistant say to each other, over several calls. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CallRecords } from '../../activities/ports.ts';
import * as assistants from '../../src/db/assistants.ts';
import { createAssistantsForCalls } from '../../src/db/assistants-for-calls.ts';
import { createCallRecords } from '../../src/db/call-records.ts';
import { findCall } from '../../src/db/calls.ts';
import { eraseCallRows } from '../../src/db/erase-call-rows.ts';
import * as idempotency from '../../src/db/idempotency.ts';
import { dueForErasure } from '../../src/db/retention.ts';
import * as numbers from '../../src/db/phone-numbers.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import type { Scope } from '../../src/db/scope.ts';
import * as sessions from '../../src/db/sessions.ts';
import * as workspaces from '../../src/db/workspaces.ts';
import type { CallEvent, CreatedCall } from '../../workflows/events.ts';
import { draft, nextCallId, testDatabase, turn, WS_A, WS_B } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';

const HOUR_MS = 3_600_000;
const OUR_NUMBER = '+15005550006';

let base: TestDatabase;
let records: CallRecords;
beforeAll(async () => {
  base = await testDatabase();
  records = createCallRecords(base.app, base.system);
});
afterAll(() => base.drop());

let customers = 0;
const newCustomer = (): string => `+1500556${String(++customers).padStart(4, '0')}`;

interface Scenario {
  customer: string;
  /** When the call began, in milliseconds since 1970. */
  atMs: number;
  /** How long it takes. */
  ms?: number;
  summary?: string;
  call?: Partial<CreatedCall>;
  assistantId?: string;
  workspaceId?: string;
}

function eventsOf(scenario: Scenario): CallEvent[] {
  const { customer, atMs, ms = 60_000, summary, call, workspaceId } = scenario;
  const { assistantId: id = 'asst_session' } = scenario;
  const assistant = { id, version: 1, ...(workspaceId !== undefined && { workspaceId }) };
  const at = new Date(atMs).toISOString();
  const end = new Date(atMs + ms).toISOString();
  const told = { direction: 'inbound', accountSid: 'AC1', from: customer, to: OUR_NUMBER } as const;
  return [
    { sequence: 1, at, type: 'call.created', call: { ...told, ...call }, assistant },
    { sequence: 2, at, type: 'call.answered', callSid: 'CA1', greeting: 'Hello?', assistant },
    { sequence: 3, at, ...turn(1) },
    { sequence: 4, at: end, type: 'call.ended', reason: 'caller-hung-up' },
    ...(summary === undefined
      ? []
      : [{ sequence: 5, at: end, type: 'call.summarized', text: summary, model: 'm' } as const]),
  ];
}

async function play(scenario: Scenario): Promise<string> {
  const callId = nextCallId();
  await records.record({ callId, events: eventsOf(scenario) });
  return callId;
}

const callOf = (callId: string, workspaceId = WS_A) =>
  base.within((scope) => findCall(scope, callId), workspaceId);
const sessionIdOf = async (callId: string, workspaceId = WS_A): Promise<string> =>
  (await callOf(callId, workspaceId))?.sessionId ?? 'none';
const sessionOf = async (callId: string) => {
  const id = await sessionIdOf(callId);
  return base.within((scope) => sessions.find(scope, id));
};
const iso = (ms: number): string => new Date(ms).toISOString();

describe('a session', () => {
  test('spans the calls of a customer, and is over after a day of silence', async () => {
    const customer = newCustomer();
    const atMs = Date.now() - 100 * HOUR_MS;
    const first = await play({ customer, atMs });
    const second = await play({ customer, atMs: atMs + 23 * HOUR_MS, ms: 2 * HOUR_MS });
    const third = await play({ customer, atMs: atMs + 48 * HOUR_MS });
    const fourth = await play({ customer, atMs: atMs + 80 * HOUR_MS });
    const session = await sessionOf(first);
    expect(session).toMatchObject({
      assistantId: 'asst_session',
      customerNumber: customer,
      status: 'closed',
      callCount: 3,
      createdAt: iso(atMs),
      lastActiveAt: iso(atMs + 48 * HOUR_MS + 60_000),
      expiresAt: iso(atMs + 72 * HOUR_MS + 60_000),
    });
    expect([await sessionIdOf(second), await sessionIdOf(third)]).toEqual([
      session?.id,
      session?.id,
    ]);
    expect(await sessionOf(fourth)).toMatchObject({ status: 'open', callCount: 1 });
  });

  test('is one for calls that begin at the same moment, in any number of processes', async () => {
    const customer = newCustomer();
    const atMs = Date.now();
    const processes = Array.from({ length: 4 }, () =>
      createCallRecords(base.open({ role: 'app' }), base.open({ role: 'system' })),
    );
    const callIds = Array.from({ length: 32 }, nextCallId);
    await Promise.all(
      callIds.map((callId, index) =>
        (processes[index % 4] ?? records).record({
          callId,
          events: eventsOf({ customer, atMs }).slice(0, 2),
        }),
      ),
    );
    const ids = new Set(await Promise.all(callIds.map((callId) => sessionIdOf(callId))));
    expect(ids.size).toBe(1);
    expect(await sessionOf(callIds[0] ?? '')).toMatchObject({ callCount: 32 });
  });

  test('is the same whatever order its calls and their events are recorded in', async () => {
    const atMs = Date.now() - 10 * HOUR_MS;
    const seen = new Set<string>();
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      for (const tail of [
        [1, 2, 3, 4],
        [3, 4, 1, 2],
        [4, 3, 2, 1],
      ]) {
        const customer = newCustomer();
        const scenarios = [
          { customer, atMs, summary: 'older' },
          { customer, atMs: atMs + HOUR_MS, summary: 'newer' },
        ];
        let last = '';
        for (const index of order) {
          const scenario = scenarios[index];
          if (!scenario) continue;
          last = nextCallId();
          const events = eventsOf(scenario);
          await records.record({ callId: last, events: events.slice(0, 1) });
          for (const at of tail) {
            const event = events[at];
            if (event) await records.record({ callId: last, events: [event] });
          }
        }
        const session = await sessionOf(last);
        const { callCount, summary, summarizedAt, lastActiveAt, expiresAt } = session ?? {};
        seen.add(JSON.stringify({ callCount, summary, summarizedAt, lastActiveAt, expiresAt }));
      }
    }
    expect([...seen]).toHaveLength(1);
    expect([...seen][0]).toContain('"callCount":2,"summary":"newer"');
  });

  test('is of its own for a withheld number, and for another assistant or workspace', async () => {
    const atMs = Date.now();
    for (const customer of ['', 'anonymous', 'Restricted', '+266696687', '+7378742833', '+464']) {
      const [one, two] = [await play({ customer, atMs }), await play({ customer, atMs })];
      expect(await sessionIdOf(one)).not.toBe(await sessionIdOf(two));
      expect(await sessionOf(one)).toMatchObject({ customerNumber: null, callCount: 1 });
    }
    const customer = newCustomer();
    const one = await play({ customer, atMs });
    const two = await play({ customer, atMs, assistantId: 'asst_another' });
    const three = await play({ customer, atMs, workspaceId: WS_B });
    expect(await callOf(three)).toBeUndefined();
    const ids = [await sessionIdOf(one), await sessionIdOf(two), await sessionIdOf(three, WS_B)];
    expect(new Set(ids).size).toBe(3);
    expect(ids).not.toContain('none');
  });

  test('is joined by calls to the customer too, and not by what came long after a late record', async () => {
    const customer = newCustomer();
    const atMs = Date.now();
    const inbound = await play({ customer, atMs });
    const call = { direction: 'outbound', from: OUR_NUMBER, to: customer } as const;
    const outbound = await play({ customer, atMs: atMs + 1000, call });
    expect(await sessionIdOf(outbound)).toBe(await sessionIdOf(inbound));
    const late = await play({ customer, atMs: atMs - 200 * HOUR_MS });
    expect(await sessionIdOf(late)).not.toBe(await sessionIdOf(inbound));
  });

  test('that was closed or hidden is joined by no call, also not by the end of one under way', async () => {
    const customer = newCustomer();
    const atMs = Date.now() - 1000;
    const callId = nextCallId();
    const events = eventsOf({ customer, atMs, ms: 5000, summary: 'closed' });
    await records.record({ callId, events: events.slice(0, 2) });
    const id = await sessionIdOf(callId);
    const closed = await base.within((scope) => sessions.close(scope, id));
    expect(closed).toMatchObject({ status: 'closed' });
    expect(await base.within((scope) => sessions.close(scope, id))).toEqual(closed);
    await records.record({ callId, events });
    expect(await sessionOf(callId)).toMatchObject({ status: 'closed', summary: 'closed' });
    const next = await play({ customer, atMs: Date.now() + 1000 });
    const nextId = await sessionIdOf(next);
    expect(nextId).not.toBe(id);
    await base.within(async (scope) => {
      expect(await sessions.softDelete(scope, nextId)).toBe(true);
      expect(await sessions.find(scope, nextId)).toBeUndefined();
    });
    const after = await play({ customer, atMs: Date.now() + 2000 });
    expect([id, nextId]).not.toContain(await sessionIdOf(after));
  });

  test('is over when the workspace says so', async () => {
    await base.within((scope) => workspaces.update(scope, { sessionIdleHours: 2 }), WS_B);
    const customer = newCustomer();
    const atMs = Date.now() - 10 * HOUR_MS;
    const [one, two] = [
      await play({ customer, atMs, workspaceId: WS_B }),
      await play({ customer, atMs: atMs + 3 * HOUR_MS, workspaceId: WS_B }),
    ];
    expect(await sessionIdOf(one, WS_B)).not.toBe(await sessionIdOf(two, WS_B));
  });

  test('is told to the assistant in the next call, while it is open', async () => {
    await base.within((scope) => assistants.create(scope, 'asst_recalls', draft));
    const number = { id: 'pn_recalls', number: '+15005550300', assistantId: 'asst_recalls' };
    await base.within((scope) => numbers.create(scope, number));
    const forCalls = createAssistantsForCalls(base.system);
    const customer = newCustomer();
    const about = { customer };
    const memory = async () => {
      const found = await forCalls.findByNumber(number.number, about);
      return found && 'memory' in found ? found.memory : undefined;
    };
    expect(await memory()).toBeUndefined();
    const old = { customer, assistantId: 'asst_recalls' };
    await play({ ...old, atMs: Date.now() - 40 * HOUR_MS, summary: 'long ago' });
    expect(await memory()).toBeUndefined();
    await play({ ...old, atMs: Date.now() - HOUR_MS, summary: 'wants a table' });
    expect(await memory()).toBe('wants a table');
    expect(await forCalls.findById('asst_recalls', about)).toMatchObject({
      memory: 'wants a table',
    });
    expect(await forCalls.findById('asst_recalls')).not.toHaveProperty('memory');
    const nobody = await forCalls.findById('asst_recalls', { customer: 'anonymous' });
    expect(nobody).not.toHaveProperty('memory');
  });
});

describe('erasing a call', () => {
  const erase = (callId: string) => base.within((scope) => eraseCallRows(scope, callId));

  /** Everything that is stored of a workspace's calls and sessions, as text. */
  async function everything(): Promise<string> {
    const rows = await Promise.all(
      (['calls', 'turns', 'call_events', 'sessions'] as const).map((table) =>
        base.owner.selectFrom(table).selectAll().execute(),
      ),
    );
    return JSON.stringify(rows);
  }

  test('keeps its ledger row, and nothing of what was said, nor of the numbers', async () => {
    const customer = newCustomer();
    const atMs = Date.now();
    const call = { metadata: { note: 'canary-note' } };
    const callId = await play({ customer, atMs, summary: 'canary-summary', call });
    expect(await everything()).toMatch(/canary-summary.*canary-note|canary-note.*canary-summary/);
    expect(await erase(callId)).toBe(true);
    expect(await erase(callId)).toBe(true);
    expect(await erase('call_nobody')).toBe(false);
    const left = await everything();
    expect(left).not.toContain('canary');
    expect(left).not.toContain(customer);
    expect(await callOf(callId)).toMatchObject({
      ...{ from: '', to: '', metadata: {}, turns: [], status: 'ended' },
      erasedAt: expect.any(String),
      endReason: 'caller-hung-up',
      assistant: { id: 'asst_session', version: 1 },
      createdAt: iso(atMs),
    });
  });

  test('takes the kept answer to whoever placed it along, and no other one', async () => {
    const call = { direction: 'outbound', from: OUR_NUMBER, to: newCustomer() } as const;
    const callId = await play({ customer: call.to, atMs: Date.now(), call });
    const other = nextCallId();
    const keep = (id: string, workspaceId: string) =>
      base.within(async (scope) => {
        const keyHash = Buffer.from(id.padEnd(32, '.'));
        await idempotency.begin(scope, { keyHash, requestHash: keyHash, lockMs: 1_000 });
        const headers = { location: `/v1/calls/${id}` };
        await idempotency.finish(scope, keyHash, { status: 201, headers, body: 'sealed' });
      }, workspaceId);
    await Promise.all([keep(callId, WS_A), keep(other, WS_A), keep(callId, WS_B)]);
    await erase(callId);
    const left = await base.owner
      .selectFrom('idempotency_records')
      .select(['workspace_id', 'headers'])
      .where('body', '=', 'sealed')
      .orderBy('workspace_id')
      .execute();
    expect(left).toEqual([
      { workspace_id: WS_A, headers: { location: `/v1/calls/${other}` } },
      { workspace_id: WS_B, headers: { location: `/v1/calls/${callId}` } },
    ]);
  });

  test('drops whatever is recorded of it later', async () => {
    const customer = newCustomer();
    const callId = nextCallId();
    const events = eventsOf({ customer, atMs: Date.now(), summary: 'canary-late' });
    await records.record({ callId, events: events.slice(0, 2) });
    await erase(callId);
    await records.record({ callId, events });
    const left = await everything();
    expect(left).not.toContain('canary-late');
    expect(left).not.toContain(customer);
  });

  test('takes it out of the summaries of the calls that were told of it', async () => {
    const customer = newCustomer();
    const atMs = Date.now() - HOUR_MS;
    const before = await play({ customer, atMs: atMs - HOUR_MS, summary: 'before' });
    const first = await play({ customer, atMs, summary: 'before, canary-word' });
    const told = await play({ customer, atMs: atMs + 1000, summary: 'before, canary-word, after' });
    const underWay = nextCallId();
    const events = eventsOf({ customer, atMs: atMs + 2000, summary: 'canary-word still' });
    await records.record({ callId: underWay, events: events.slice(0, 2) });
    await erase(first);
    expect(await everything()).not.toContain('canary-word');
    expect(await callOf(before)).toMatchObject({ summary: 'before' });
    expect((await callOf(told))?.turns).toHaveLength(1);
    await records.record({ callId: underWay, events });
    expect(await everything()).not.toContain('canary-word');
    expect(await sessionOf(underWay)).toMatchObject({ summary: null, customerNumber: customer });
    const fresh = await play({ customer, atMs: Date.now() + 1000, summary: 'a new beginning' });
    expect(await sessionOf(fresh)).toMatchObject({ summary: 'a new beginning', callCount: 5 });
  });

  test('does not keep others from erasing and recording in the same session', async () => {
    const customer = newCustomer();
    const atMs = Date.now() - HOUR_MS;
    const erased = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        play({ customer, atMs: atMs + at, summary: 'canary-many' }),
      ),
    );
    const session = await sessionIdOf(erased[0] ?? '');
    const recorded = Array.from({ length: 4 }, (_, at) => ({
      callId: nextCallId(),
      events: eventsOf({ customer, atMs: atMs + 100 + at, summary: 'canary-many, told' }),
    }));
    for (const { callId, events } of recorded) {
      await records.record({ callId, events: events.slice(0, 3) });
    }
    // Nobody waits for a connection here.
    const app = base.open({ role: 'app', maxConnections: 20 });
    const recorder = createCallRecords(app, base.system);
    const work = (todo: (scope: Scope) => Promise<unknown>) =>
      inWorkspace(app, WS_A, 'Testing', todo);
    await Promise.all([
      ...erased.map((callId) => work((scope) => eraseCallRows(scope, callId))),
      ...recorded.map((batch) => recorder.record(batch)),
      work(async (scope) => {
        await sessions.close(scope, session);
        await sessions.forget(scope, session);
      }),
    ]);
    expect(await everything()).not.toContain('canary-many');
  });

  test('of a session is its summary, and those of its calls', async () => {
    const customer = newCustomer();
    const callId = await play({ customer, atMs: Date.now() - 1000, summary: 'canary-session' });
    const id = await sessionIdOf(callId);
    await base.within(async (scope) => {
      expect(await sessions.forget(scope, id)).toBe(true);
      expect(await sessions.forget(scope, 'sess_nobody')).toBe(false);
    });
    expect(await everything()).not.toContain('canary-session');
  });

  test('is due when its workspace has kept it long enough', async () => {
    const retentionDays = 30;
    const old = await play({ customer: newCustomer(), atMs: Date.now() - 31 * 24 * HOUR_MS });
    expect(await dueForErasure(base.system, 1000)).toEqual([]);
    await base.within((scope) => workspaces.update(scope, { retentionDays }));
    await play({ customer: newCustomer(), atMs: Date.now() - 29 * 24 * HOUR_MS });
    expect(await dueForErasure(base.system, 1000)).toEqual([{ workspaceId: WS_A, callId: old }]);
    await erase(old);
    expect(await dueForErasure(base.system, 1000)).toEqual([]);
  });
});

describe('the workspace of a call', () => {
  test('is that of whoever placed it, else of the assistant, else of our number', async () => {
    const number = { id: 'pn_b', number: '+15005550301' };
    await base.within((scope) => numbers.create(scope, number), WS_B);
    const atMs = Date.now();
    const customer = newCustomer();
    const to = { to: number.number };
    const byNumber = await play({ customer, atMs, call: to });
    expect(await callOf(byNumber, WS_B)).toMatchObject({
      phoneNumberId: 'pn_b',
      workspaceId: WS_B,
    });
    const byAssistant = await play({ customer, atMs, call: to, workspaceId: WS_A });
    const ofA = await callOf(byAssistant, WS_A);
    expect(ofA).toMatchObject({ workspaceId: WS_A });
    expect(ofA).not.toHaveProperty('phoneNumberId');
    const placed = await play({
      ...{ customer, atMs, workspaceId: WS_A },
      call: { ...to, workspaceId: WS_B },
    });
    expect(await callOf(placed, WS_B)).toMatchObject({ workspaceId: WS_B });
    const nobodys = await play({ customer, atMs, call: { to: '+15005550399' } });
    expect(await callOf(nobodys)).toMatchObject({ workspaceId: WS_A });
  });

  test('stays what it was when its number changes hands during the call', async () => {
    const number = { id: 'pn_moves', number: '+15005550302' };
    await base.within((scope) => numbers.create(scope, number), WS_B);
    const callId = nextCallId();
    const events = eventsOf({
      ...{ customer: newCustomer(), atMs: Date.now(), call: { to: number.number } },
    });
    await records.record({ callId, events: events.slice(0, 1) });
    await base.within((scope) => numbers.softDelete(scope, number.id), WS_B);
    await base.within((scope) => numbers.create(scope, { ...number, id: 'pn_moved' }));
    await records.record({ callId, events });
    expect(await callOf(callId, WS_B)).toMatchObject({
      status: 'ended',
      phoneNumberId: 'pn_moves',
    });
    expect((await callOf(callId, WS_B))?.turns).toHaveLength(1);
  });
});
