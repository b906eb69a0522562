/** Events on their way to a customer's server. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { Webhook } from 'standardwebhooks';
import * as endpoints from '../../src/db/webhook-endpoints.ts';
import { newId } from '../../src/ids.ts';
import { createSecretBox } from '../../src/sealing/secret-box.ts';
import { dispatcherId } from '../../workflows/webhook-contract.ts';
import { WebhookReceiver } from '../fakes/webhook-receiver.ts';
import { WS_A } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { keepHistory } from './support/histories.ts';
import { WebhookBench } from './support/webhooks.ts';

let bench: WebhookBench;
beforeAll(async () => {
  bench = await WebhookBench.open();
  await bench.send();
});
afterAll(() => bench?.close());
beforeEach(async () => {
  await bench.forgetEndpoints();
  bench.receiver.behave = () => ({ status: 200 });
});

describe('an event', () => {
  test('is at the receiver soon, signed, and its delivery says so', async () => {
    const { id, secret } = await bench.endpoint();
    const [event] = await bench.emit(1);
    const [row] = await bench.all(id, 'succeeded');
    expect(row).toMatchObject({ attempt_count: 1, reason: null, next_attempt_at: null });
    expect(row?.attempts).toEqual([
      { at: expect.any(String), ms: expect.any(Number), status: 200, answer: '' },
    ]);
    const [request] = bench.receiver.received.filter(({ path }) => path === `/${id}`);
    const headers = request?.headers as Record<string, string>;
    const body = new Webhook(secret).verify(request?.body ?? '', headers);
    expect(body).toMatchObject({
      id: event,
      object: 'event',
      type: 'call.ended',
      data: { nth: 0 },
    });
    await eventually(async () => {
      expect((await bench.dispatcher(id).describe()).status.name).toBe('COMPLETED');
    });
    expect((await bench.health(id))?.busy_until).toBeNull();
  });
});

describe('the order and the pace', () => {
  test('first attempts go in order, never two of one call at once', async () => {
    const { id } = await bench.endpoint();
    bench.receiver.behave = () => ({ status: 200, afterMs: 5 });
    const path = `/${id}`;
    const events = await bench.emit(60, { lane: (nth) => `call_${id}_${nth % 3}` });
    await bench.all(id, 'succeeded');
    expect([...bench.receiver.ids(path)].sort()).toEqual([...events].sort());
    for (const lane of [0, 1, 2]) {
      const ofLane: string[] = events.filter((_event, nth) => nth % 3 === lane);
      expect(bench.receiver.ids(path).filter((each) => ofLane.includes(each))).toEqual(ofLane);
    }
    const most = Math.max(
      ...bench.receiver.received.filter((r) => r.path === path).map((r) => r.atOnce),
    );
    expect(most).toBeLessThanOrEqual(3);
  });

  test('a backlog goes out at the rate of its endpoint, evenly', async () => {
    const { id } = await bench.endpoint({ maxPerSecond: 40 });
    await bench.emit(160, { perTransaction: 160 });
    await bench.all(id, 'succeeded');
    // When they were sent: on a busy machine what is held up on its way arrives together.
    const rows = await bench.deliveries(id);
    const times = rows.flatMap(({ attempts }) =>
      (attempts as { at: string }[]).map(({ at }) => Date.parse(at)),
    );
    expect(times).toHaveLength(160);
    const inASecond = times.map(
      (from) => times.filter((at) => at >= from && at < from + 1000).length,
    );
    expect(Math.max(...inASecond)).toBeLessThanOrEqual(41);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThanOrEqual(159 * 25);
  });
});

describe('a receiver that fails', () => {
  test('is asked again by the plan, with the same words; the workflow of the delivery tells of it', async () => {
    const { id, secret } = await bench.endpoint();
    let asked = 0;
    bench.receiver.behave = () => ({ status: (asked += 1) < 3 ? 500 : 204, body: 'no\u0007pe' });
    const [event] = await bench.emit(1);
    const [row] = await bench.all(id, 'succeeded');
    expect(row).toMatchObject({ attempt_count: 3, handed_over: true });
    expect(row?.attempts).toMatchObject([
      { status: 500, answer: 'nope' },
      { status: 500 },
      { status: 204 },
    ]);
    const requests = bench.receiver.received.filter(({ path }) => path === `/${id}`);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    expect(new Set(requests.map((request) => request.id))).toEqual(new Set([event]));
    for (const { body, headers } of requests) {
      new Webhook(secret).verify(body, headers as Record<string, string>);
    }
    const gaps = requests.map(({ at }, nth) => at - (requests[nth - 1]?.at ?? at));
    expect(gaps[1]).toBeGreaterThan(150);
    expect(gaps[2]).toBeGreaterThan(300);
    const retries = bench.link.client.workflow.getHandle(row?.id ?? '');
    expect(await retries.result()).toEqual({ status: 'succeeded', attempts: 3 });
    const { staticSummary } = await retries.describe();
    expect(await staticSummary()).toBe(`call.ended to ${id}`);
    await keepHistory(bench.link, row?.id ?? '', 'webhook-delivery');
  });

  test('fails a delivery when the plan is over, and keeps nobody else waiting', async () => {
    const { id } = await bench.endpoint();
    const { id: other } = await bench.endpoint({ events: ['*'] });
    bench.receiver.behave = ({ path }) => (path === `/${id}` ? 'cut' : { status: 200 });
    const [event] = await bench.emit(1);
    await bench.all(other, 'succeeded');
    const [row] = await bench.all(id, 'failed');
    expect(row).toMatchObject({ attempt_count: 5, reason: null, event_id: event });
    expect(row?.attempts).toHaveLength(5);
    expect(row?.attempts).toMatchObject(Array.from({ length: 5 }, () => ({ error: 'connection' })));
    const result = await bench.link.client.workflow.getHandle(row?.id ?? '').result();
    expect(result).toEqual({ status: 'failed', attempts: 5 });
  });

  test('may redirect: that is a failure', async () => {
    const { id } = await bench.endpoint();
    bench.receiver.behave = ({ path }) =>
      path === `/${id}`
        ? { status: 302, headers: { location: bench.receiver.url('/there') } }
        : { status: 200 };
    await bench.emit(1);
    const [row] = await bench.all(id, 'failed');
    expect(row?.attempts).toMatchObject([{ status: 302 }, {}, {}, {}, {}]);
    expect(bench.receiver.ids('/there')).toEqual([]);
  });

  test('is left alone for as long as it asks, with all that waits for it', async () => {
    const { id } = await bench.endpoint({ maxPerSecond: 20 });
    const path = `/${id}`;
    let asked = 0;
    bench.receiver.behave = () =>
      (asked += 1) === 1 ? { status: 429, headers: { 'retry-after': '2' } } : { status: 200 };
    await bench.emit(5);
    const rows = await bench.all(id, 'succeeded');
    const [first, second] = bench.receiver.received.filter((each) => each.path === path);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(1900);
    const refused = rows.filter(({ attempt_count: count }) => count > 1);
    expect(refused).toHaveLength(1);
  });

  test('that is gone gets nothing more, and others hear of it', async () => {
    const { id } = await bench.endpoint({ maxPerSecond: 5 });
    const { id: watcher } = await bench.endpoint({ events: ['webhook_endpoint.*'] });
    bench.receiver.behave = ({ path }) => ({ status: path === `/${id}` ? 410 : 200 });
    await bench.emit(4, { perTransaction: 4 });
    const rows = await bench.all(id, 'failed');
    expect(rows.map(({ reason }) => reason ?? '').toSorted()).toEqual([
      '',
      ...['endpoint_disabled', 'endpoint_disabled', 'endpoint_disabled'],
    ]);
    const endpoint = await bench.base.system
      .selectFrom('webhook_endpoints')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(endpoint).toMatchObject({ status: 'disabled', disabled_reason: 'gone' });
    await eventually(() => expect(bench.receiver.ids(`/${watcher}`)).toHaveLength(1));
    const told = bench.receiver.received.find(({ path }) => path === `/${watcher}`);
    expect(JSON.parse(told?.body ?? '')).toMatchObject({
      type: 'webhook_endpoint.disabled',
      data: { webhook_endpoint: { id, status: 'disabled', disabled_reason: 'gone' } },
    });
    await eventually(async () => {
      expect((await bench.dispatcher(id).describe()).status.name).toBe('COMPLETED');
    });
  });

  test('that is down is tried with one at a time, and gets all when it is back', async () => {
    const { id } = await bench.endpoint();
    await bench.receiver.down();
    const events = await bench.emit(40, { perTransaction: 40 });
    await eventually(async () => {
      expect((await bench.health(id))?.failures).toBeGreaterThanOrEqual(7);
    });
    const waiting = (await bench.deliveries(id)).filter(({ status }) => status === 'pending');
    expect(waiting.length).toBeGreaterThan(20);
    await bench.receiver.up();
    await bench.all(id, 'succeeded');
    expect(new Set(bench.receiver.ids(`/${id}`))).toEqual(new Set(events));
    expect(await bench.health(id)).toMatchObject({ failures: 0, failing_since: null });
    await keepHistory(bench.link, dispatcherId(id), 'webhook-dispatch');
  });

  test('and takes some events all the same gets these, whatever it refuses', async () => {
    const { id } = await bench.endpoint();
    const refused = new Set(await bench.emit(60, { perTransaction: 60 }));
    bench.receiver.behave = (request) => ({ status: refused.has(request.id as never) ? 500 : 200 });
    await eventually(async () => {
      expect((await bench.health(id))?.failures).toBeGreaterThanOrEqual(6);
    });
    const wanted = await bench.emit(3);
    await eventually(async () => {
      const rows = await bench.deliveries(id);
      const arrived = rows.filter(({ status }) => status === 'succeeded');
      expect(arrived.map(({ event_id: event }) => event)).toEqual(wanted);
    });
    const untried = (await bench.deliveries(id)).filter(({ attempt_count: count }) => count === 0);
    expect(untried.length).toBeGreaterThan(20);
  });

  test('and nothing but fails for days is disabled, with all that waits', async () => {
    const own = await WebhookBench.open();
    try {
      await own.send({
        disableAfterMs: 1500,
        delaysMs: [0, 300, 300, 300, 300, 300, 300, 300, 300, 300],
      });
      const { id } = await own.endpoint({ events: ['*'] });
      const { id: watcher } = await own.endpoint({ events: ['webhook_endpoint.*'] });
      own.receiver.behave = ({ path }) => ({ status: path === `/${id}` ? 500 : 200 });
      await own.emit(12, { perTransaction: 12 });
      await eventually(() => expect(own.receiver.ids(`/${watcher}`)).toHaveLength(1));
      const rows = await own.all(id, 'failed');
      expect(rows.some(({ reason }) => reason === 'endpoint_disabled')).toBe(true);
      const told = own.receiver.received.find(({ path }) => path === `/${watcher}`);
      expect(JSON.parse(told?.body ?? '')).toMatchObject({
        data: { webhook_endpoint: { id, disabled_reason: 'failing' } },
      });
    } finally {
      await own.close();
    }
  });
});

describe('an endpoint', () => {
  test('whose secret cannot be opened gets nothing, and its deliveries say why', async () => {
    const { id } = await bench.endpoint();
    await bench.base.system
      .updateTable('webhook_endpoints')
      .set({ secret: createSecretBox(['another-key-than-that-of-the-worker']).seal('whsec_x', id) })
      .where('id', '=', id)
      .execute();
    await bench.emit(1);
    const [row] = await bench.all(id, 'failed');
    expect(row?.attempts).toMatchObject(
      Array.from({ length: 5 }, () => ({ error: 'secret-lost' })),
    );
    expect(bench.receiver.ids(`/${id}`)).toEqual([]);
  });

  test('whose URL leads to where nobody may go gets nothing', async () => {
    const { id } = await bench.endpoint({ url: 'https://169.254.169.254/latest' });
    await bench.emit(1);
    const [row] = await bench.all(id, 'failed');
    expect(row?.attempts).toMatchObject([{ error: 'refused-url' }, {}, {}, {}, {}]);
  });

  test('that is deleted in the middle of it gets no more', async () => {
    const { id } = await bench.endpoint({ maxPerSecond: 20 });
    await bench.emit(60, { perTransaction: 60 });
    await eventually(() => expect(bench.receiver.ids(`/${id}`).length).toBeGreaterThan(3));
    await bench.base.within(async (scope) => {
      const endpoint = await endpoints.find(scope, id, { lock: true });
      if (endpoint) await endpoints.softDelete(scope, endpoint);
    });
    const atThatTime = bench.receiver.ids(`/${id}`).length;
    await eventually(async () => {
      expect((await bench.dispatcher(id).describe()).status.name).toBe('COMPLETED');
    });
    expect(bench.receiver.ids(`/${id}`).length).toBeLessThanOrEqual(atThatTime + 2);
    const left = (await bench.deliveries(id)).filter(({ status }) => status !== 'succeeded');
    expect(left.length).toBeGreaterThan(30);
    expect(new Set(left.map(({ status, reason }) => `${status} ${reason}`))).toEqual(
      new Set(['failed endpoint_disabled']),
    );
  });
});

describe('whatever is lost', () => {
  test('a notice that was not heard is made good by a look', async () => {
    const { id } = await bench.endpoint();
    const event = newId('evt');
    await bench.base.system
      .insertInto('events')
      .values({
        id: event,
        workspace_id: WS_A,
        position: sql`1000000` as never,
        type: 'call.ended',
        occurred_at: new Date(),
        data: '{}',
        call_id: null,
        sequence: null,
      } as never)
      .execute();
    await sql`insert into deliveries (id, workspace_id, endpoint_id, event_id, event_type, position)
      values (${newId('dlv')}, ${WS_A}, ${id}, ${event}, 'call.ended', 1000000)`.execute(
      bench.base.system,
    );
    await bench.all(id, 'succeeded', 6_000);
    expect(bench.receiver.ids(`/${id}`)).toEqual([event]);
  });

  test('nothing is left lying when one comes just as the dispatcher ends', async () => {
    const own = await WebhookBench.open();
    try {
      // It gives the endpoint back the moment nothing waits.
      await own.send({ lingerMs: 0 });
      const { id } = await own.endpoint();
      const written: `evt_${string}`[] = [];
      for (let nth = 0; nth < 150; nth += 1) {
        written.push(...(await own.emit(1)));
        const pauseMs = (nth * 7) % 60;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
      await own.all(id, 'succeeded', 8_000);
      expect(new Set(own.receiver.ids(`/${id}`))).toEqual(new Set<string>(written));
      expect(own.receiver.received).toHaveLength(150);
      const late = (await own.deliveries(id)).map(
        (row) => (row.finished_at?.getTime() ?? 0) - row.created_at.getTime(),
      );
      // A stranded one waits for the next look, two seconds later; a busy machine may hold up a few.
      expect(late.filter((ms) => ms > 1_500).length).toBeLessThanOrEqual(3);
    } finally {
      await own.close();
    }
  });

  test('two workers share the endpoints, and one that leaves hands over at once', async () => {
    const own = await WebhookBench.open();
    try {
      const first = await own.send({ lingerMs: 60_000 });
      const { id } = await own.endpoint();
      await own.emit(3);
      await own.all(id, 'succeeded');
      const second = await own.send({ lingerMs: 60_000 });
      const askedAt = Date.now();
      await first.stop(); // one of them stays with the endpoint for a minute
      expect(Date.now() - askedAt).toBeLessThan(2_500);
      await own.emit(3);
      await own.all(id, 'succeeded', 8_000);
      expect(own.receiver.received).toHaveLength(6);
      await second.stop();
    } finally {
      await own.close();
    }
  });
});

test('receivers that accept and never answer delay nobody else', async () => {
  const own = await WebhookBench.open();
  const dead = await WebhookReceiver.start();
  dead.behave = () => 'hang';
  try {
    await own.send();
    const ids: string[] = [];
    for (let nth = 0; nth < 30; nth += 1) {
      ids.push((await own.endpoint({ url: dead.url(`/${nth}`), events: ['call.*'] })).id);
    }
    const { id: healthy } = await own.endpoint();
    for (let nth = 0; nth < 30; nth += 1) {
      await own.emit(1);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const rows = await own.all(healthy, 'succeeded');
    const tookMs = rows
      .map((row) => (row.finished_at?.getTime() ?? Infinity) - row.created_at.getTime())
      .sort((a, b) => a - b);
    // Behind one that does not answer all would wait for its 2 s; a busy machine may hold up some.
    expect(tookMs[15]).toBeLessThan(2_000);
    await eventually(async () => {
      const failures = await Promise.all(ids.map(async (id) => (await own.health(id))?.failures));
      expect(failures.filter((count = 0) => count === 0)).toEqual([]);
    });
  } finally {
    await own.close();
    await dead.down();
  }
});
