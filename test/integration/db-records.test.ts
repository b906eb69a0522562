/** The record of a call: a projection of its events, whatever order they come in. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CallRecords } from '../../activities/ports.ts';
import { createCallRecords } from '../../src/db/call-records.ts';
import { findCall } from '../../src/db/calls.ts';
import type { DatabaseError } from '../../src/db/errors.ts';
import type { Turn } from '../../workflows/contract.ts';
import type { CallEventBody } from '../../workflows/events.ts';
import {
  answered,
  created,
  ended,
  nextCallId,
  numbered,
  testDatabase,
  time,
  turn,
  WS_A,
} from './support/database.ts';
import type { TestDatabase } from './support/database.ts';

let base: TestDatabase;
let records: CallRecords;
const openRecords = () =>
  createCallRecords(base.open({ role: 'app' }), base.open({ role: 'system' }));
const find = (callId: string) => base.within((scope) => findCall(scope, callId));

beforeAll(async () => {
  base = await testDatabase();
  records = openRecords();
});
afterAll(() => base.drop());

describe('the record of a call', () => {
  test('holds everything that its events said', async () => {
    const callId = nextCallId();
    const events = numbered(
      created,
      { type: 'call.ringing', callSid: 'CA1' },
      answered,
      turn(1),
      turn(2, { heard: { kind: 'keys', digits: '42#' }, replySource: 'script' }),
      ended,
    );
    await records.record({ callId, events });
    await expect(find(callId)).resolves.toEqual({
      id: callId,
      workspaceId: WS_A,
      direction: 'inbound',
      metadata: {},
      sessionId: expect.stringMatching(/^sess_/),
      accountSid: 'AC1',
      callSid: 'CA1',
      from: '+15005550001',
      to: '+15005550006',
      status: 'ended',
      endReason: 'caller-hung-up',
      assistant: { id: 'asst_test', version: 3 },
      greeting: 'Hello?',
      durationSeconds: 42,
      createdAt: time(0),
      ringingAt: time(1),
      answeredAt: time(2),
      endedAt: time(5),
      lastSequence: 6,
      turns: [
        { position: 1, ...(turn(1) as { turn: Turn }).turn },
        {
          position: 2,
          ...(
            turn(2, { heard: { kind: 'keys', digits: '42#' }, replySource: 'script' }) as {
              turn: Turn;
            }
          ).turn,
        },
      ],
    });
    await expect(find('call_none')).resolves.toBeUndefined();
  });

  test('is unchanged by batches that were seen before, whole or in part', async () => {
    const callId = nextCallId();
    const events = numbered(created, answered, turn(1), turn(2), ended);
    await records.record({ callId, events: events.slice(0, 3) });
    await records.record({ callId, events: events.slice(0, 3) });
    await records.record({ callId, events: events.slice(1) });
    const once = await find(callId);
    const altered = events.map((event) => ({ ...event, at: time(999) }));
    await records.record({ callId, events: altered });
    await expect(find(callId)).resolves.toEqual(once);
    expect(once).toMatchObject({ status: 'ended', lastSequence: 5 });
    expect(once?.turns.map((each) => each.key)).toEqual(['1', '2']);
  });

  test('is the same after many concurrent, overlapping batches', async () => {
    const others = [records, openRecords(), openRecords()];
    const callId = nextCallId();
    const turns = Array.from({ length: 20 }, (_, index) => turn(index + 1));
    const events = numbered(created, answered, ...turns, ended);
    await records.record({ callId, events: events.slice(0, 1) });
    await Promise.all(
      Array.from({ length: 24 }, (_, index) => {
        const from = (index * 7) % 18;
        const other = others[index % 3] ?? records;
        return other.record({ callId, events: events.slice(from, from + 6) });
      }),
    );
    await records.record({ callId, events });
    const call = await find(callId);
    expect(call?.turns.map((each) => each.position)).toEqual(turns.map((_, index) => index + 1));
    const { count } = await base.owner
      .selectFrom('call_events')
      .select((is) => is.fn.countAll<string>().as('count'))
      .where('call_id', '=', callId)
      .executeTakeFirstOrThrow();
    expect(Number(count)).toBe(events.length);
    expect(call).toMatchObject({ lastSequence: events.length, status: 'ended' });
  });

  test('begins once when its first batch arrives several times at the same moment', async () => {
    const callId = nextCallId();
    const events = numbered(created, answered, turn(1));
    await Promise.all(Array.from({ length: 5 }, () => records.record({ callId, events })));
    await expect(find(callId)).resolves.toMatchObject({ status: 'answered' });
  });

  test('never goes back, and does not begin in its middle', async () => {
    const callId = nextCallId();
    const events = numbered(created, { type: 'call.queued', callSid: 'CA1' }, answered, ended);
    const tooEarly = records.record({ callId, events: events.slice(1, 2) });
    await expect(tooEarly).rejects.toMatchObject({ code: 'too-early', retryable: true });
    await records.record({ callId, events: [events[0], events[3]].filter((e) => e !== undefined) });
    await records.record({ callId, events: events.slice(1, 3) });
    await expect(find(callId)).resolves.toMatchObject({
      status: 'ended',
      queuedAt: time(1),
      answeredAt: time(2),
      endedAt: time(3),
      lastSequence: 4,
    });
  });

  test('keeps what the models of a turn took, and which were asked', async () => {
    const callId = nextCallId();
    const tries: Turn['tries'] = [
      { model: 'openai/a', ms: 8000, outcome: 'timeout' },
      { model: 'anthropic/b', ms: 812, outcome: 'answered' },
    ];
    const tokens = { prompt: 812, completion: 33 };
    const failed = { replySource: 'apology' as const, tries: tries.slice(0, 1) };
    const events = numbered(
      created,
      answered,
      turn(1, { tries, tokens }),
      turn(2, failed),
      turn(3),
    );
    await records.record({ callId, events });
    const { turns = [] } = (await find(callId)) ?? {};
    expect(turns[0]).toMatchObject({ tries, tokens });
    expect(turns[1]).toMatchObject(failed);
    expect(turns[1]).not.toHaveProperty('tokens');
    expect(turns[2]).not.toHaveProperty('tries');
  });

  test('keeps what was interrupted, and how long each part of an answer took', async () => {
    const callId = nextCallId();
    const timings = { committedMs: 420.25, firstTokenMs: 610, heardMs: 950 };
    const events = numbered(created, answered, turn(1, { isInterrupted: true, timings }), turn(2));
    await records.record({ callId, events });
    const { turns = [] } = (await find(callId)) ?? {};
    expect(turns[0]).toMatchObject({ isInterrupted: true, timings });
    expect(turns[1]).not.toHaveProperty('isInterrupted');
    expect(turns[1]).not.toHaveProperty('timings');
  });

  test('keeps of a greeting that was talked over what was heard', async () => {
    const callId = nextCallId();
    const first = { ...turn(1), greeting: 'Hel' } as CallEventBody;
    await records.record({ callId, events: numbered(created, answered, first, turn(2)) });
    expect(await find(callId)).toMatchObject({ greeting: 'Hel', turns: [{}, {}] });
  });

  test('takes the newest word on a turn', async () => {
    const callId = nextCallId();
    const events = numbered(created, turn(1), turn(1, { status: 'unheard' }));
    await records.record({ callId, events });
    await records.record({ callId, events });
    const call = await find(callId);
    expect(call?.turns.map((each) => each.status)).toEqual(['unheard']);
  });

  test('takes text that PostgreSQL does not, and text that looks like a statement', async () => {
    const callId = nextCallId();
    const text = "a\u0000b\ud800'); drop table calls; --";
    const heard = { kind: 'speech', text } as const;
    await records.record({ callId, events: numbered(created, turn(1, { heard, reply: text })) });
    const call = await find(callId);
    const kept = "ab\ufffd'); drop table calls; --";
    expect(call?.turns[0]).toMatchObject({ heard: { text: kept }, reply: kept });
  });

  test('is written as a whole or not at all, and the error says nothing of it', async () => {
    const callId = nextCallId();
    const bad = turn(1, { heardAt: 'canary, no time', reply: 'canary reply' });
    const recording = records.record({ callId, events: numbered(created, answered, bad) });
    const error = (await recording.catch((e: unknown) => e)) as DatabaseError;
    expect(error).toMatchObject({ name: 'DatabaseError', retryable: false });
    expect(`${error.message}${JSON.stringify(error)}`).not.toContain('canary');
    await expect(find(callId)).resolves.toBeUndefined();
  });
});
