import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createAssistants } from '../../src/db/assistants.ts';
import type { AssistantDraft } from '../../src/db/assistants.ts';
import { createCallRecords } from '../../src/db/calls.ts';
import { DatabaseError } from '../../src/db/errors.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { createPhoneNumbers } from '../../src/db/phone-numbers.ts';
import { createDatabase } from '../../src/db/pool.ts';
import type { Database } from '../../src/db/pool.ts';
import { seedDefaults } from '../../src/db/seed.ts';
import type { Turn } from '../../workflows/contract.ts';
import type { CallEvent, CallEventBody } from '../../workflows/events.ts';
import { freshDatabase } from './stack.ts';
import type { FreshDatabase } from './stack.ts';

let fresh: FreshDatabase;
let db: Database;
const opened: Database[] = [];

function open(url = fresh.url, more: { statementTimeoutMs?: number } = {}): Database {
  const database = createDatabase({ url, applicationName: 'voca-test', ...more });
  opened.push(database);
  return database;
}

beforeAll(async () => {
  fresh = await freshDatabase();
  db = open();
  await migrateToLatest(db);
});

afterAll(async () => {
  await Promise.all(opened.map((database) => database.destroy()));
  await fresh.drop();
});

const draft: AssistantDraft = {
  id: 'asst_test',
  name: 'Receptionist',
  firstMessage: 'Hello?',
  instructions: 'Take bookings.',
  voice: { language: 'en-US' },
  listen: { keys: true, timeoutSeconds: 5, speechTimeout: 'auto', hints: ['table'] },
  silence: { prompt: 'Are you there?', prompts: 2, farewell: 'Goodbye.' },
  limits: { callSeconds: 600, turns: 50, farewell: 'Time is up.' },
  ending: { phrases: ['goodbye'], message: 'Bye.' },
  apology: 'Sorry?',
};

let counter = 0;
const nextCallId = (): string => `call_${String(++counter).padStart(26, '0')}`;
const time = (second: number): string => new Date(1_770_000_000_000 + second * 1_000).toISOString();

function numbered(...bodies: CallEventBody[]): CallEvent[] {
  return bodies.map((body, index) => ({ sequence: index + 1, at: time(index), ...body }));
}

const created: CallEventBody = {
  type: 'call.created',
  call: {
    direction: 'inbound',
    accountSid: 'AC1',
    callSid: 'CA1',
    from: '+15005550001',
    to: '+15005550006',
  },
};
const answered: CallEventBody = {
  type: 'call.answered',
  callSid: 'CA1',
  greeting: 'Hello?',
  assistant: { id: 'asst_test', version: 3 },
};
const ended: CallEventBody = { type: 'call.ended', reason: 'caller-hung-up', durationSeconds: 42 };

function turn(position: number, more: Partial<Turn> = {}): CallEventBody {
  return {
    type: 'call.turn.completed',
    position,
    turn: {
      key: String(position),
      heard: { kind: 'speech', text: `words ${position}`, confidence: 0.9 },
      status: 'answered',
      reply: `reply ${position}`,
      replySource: 'model',
      model: 'demo',
      heardAt: time(position),
      repliedAt: time(position + 1),
      ...more,
    },
  };
}

describe('migrations', () => {
  test('are run once by processes that start together', async () => {
    const other = await freshDatabase();
    const databases = Array.from({ length: 4 }, () => open(other.url));
    try {
      const ran = await Promise.all(databases.map((each) => migrateToLatest(each)));
      expect(ran.flat()).toEqual(['001-calls', '002-turn-models']);
      await expect(migrateToLatest(open(other.url))).resolves.toEqual([]);
    } finally {
      await Promise.all(databases.map((each) => each.destroy()));
      await other.drop();
    }
  });

  test('give up, when PostgreSQL stays away, with an error that can be tried again', async () => {
    const nowhere = open('postgres://canary-user:canary-pw@127.0.0.1:1/voca');
    const error: unknown = await migrateToLatest(nowhere, { waitMs: 500 }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ retryable: true, code: 'ECONNREFUSED' });
    expect(String(error)).not.toContain('canary');
  });
});

describe('assistants', () => {
  test('are saved in versions, and every version is kept', async () => {
    const assistants = createAssistants(db);
    const first = await assistants.save(draft);
    expect(first).toEqual({ ...draft, version: 1 });
    const second = await assistants.save({
      ...draft,
      name: 'Host',
      firstMessage: 'Hi\u0000\ud800!',
    });
    expect(second).toMatchObject({ version: 2, name: 'Host', firstMessage: 'Hi\ufffd!' });
    await expect(assistants.findById('asst_test')).resolves.toEqual(second);
    await expect(assistants.findVersion('asst_test', 1)).resolves.toEqual(first);
    await expect(assistants.findVersion('asst_test', 9)).resolves.toBeUndefined();
    await expect(assistants.findById('asst_none')).resolves.toBeUndefined();
  });

  test('saved at the same time get versions of their own', async () => {
    const assistants = createAssistants(db);
    const saved = await Promise.all(
      Array.from({ length: 8 }, () => assistants.save({ ...draft, id: 'asst_busy' })),
    );
    expect(new Set(saved.map((each) => each.version))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]));
  });

  test('keep the models that they name, and leave out what they do not', async () => {
    const assistants = createAssistants(db);
    const models = [{ provider: 'anthropic', model: 'claude' }, { provider: 'openai' }];
    const saved = await assistants.save({ ...draft, id: 'asst_models', models });
    expect(saved.models).toEqual(models);
    await expect(assistants.findById('asst_models')).resolves.toEqual(saved);
    const without = await assistants.save({ ...draft, id: 'asst_models' });
    expect(without).not.toHaveProperty('models');
    const bad = { ...draft, models: [{ provider: 'a b' }] };
    await expect(assistants.save(bad)).rejects.toMatchObject({ code: 'bad-config' });
  });

  test('are found by the number that is routed to them', async () => {
    const assistants = createAssistants(db);
    const numbers = createPhoneNumbers(db);
    await assistants.save({ ...draft, id: 'asst_routed' });
    await numbers.route({ id: 'pn_1', number: '+15005550101', assistantId: 'asst_routed' });
    await expect(assistants.findByNumber('+15005550101')).resolves.toMatchObject({
      id: 'asst_routed',
    });
    await expect(assistants.findByNumber('+15005550199')).resolves.toBeUndefined();
    const moved = await numbers.route({ id: 'pn_2', number: '+15005550101' });
    expect(moved).toEqual({ id: 'pn_1', number: '+15005550101' });
    await expect(assistants.findByNumber('+15005550101')).resolves.toBeUndefined();
    await expect(numbers.findByNumber('+15005550101')).resolves.toEqual(moved);
    expect(await numbers.list()).toContainEqual(moved);
  });

  test('that were edited into something unusable are refused, by field and without values', async () => {
    const assistants = createAssistants(db);
    await assistants.save({ ...draft, id: 'asst_edited' });
    await sql`update assistants set config = config || '{"apology": 7}' where id = 'asst_edited'`.execute(
      db,
    );
    await expect(assistants.findById('asst_edited')).rejects.toMatchObject({
      code: 'bad-config',
      retryable: false,
      message: expect.stringContaining('apology'),
    });
  });

  test('that do not exist cannot be routed to, and the error holds no number', async () => {
    const route = createPhoneNumbers(db).route({
      id: 'pn_9',
      number: '+15005550188',
      assistantId: 'asst_canary',
    });
    const error = (await route.catch((e: unknown) => e)) as DatabaseError;
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ code: '23503', retryable: false });
    expect(`${error.message}${JSON.stringify(error)}${String(error.cause)}`).not.toMatch(
      /5005550188|canary/,
    );
  });
});

describe('the defaults', () => {
  const defaults = {
    number: { id: 'pn_seed', number: '+15005550200' },
    assistant: { ...draft, id: 'asst_seed' },
  };

  test('are put there once by processes that start together', async () => {
    await Promise.all(Array.from({ length: 4 }, () => seedDefaults(open(), defaults)));
    const assistants = createAssistants(db);
    await expect(assistants.findByNumber('+15005550200')).resolves.toEqual({
      ...defaults.assistant,
      version: 1,
    });
    await expect(assistants.findVersion('asst_seed', 1)).resolves.toBeDefined();
  });

  test('never change what somebody edited, rerouted or removed', async () => {
    const assistants = createAssistants(db);
    await assistants.save({ ...defaults.assistant, name: 'Mine' });
    await seedDefaults(db, defaults);
    await expect(assistants.findById('asst_seed')).resolves.toMatchObject({
      name: 'Mine',
      version: 2,
    });
    await db.deleteFrom('assistants').where('id', '=', 'asst_seed').execute();
    await seedDefaults(db, defaults);
    await expect(assistants.findById('asst_seed')).resolves.toBeUndefined();
    await expect(assistants.findByNumber('+15005550200')).resolves.toBeUndefined();
  });
});

describe('the record of a call', () => {
  test('holds everything that its events said', async () => {
    const calls = createCallRecords(db);
    const callId = nextCallId();
    const events = numbered(
      created,
      { type: 'call.ringing', callSid: 'CA1' },
      answered,
      turn(1),
      turn(2, { heard: { kind: 'keys', digits: '42#' }, replySource: 'script' }),
      ended,
    );
    await calls.record({ callId, events });
    await expect(calls.findCall(callId)).resolves.toEqual({
      callId,
      direction: 'inbound',
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
    await expect(calls.findCall('call_none')).resolves.toBeUndefined();
  });

  test('is unchanged by batches that were seen before, whole or in part', async () => {
    const calls = createCallRecords(db);
    const callId = nextCallId();
    const events = numbered(created, answered, turn(1), turn(2), ended);
    await calls.record({ callId, events: events.slice(0, 3) });
    await calls.record({ callId, events: events.slice(0, 3) });
    await calls.record({ callId, events: events.slice(1) });
    const once = await calls.findCall(callId);
    const altered = events.map((event) => ({ ...event, at: time(999) }));
    await calls.record({ callId, events: altered });
    await expect(calls.findCall(callId)).resolves.toEqual(once);
    expect(once).toMatchObject({ status: 'ended', lastSequence: 5 });
    expect(once?.turns.map((each) => each.key)).toEqual(['1', '2']);
  });

  test('is the same after many concurrent, overlapping batches', async () => {
    const calls = createCallRecords(db);
    const others = [createCallRecords(open()), createCallRecords(open())];
    const callId = nextCallId();
    const turns = Array.from({ length: 20 }, (_, index) => turn(index + 1));
    const events = numbered(created, answered, ...turns, ended);
    await calls.record({ callId, events: events.slice(0, 1) });
    await Promise.all(
      Array.from({ length: 24 }, (_, index) => {
        const from = (index * 7) % 18;
        const records = [calls, ...others][index % 3] ?? calls;
        return records.record({ callId, events: events.slice(from, from + 6) });
      }),
    );
    await calls.record({ callId, events });
    const call = await calls.findCall(callId);
    expect(call?.turns.map((each) => each.position)).toEqual(turns.map((_, index) => index + 1));
    const { count } = await db
      .selectFrom('call_events')
      .select((is) => is.fn.countAll<string>().as('count'))
      .where('call_id', '=', callId)
      .executeTakeFirstOrThrow();
    expect(Number(count)).toBe(events.length);
    expect(call).toMatchObject({ lastSequence: events.length, status: 'ended' });
  });

  test('begins once when its first batch arrives several times at the same moment', async () => {
    const calls = createCallRecords(db);
    const callId = nextCallId();
    const events = numbered(created, answered, turn(1));
    await Promise.all(Array.from({ length: 5 }, () => calls.record({ callId, events })));
    await expect(calls.findCall(callId)).resolves.toMatchObject({ status: 'answered' });
  });

  test('never goes back, and does not begin in its middle', async () => {
    const calls = createCallRecords(db);
    const callId = nextCallId();
    const events = numbered(created, { type: 'call.queued', callSid: 'CA1' }, answered, ended);
    const tooEarly = calls.record({ callId, events: events.slice(1, 2) });
    await expect(tooEarly).rejects.toMatchObject({ code: 'too-early', retryable: true });
    await calls.record({ callId, events: [events[0], events[3]].filter((e) => e !== undefined) });
    await calls.record({ callId, events: events.slice(1, 3) });
    await expect(calls.findCall(callId)).resolves.toMatchObject({
      status: 'ended',
      queuedAt: time(1),
      answeredAt: time(2),
      endedAt: time(3),
      lastSequence: 4,
    });
  });

  test('keeps what the models of a turn took, and which were asked', async () => {
    const records = createCallRecords(db);
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
    const { turns = [] } = (await records.findCall(callId)) ?? {};
    expect(turns[0]).toMatchObject({ tries, tokens });
    expect(turns[1]).toMatchObject(failed);
    expect(turns[1]).not.toHaveProperty('tokens');
    expect(turns[2]).not.toHaveProperty('tries');
  });

  test('takes the newest word on a turn', async () => {
    const calls = createCallRecords(db);
    const callId = nextCallId();
    const events = numbered(created, turn(1), turn(1, { status: 'unheard' }));
    await calls.record({ callId, events });
    await calls.record({ callId, events });
    const call = await calls.findCall(callId);
    expect(call?.turns.map((each) => each.status)).toEqual(['unheard']);
  });

  test('takes text that PostgreSQL does not, and text that looks like a statement', async () => {
    const calls = createCallRecords(db);
    const callId = nextCallId();
    const text = "a\u0000b\ud800'); drop table calls; --";
    const heard = { kind: 'speech', text } as const;
    await calls.record({ callId, events: numbered(created, turn(1, { heard, reply: text })) });
    const call = await calls.findCall(callId);
    const kept = "ab\ufffd'); drop table calls; --";
    expect(call?.turns[0]).toMatchObject({ heard: { text: kept }, reply: kept });
  });

  test('is written as a whole or not at all, and the error says nothing of it', async () => {
    const calls = createCallRecords(db);
    const callId = nextCallId();
    const bad = turn(1, { heardAt: 'canary, no time', reply: 'canary reply' });
    const recording = calls.record({ callId, events: numbered(created, answered, bad) });
    const error = (await recording.catch((e: unknown) => e)) as DatabaseError;
    expect(error).toMatchObject({ name: 'DatabaseError', retryable: false });
    expect(`${error.message}${JSON.stringify(error)}`).not.toContain('canary');
    await expect(calls.findCall(callId)).resolves.toBeUndefined();
  });

  test('is listed with the newest first', async () => {
    const calls = createCallRecords(db);
    const later = (second: number) =>
      numbered(created).map((event) => ({ ...event, at: time(100_000 + second) }));
    const ids = [nextCallId(), nextCallId(), nextCallId()];
    for (const [index, callId] of ids.entries()) {
      await calls.record({ callId, events: later(index) });
    }
    const listed = await calls.listCalls({ limit: 3 });
    expect(listed.map((call) => call.callId)).toEqual([...ids].reverse());
    expect(await calls.listCalls({ limit: 0 })).toHaveLength(1);
  });
});

/** Looks until it is so, or for 5 s. */
async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!isSo() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Stands between us and PostgreSQL, which can thus be away. */
class Line {
  url = '';
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  async up(): Promise<void> {
    const { hostname, port } = new URL(fresh.url);
    const server = createServer((socket) => {
      const onward = connect(Number(port || 5432), hostname);
      for (const each of [socket, onward]) {
        this.#sockets.add(each);
        each.on('error', () => {});
        each.on('close', () => [socket, onward].forEach((end) => end.destroy()));
      }
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    const here = new URL(fresh.url);
    here.host = `127.0.0.1:${this.#port}`;
    this.url = here.href;
    this.#server = server;
  }

  down(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  /** Connections stay, and nothing moves on them any more. */
  freeze(): void {
    for (const socket of this.#sockets) socket.pause();
    for (const socket of this.#sockets) socket.unpipe();
  }
}

describe('when PostgreSQL goes away', () => {
  test('work fails soon and can be tried again, and goes on by itself afterwards', async () => {
    const line = new Line();
    await line.up();
    const lost: Error[] = [];
    const database = createDatabase({
      url: line.url,
      applicationName: 'voca-test',
      onLost: (error) => lost.push(error),
    });
    opened.push(database);
    const assistants = createAssistants(database);
    await assistants.save({ ...draft, id: 'asst_away' });
    line.down();
    for (let attempt = 0; attempt < 3; attempt++) {
      const began = Date.now();
      await expect(assistants.findById('asst_away')).rejects.toMatchObject({ retryable: true });
      expect(Date.now() - began).toBeLessThan(2_000);
    }
    await line.up();
    await expect(assistants.findById('asst_away')).resolves.toMatchObject({ version: 1 });
    line.down();
    await until(() => lost.length > 0);
    expect(lost.length).toBeGreaterThan(0);
  });

  test('a connection that is lost within a transaction ends the transaction alone', async () => {
    const database = open();
    const work = database.transaction().execute(async (trx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
      // With a time-out PostgreSQL answers when the other end is gone.
      await sql`select pg_terminate_backend(${rows[0]?.pid}, 5000)`.execute(db);
      await sql`select 1`.execute(trx);
    });
    await expect(work).rejects.toMatchObject({ message: expect.any(String) });
    await expect(sql`select 1 as one`.execute(database)).resolves.toMatchObject({
      rows: [{ one: 1 }],
    });
  });

  test('a server that answers nothing is given up', async () => {
    const line = new Line();
    await line.up();
    const database = open(line.url, { statementTimeoutMs: 300 });
    const assistants = createAssistants(database);
    await assistants.findById('asst_test');
    line.freeze();
    await expect(assistants.findById('asst_test')).rejects.toMatchObject({ retryable: true });
    line.down();
  });

  test('a statement that takes too long is given up', async () => {
    const database = open(fresh.url, { statementTimeoutMs: 200 });
    await expect(sql`select pg_sleep(5)`.execute(database)).rejects.toMatchObject({
      code: '57014',
    });
  });
});

test('connections carry the name that was given', async () => {
  const { rows } = await sql<{ name: string }>`
    select current_setting('application_name') as name`.execute(db);
  expect(rows[0]?.name).toBe('voca-test');
});
