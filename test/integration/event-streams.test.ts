/** Streams of events over real HTTP: two api processes, one PostgreSQL. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { emit } from '../../src/db/outbox.ts';
import type { NewEvent } from '../../src/db/outbox.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import { newId } from '../../src/ids.ts';
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
