/** Streams of events over real HTTP: two api processes, one PostgreSQL. */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { faceOf } from '../../src/api-key.ts';
import type { CallManager } from '../../src/call-manager.ts';
import { emit } from '../../src/db/outbox.ts';
import type { NewEvent } from '../../src/db/outbox.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import { callEventId, newId } from '../../src/ids.ts';
import { openApiBench } from './support/api.ts';
import type { ApiBench, ApiProcess } from './support/api.ts';
import { eventually } from './support/eventually.ts';
import { openStream } from './support/follow-stream.ts';
import type { OpenStream } from './support/follow-stream.ts';

let bench: ApiBench;
let first: ApiProcess;
let second: ApiProcess;
const opened: OpenStream[] = [];

beforeAll(async () => {
  bench = await openApiBench();
  [first, second] = [await bench.start(), await bench.start()];
});
afterAll(async () => {
  for (const stream of opened) stream.cut();
  await bench?.close();
});

function event(type: string, given: Partial<NewEvent> = {}): NewEvent {
  return { id: newId('evt'), type, occurredAt: new Date().toISOString(), data: {}, ...given };
}

const write = (workspaceId: string, ...events: NewEvent[]) =>
  inWorkspace(bench.db, workspaceId, 'Writing', (scope) => emit(scope, events));

async function follow(
  api: ApiProcess,
  path: string,
  key: string,
  lastEventId = '',
): Promise<OpenStream> {
  const stream = await openStream(`${api.url}/v1${path}`, { key, lastEventId });
  opened.push(stream);
  return stream;
}

const ids = ({ events }: OpenStream) => events.map(({ id }) => id);
const until = (stream: OpenStream, count: number) =>
  eventually(async () => {
    if (stream.events.length < count) throw new Error(`${stream.events.length} of ${count}`);
  });

async function workspaceWithKey(scopes?: string[]) {
  const workspaceId = await bench.workspace();
  return { workspaceId, key: await bench.key(workspaceId, scopes) };
}

describe('GET /v1/events/stream', () => {
  test('begins now, and tells what comes as it stands in lists', async () => {
    const { workspaceId, key } = await workspaceWithKey(['events:read']);
    await write(workspaceId, event('call.created'));
    const stream = await follow(first, '/events/stream', key);
    expect(stream.status).toBe(200);
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    expect(stream.headers.get('cache-control')).toBe('no-store');
    expect(stream.headers.get('x-accel-buffering')).toBe('no');
    const sent = event('session.created', { data: { words: 'a\nb' } });
    await write(workspaceId, sent);
    await until(stream, 1);
    expect(stream.text()).toMatch(/^retry: 1000\n\n/);
    const [{ id, type, data }] = stream.events as [(typeof stream.events)[number]];
    expect([id, type]).toEqual([sent.id, 'session.created']);
    expect(JSON.parse(data)).toEqual({
      ...{ id, object: 'event', type, timestamp: sent.occurredAt, api_version: '2026-12-01' },
      ...{ sequence: null, data: { words: 'a\nb' } },
    });
  });

  test('goes on behind any event over another process, and before the first one', async () => {
    const { workspaceId, key } = await workspaceWithKey();
    const empty = await follow(first, '/events/stream', key);
    await eventually(async () => expect(empty.lastEventId()).toBe('pos_0'));
    empty.cut();
    const events = ['a', 'b', 'c'].map((type) => event(type));
    await write(workspaceId, ...events);
    const all = await follow(second, '/events/stream', key, empty.lastEventId());
    await until(all, 3);
    expect(ids(all)).toEqual(events.map(({ id }) => id));
    const rest = await follow(second, '/events/stream', key, events[0]?.id);
    await until(rest, 2);
    expect(ids(rest)).toEqual(events.slice(1).map(({ id }) => id));
    const after = await follow(first, `/events/stream?after=${events[1]?.id}`, key);
    await until(after, 1);
    expect(ids(after)).toEqual([events[2]?.id]);
    const both = await follow(first, `/events/stream?after=${events[1]?.id}`, key, events[0]?.id);
    await until(both, 2);
  });
});

describe('what is asked of the stream', () => {
  test('types are those that endpoints name', async () => {
    const { workspaceId, key } = await workspaceWithKey();
    const stream = await follow(first, '/events/stream?types=call.*,session.ended', key);
    const types = [
      'call.ended',
      'calls.x',
      'session.created',
      'session.ended',
      'call.turn.completed',
    ];
    await write(workspaceId, ...types.map((type) => event(type)));
    await until(stream, 3);
    expect(stream.events.map(({ type }) => type)).toEqual([
      ...['call.ended', 'session.ended', 'call.turn.completed'],
    ]);
  });

  test.each([
    ['', 422, 'invalid', '?types=Call'],
    ['', 422, 'invalid', '?types='],
    ['', 422, 'invalid', '?type=call.*'],
    ['', 422, 'invalid', '?after=call_1'],
    ['', 422, 'event-unknown', '?after=evt_1'],
    ['evt_0VPc1V5n2kQ7xGm3yT8bRaW4eZ', 422, 'event-unknown', ''],
    ['pos_17', 422, 'event-unknown', ''],
    ['pos_-1', 422, 'event-unknown', ''],
    ["' or 1=1", 422, 'event-unknown', ''],
    ['x'.repeat(101), 422, 'invalid', ''],
  ])('Last-Event-ID %j is answered %i %s with %j', async (last, status, code, query) => {
    const { key } = await workspaceWithKey();
    const stream = await follow(first, `/events/stream${query}`, key, last);
    expect([stream.status, (stream.body as { code: string }).code]).toEqual([status, code]);
    expect(stream.headers.get('content-type')).toContain('application/problem+json');
  });

  test('an event of another workspace is unknown, and one of ours after it was removed', async () => {
    const [ours, theirs] = [await workspaceWithKey(), await workspaceWithKey()];
    const events = [event('a'), event('b'), event('c')];
    await write(ours.workspaceId, ...events);
    const foreign = await follow(first, '/events/stream', theirs.key, events[0]?.id);
    expect(foreign.status).toBe(422);
    await bench.owner
      .deleteFrom('events')
      .where('id', 'in', [events[0]?.id ?? '', events[1]?.id ?? ''])
      .execute();
    for (const [last, status] of [
      [events[0]?.id, 422],
      ['pos_1', 422],
      ['pos_2', 200],
      ['pos_3', 200],
      ['pos_4', 422],
    ] as const) {
      const stream = await follow(first, '/events/stream', ours.key, last);
      expect([last, stream.status]).toEqual([last, status]);
      stream.cut();
    }
    await bench.owner.deleteFrom('events').where('workspace_id', '=', ours.workspaceId).execute();
    const none = await follow(first, '/events/stream', ours.key, 'pos_3');
    expect(none.status).toBe(200);
    expect((await follow(first, '/events/stream', ours.key, 'pos_2')).status).toBe(422);
  });

  test('a key without the right is refused, and so is HEAD', async () => {
    const { key } = await workspaceWithKey(['calls:read']);
    expect((await follow(first, '/events/stream', key)).status).toBe(403);
    const admin = (await workspaceWithKey()).key;
    const head = await fetch(`${first.url}/v1/events/stream`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${admin}` },
    });
    expect([head.status, head.headers.get('allow')]).toEqual([405, 'GET']);
  });
});

describe('GET /v1/calls/{id}/events', () => {
  const STATUS: Record<string, 'created' | 'ended'> = {
    'call.created': 'created',
    'call.ended': 'ended',
  };

  /** As the record of a call is written. */
  async function record(workspaceId: string, callId: string, sequence: number, type: string) {
    const one = event(type, { id: callEventId(callId, sequence), call: { id: callId, sequence } });
    await inWorkspace(bench.db, workspaceId, 'Recording', async (scope) => {
      await scope.trx
        .insertInto('calls')
        .values({
          ...{ id: callId, workspace_id: workspaceId, direction: 'inbound', account_sid: 'AC1' },
          ...{ from_number: '+15005550001', to_number: '+15005550006' },
          ...{ status: 'created', created_at: new Date().toISOString() },
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const status = STATUS[type];
      if (status)
        await scope.trx.updateTable('calls').set({ status }).where('id', '=', callId).execute();
      await emit(scope, [one]);
    });
    return one.id;
  }

  /** @param status what the calls themselves say that are not recorded */
  const startWith = (status: () => object | undefined) => {
    const manager = { getCallStatus: async () => status() } as unknown as CallManager;
    const nobody = () => Promise.reject(new Error('nobody'));
    return bench.start({
      options: { calls: { manager, erase: { call: nobody, session: nobody } } },
    });
  };

  test('tells all from the first event, ends with the last one, and is 204 behind it', async () => {
    const { workspaceId, key } = await workspaceWithKey(['calls:read']);
    const callId = newId('call');
    const sent = [await record(workspaceId, callId, 1, 'call.created')];
    const path = `/calls/${callId}/events`;
    const stream = await follow(first, path, key);
    await until(stream, 1);
    await record(workspaceId, newId('call'), 1, 'call.created');
    sent.push(await record(workspaceId, callId, 2, 'call.answered'));
    await until(stream, 2);
    stream.cut();
    sent.push(await record(workspaceId, callId, 3, 'call.turn.completed'));
    const rest = await follow(second, path, key, stream.lastEventId());
    await until(rest, 1);
    sent.push(await record(workspaceId, callId, 4, 'call.ended'));
    expect(await rest.over).toBe('ended');
    expect([...ids(stream), ...ids(rest)]).toEqual(sent);
    expect((await follow(first, path, key, rest.lastEventId())).status).toBe(204);
    // What comes late is told to whoever asks again.
    sent.push(await record(workspaceId, callId, 5, 'call.summarized'));
    const late = await follow(first, path, key, rest.lastEventId());
    expect(await late.over).toBe('ended');
    expect(ids(late)).toEqual(sent.slice(4));
    const whole = await follow(second, path, key);
    expect(await whole.over).toBe('ended');
    expect(ids(whole)).toEqual(sent);
    expect((await follow(first, path, key, late.lastEventId())).status).toBe(204);
  });

  test('a call of more events than a page comes whole', async () => {
    const { workspaceId, key } = await workspaceWithKey();
    const callId = newId('call');
    const sent: string[] = [];
    for (let sequence = 1; sequence <= 100; sequence += 1) {
      sent.push(await record(workspaceId, callId, sequence, sequence === 50 ? 'call.ended' : 'x'));
    }
    const stream = await follow(first, `/calls/${callId}/events`, key);
    expect(await stream.over).toBe('ended');
    expect(ids(stream)).toEqual(sent);
  });

  test('a call whose events are kept no longer is over at once', async () => {
    const { workspaceId, key } = await workspaceWithKey();
    const callId = newId('call');
    await record(workspaceId, callId, 1, 'call.created');
    const last = await record(workspaceId, callId, 2, 'call.ended');
    await bench.owner.deleteFrom('events').where('call_id', '=', callId).execute();
    expect((await follow(first, `/calls/${callId}/events`, key)).status).toBe(204);
    expect((await follow(first, `/calls/${callId}/events`, key, last)).status).toBe(422);
  });

  test('what is not our call is not found, and what is not of it unknown', async () => {
    const [ours, theirs] = [await workspaceWithKey(), await workspaceWithKey()];
    const [callId, otherId] = [newId('call'), newId('call')];
    await record(theirs.workspaceId, callId, 1, 'call.created');
    const own = await record(ours.workspaceId, otherId, 1, 'call.created');
    const another = await record(ours.workspaceId, newId('call'), 1, 'call.created');
    const api = await startWith(() => undefined);
    expect((await follow(api, `/calls/${callId}/events`, ours.key)).status).toBe(404);
    expect((await follow(api, '/calls/call_1/events', ours.key)).status).toBe(404);
    expect((await follow(first, `/calls/${otherId}/events`, ours.key, another)).status).toBe(422);
    expect((await follow(first, `/calls/${otherId}/events`, ours.key, own)).status).toBe(200);
  });

  test('a call that is not recorded yet is watched from its beginning', async () => {
    const { workspaceId, key } = await workspaceWithKey();
    const foreign = await workspaceWithKey();
    const api = await startWith(() => ({ workspaceId, status: 'ringing' }));
    const callId = newId('call');
    const stream = await follow(api, `/calls/${callId}/events`, key);
    expect(stream.status).toBe(200);
    expect((await follow(api, `/calls/${callId}/events`, foreign.key)).status).toBe(404);
    await record(workspaceId, callId, 1, 'call.created');
    await record(workspaceId, callId, 2, 'call.ended');
    expect(await stream.over).toBe('ended');
    expect(stream.events.map(({ type }) => type)).toEqual(['call.created', 'call.ended']);
  });
});

describe('a stream ends', () => {
  test.each([
    ['is revoked', { revoked_at: new Date() }],
    ['expires', { expires_at: new Date() }],
    ['loses the right', { scopes: ['calls:read'] }],
  ])(
    'within 5 s after its key %s, and not the one of another key',
    async (_what, change) => {
      const { workspaceId, key } = await workspaceWithKey();
      const other = await bench.key(workspaceId);
      const [stream, others] = [
        await follow(first, '/events/stream', key),
        await follow(first, '/events/stream', other),
      ];
      await bench.owner
        .updateTable('api_keys')
        .set(change)
        .where('hash', '=', faceOf(key)?.hash ?? Buffer.of())
        .execute();
      expect(await Promise.race([stream.over, delay(5_000, 'open')])).toBe('ended');
      await write(workspaceId, event('a'));
      await until(others, 1);
      expect(stream.events).toEqual([]);
    },
    15_000,
  );

  test('at once when its process stops, and goes on over another one', async () => {
    const { workspaceId, key } = await workspaceWithKey();
    const third = await bench.start();
    const stream = await follow(third, '/events/stream', key);
    await eventually(() => expect(stream.lastEventId()).not.toBe(''));
    const stopping = third.stop();
    expect(await Promise.race([stream.over, delay(1_000, 'open')])).toBe('ended');
    expect(await Promise.race([stopping, delay(2_000, 'open')])).toBeUndefined();
    await write(workspaceId, event('a'));
    const next = await follow(second, '/events/stream', key, stream.lastEventId());
    await until(next, 1);
  });

  test('for nobody else when a client goes away, however often', async () => {
    const { workspaceId, key } = await workspaceWithKey();
    for (let nth = 0; nth < 150; nth += 1) (await follow(first, '/events/stream', key)).cut();
    const stream = await follow(first, '/events/stream', key);
    expect(stream.status).toBe(200);
    await write(workspaceId, event('a'));
    await until(stream, 1);
  });
});

test('a workspace has so many streams on a process, and another one its own', async () => {
  const [{ key }, others] = [await workspaceWithKey(), await workspaceWithKey()];
  const streams = await Promise.all(
    Array.from({ length: 110 }, () => follow(first, '/events/stream', key)),
  );
  const refused = streams.filter(({ status }) => status !== 200);
  expect(refused).toHaveLength(10);
  expect(refused[0]?.body).toMatchObject({ code: 'stream-limit', status: 429 });
  expect(refused[0]?.headers.get('retry-after')).toBe('5');
  expect((await follow(first, '/events/stream', others.key)).status).toBe(200);
  for (const stream of streams) stream.cut();
  await eventually(async () =>
    expect((await follow(first, '/events/stream', key)).status).toBe(200),
  );
});

describe('while the database is in trouble', () => {
  const killAll = () =>
    sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'voca-api'`.execute(bench.owner);

  test('a stream stays open, and misses nothing', async () => {
    const { workspaceId, key } = await workspaceWithKey();
    const stream = await follow(first, '/events/stream', key);
    const sent: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      const [before, after] = [event('before'), event('after')];
      await write(workspaceId, before);
      await killAll();
      await write(workspaceId, after);
      await delay(50);
      sent.push(before.id, after.id);
    }
    await until(stream, sent.length);
    expect(ids(stream)).toEqual(sent);
  }, 20_000);

  test('a notice that is lost is made up for by a slow look', async () => {
    const { workspaceId, key } = await workspaceWithKey();
    const stream = await follow(first, '/events/stream', key);
    const lost = event('lost');
    await inWorkspace(bench.db, workspaceId, 'Writing', async (scope) => {
      await emit(scope, [event('first')]);
    });
    await until(stream, 1);
    // As `emit` would, but telling nobody.
    await bench.owner.transaction().execute(async (trx) => {
      await sql`update event_positions set last = last + 1 where workspace_id = ${workspaceId}`.execute(
        trx,
      );
      await sql`insert into events (id, workspace_id, position, type, occurred_at, data)
        select ${lost.id}, workspace_id, last, 'lost', now(), '{}' from event_positions
        where workspace_id = ${workspaceId}`.execute(trx);
    });
    await eventually(() => expect(ids(stream)).toContain(lost.id), { withinMs: 20_000 });
  }, 30_000);
});

test('a client that does not read is cut off, and others do not notice', async () => {
  const { workspaceId, key } = await workspaceWithKey();
  const api = await bench.start({ streamTimes: { stallMs: 500 } });
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined);
  socket.write(`GET /v1/events/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  const stream = await follow(api, '/events/stream', key);
  const data = { text: 'x'.repeat(15_000) };
  let count = 0;
  const before = process.memoryUsage().rss;
  for (; count < 1_500 && api.openStreams() === 2; count += 1)
    await write(workspaceId, event('a', { data }));
  await eventually(() => expect(api.openStreams()).toBe(1));
  expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  socket.resume();
  await closed;
  await until(stream, count);
}, 60_000);

describe('exactly once, in order', () => {
  test('while 1,000 events are written by several writers and connections are cut at random', async () => {
    const { workspaceId, key } = await workspaceWithKey();
    const processes = [first, second];
    const written = new Set<string>();
    const received: string[] = [];
    let connections = 0;
    let isDone = false;
    let last = '';
    const reading = (async () => {
      while (!isDone || received.length < written.size) {
        connections += 1;
        const stream = await follow(
          processes[connections % 2] as ApiProcess,
          '/events/stream',
          key,
          last,
        );
        expect(stream.status).toBe(200);
        // From the very first moment to long enough that much has come.
        await Promise.race([stream.over, delay(Math.random() ** 3 * 400)]);
        if (isDone) await delay(100);
        stream.cut();
        await stream.over;
        received.push(...ids(stream));
        last = stream.lastEventId();
      }
    })();
    await eventually(() => expect(last).toBe('pos_0'));
    const writers = Array.from({ length: 5 }, async () => {
      for (let nth = 0; nth < 100; nth += 1) {
        const events = [event('a.b'), event('a.c')];
        await write(workspaceId, ...events);
        for (const { id } of events) written.add(id);
      }
    });
    await Promise.all(writers);
    isDone = true;
    await reading;
    const order = await bench.owner
      .selectFrom('events')
      .select('id')
      .where('workspace_id', '=', workspaceId)
      .orderBy('position')
      .execute();
    expect(order).toHaveLength(1_000);
    expect(received).toEqual(order.map(({ id }) => id));
    expect(connections).toBeGreaterThan(5);
  }, 60_000);
});
