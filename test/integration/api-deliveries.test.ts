/** Deliveries over the API: looked at, sent again, and what an endpoint missed recovered. Nobody sends here. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import pg from 'pg';
import { DELIVERIES_CHANNEL, emit } from '../../src/db/outbox.ts';
import type { DeliveryStatus } from '../../src/db/schema.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import { newId } from '../../src/ids.ts';
import { openApiBench } from './support/api.ts';
import type { ApiBench, ApiProcess, ApiRequest } from './support/api.ts';

interface DeliveryBody {
  id: string;
  event_id: string;
  event_type: string;
  status: DeliveryStatus;
  attempts: object[];
  data: DeliveryBody[];
  has_more: boolean;
  next_cursor: string;
  deliveries: number;
  next_since: string | null;
  code: string;
  errors: { pointer: string; code: string }[];
}

const URL = 'https://example.com/events';
const DAY_MS = 86_400_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

let bench: ApiBench;
let api: ApiProcess;
let workspace: string;
let key: string;

beforeAll(async () => {
  bench = await openApiBench();
  api = await bench.start();
});
afterAll(() => bench.close());

const ask = (path: string, request: ApiRequest = {}) =>
  api.ask<DeliveryBody>(path, { key, ...request });

/** Each test has a workspace of its own. */
async function begin(): Promise<void> {
  workspace = await bench.workspace();
  key = await bench.key(workspace);
}

async function endpoint(events = ['call.*']): Promise<string> {
  const { body } = await ask('/v1/webhook-endpoints', { body: { url: URL, events } });
  return body.id;
}

async function tell(...types: string[]): Promise<string[]> {
  const events = types.map((type) => ({
    ...{ id: newId('evt'), type, occurredAt: new Date().toISOString(), data: {} },
  }));
  await inWorkspace(bench.db, workspace, 'Telling', (scope) => emit(scope, events));
  return events.map(({ id }) => id);
}

const deliveriesOf = async (endpointId: string) =>
  (await ask(`/v1/webhook-endpoints/${endpointId}/deliveries?limit=100`)).body.data;

const set = (id: string, columns: Parameters<typeof row>[1]) => row(id, columns).execute();
const row = (id: string, columns: object) =>
  bench.owner.updateTable('deliveries').set(columns).where('id', '=', id);
const kept = (id: string) =>
  bench.owner.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

const change = (endpointId: string, status: 'enabled' | 'disabled') =>
  ask(`/v1/webhook-endpoints/${endpointId}`, { method: 'PATCH', body: { status } });

/** Who sends is told of something. */
async function notices(work: () => Promise<unknown>): Promise<string[]> {
  const told: string[] = [];
  const listener = new pg.Client({ connectionString: bench.databaseUrl });
  await listener.connect();
  try {
    listener.on('notification', ({ payload }) => told.push(payload ?? ''));
    await listener.query(`listen ${DELIVERIES_CHANNEL}`);
    await work();
    await listener.query('select 1');
    return told;
  } finally {
    await listener.end();
  }
}

const recover = (endpointId: string, since: unknown = ago(3_600_000)) =>
  ask(`/v1/webhook-endpoints/${endpointId}/recover`, { body: { since } });

describe('deliveries', () => {
  test('are listed by endpoint, status and type, page by page', async () => {
    await begin();
    const one = await endpoint();
    const other = await endpoint(['call.ended']);
    for (let nth = 0; nth < 3; nth += 1) await tell('call.created', 'call.ended');
    const all = await deliveriesOf(one);
    expect(all).toHaveLength(6);
    expect(await deliveriesOf(other)).toHaveLength(3);
    await set(all[1]?.id ?? '', { status: 'succeeded', finished_at: new Date() });
    const path = `/v1/webhook-endpoints/${one}/deliveries`;
    const first = await ask(`${path}?limit=4`);
    const rest = await ask(`${path}?limit=4&starting_after=${first.body.next_cursor}`);
    expect([...first.body.data, ...rest.body.data].map(({ id }) => id)).toEqual(
      all.map(({ id }) => id),
    );
    const ended = await ask(`${path}?event_type=call.ended`);
    expect(ended.body.data.map(({ event_type: type }) => type)).toEqual(
      Array(3).fill('call.ended'),
    );
    const done = await ask(`${path}?status=succeeded`);
    expect(done.body.data.map(({ id }) => id)).toEqual([all[1]?.id]);
    for (const query of [
      'status=sent',
      'event_type=call.finished',
      'since=2026-01-01',
      'limit=0',
    ]) {
      expect([query, (await ask(`${path}?${query}`)).status]).toEqual([query, 422]);
    }
    expect(first.text).not.toContain('attempts"');
  });

  test('are shown with their attempts', async () => {
    await begin();
    const id = (await deliveriesOf(await endpoint(['*'])))[0]?.id ?? '';
    const attempts = [
      { at: '2026-03-01T12:00:00.000Z', ms: 15_000, error: 'timeout' },
      { at: '2026-03-01T12:00:20.000Z', ms: 7, status: 500, answer: 'Oh.' },
    ];
    await set(id, {
      ...{ status: 'retrying', attempt_count: 2, next_attempt_at: '2026-03-01T12:05:00.000Z' },
      attempts: JSON.stringify(attempts),
    });
    const { body } = await ask(`/v1/deliveries/${id}`);
    expect(body).toMatchObject({
      id,
      object: 'delivery',
      event_type: 'webhook_endpoint.created',
      status: 'retrying',
      reason: null,
      attempt_count: 2,
      next_attempt_at: '2026-03-01T12:05:00.000Z',
      finished_at: null,
      attempts: [
        { at: '2026-03-01T12:00:00.000Z', duration_ms: 15_000, status: null, error: 'timeout' },
        { at: '2026-03-01T12:00:20.000Z', duration_ms: 7, status: 500, answer: 'Oh.' },
      ],
    });
    expect((await ask(`/v1/deliveries/${newId('dlv')}`)).status).toBe(404);
  });
});

describe('a delivery is sent again', () => {
  test.each([
    ['succeeded', false],
    ['failed', true],
    ['retrying', true],
    ['pending', true],
  ] as const)('that is %s (its workflow was begun: %s)', async (status, handed_over) => {
    await begin();
    const id = (await deliveriesOf(await endpoint(['*'])))[0]?.id ?? '';
    const isOver = status === 'succeeded' || status === 'failed';
    await set(id, {
      ...{
        status,
        handed_over,
        attempt_count: 3,
        attempts: JSON.stringify([{ at: ago(0), ms: 1 }]),
      },
      finished_at: isOver ? new Date() : null,
      next_attempt_at: status === 'retrying' ? new Date() : null,
      reason: status === 'failed' ? 'endpoint_disabled' : null,
    });
    const before = await kept(id);
    const told = await notices(async () => {
      const { status: answered, body } = await ask(`/v1/deliveries/${id}/retry`, {
        method: 'POST',
      });
      expect(answered).toBe(202);
      expect(body).toMatchObject({ id, event_id: before.event_id, status: 'pending' });
    });
    expect(told).toEqual([workspace]);
    expect(await kept(id)).toEqual({
      ...before,
      status: 'pending',
      reason: null,
      next_attempt_at: null,
      finished_at: null,
      // What is over has no workflow any more.
      handed_over: handed_over && !isOver,
      // It may fail a few times more, as if it were new.
      attempt_count: isOver ? 0 : 3,
      updated_at: expect.any(Date),
    });
  });

  test('at once also when the receiver is taken for down', async () => {
    await begin();
    const endpointId = await endpoint(['*']);
    const id = (await deliveriesOf(endpointId))[0]?.id ?? '';
    const hold = async (failures: number, forMs: number) => {
      const busy_until = new Date(Date.now() + forMs);
      const health = { failures, busy_until };
      await bench.owner
        .insertInto('webhook_dispatch')
        .values({ endpoint_id: endpointId, workspace_id: workspace, ...health })
        .onConflict((conflict) => conflict.column('endpoint_id').doUpdateSet(health))
        .execute();
    };
    const isHeld = async () => {
      const { busy_until: until } = await bench.owner
        .selectFrom('webhook_dispatch')
        .select('busy_until')
        .where('endpoint_id', '=', endpointId)
        .executeTakeFirstOrThrow();
      return until !== null;
    };
    const asks = {
      retry: () => ask(`/v1/deliveries/${id}/retry`, { method: 'POST' }),
      test: () => ask(`/v1/webhook-endpoints/${endpointId}/test`, { method: 'POST' }),
      recover: async () => {
        await set(id, { status: 'failed' });
        await recover(endpointId);
      },
      move: () =>
        ask(`/v1/webhook-endpoints/${endpointId}`, {
          ...{ method: 'PATCH', body: { url: `${URL}/${newId('req')}` } },
        }),
    };
    for (const [name, each] of Object.entries(asks)) {
      await hold(5, 240_000);
      expect(await notices(each)).toContain(workspace);
      expect([name, await isHeld()]).toEqual([name, false]);
      // It has asked for time.
      await hold(0, 3_600_000);
      await each();
      expect([name, await isHeld()]).toEqual([name, false]);
      // Whoever is at it goes on.
      await hold(0, 20_000);
      await each();
      expect([name, await isHeld()]).toEqual([name, true]);
    }
  });

  test('once for one Idempotency-Key', async () => {
    await begin();
    const id = (await deliveriesOf(await endpoint(['*'])))[0]?.id ?? '';
    const again = { method: 'POST', headers: { 'idempotency-key': 'once' } };
    await ask(`/v1/deliveries/${id}/retry`, again);
    await set(id, { status: 'succeeded' });
    const { headers } = await ask(`/v1/deliveries/${id}/retry`, again);
    expect(headers.get('idempotent-replayed')).toBe('true');
    expect((await kept(id)).status).toBe('succeeded');
  });

  test('not to an endpoint that is disabled or deleted, nor when there is none', async () => {
    await begin();
    const endpointId = await endpoint(['*']);
    const id = (await deliveriesOf(endpointId))[0]?.id ?? '';
    const retry = async () => {
      const { status, body } = await ask(`/v1/deliveries/${id}/retry`, { method: 'POST' });
      return [status, body.code];
    };
    await change(endpointId, 'disabled');
    expect(await retry()).toEqual([409, 'conflict']);
    expect((await kept(id)).status).toBe('failed');
    await ask(`/v1/webhook-endpoints/${endpointId}`, { method: 'DELETE' });
    expect(await retry()).toEqual([409, 'conflict']);
    expect((await ask(`/v1/deliveries/${id}`)).status).toBe(200);
    const unknown = await ask(`/v1/deliveries/${newId('dlv')}/retry`, { method: 'POST' });
    expect(unknown.status).toBe(404);
  });
});

describe('a test', () => {
  test('is sent to one endpoint alone, also when it wants no such event', async () => {
    await begin();
    const one = await endpoint(['call.ended']);
    const all = await endpoint(['*']);
    const before = await deliveriesOf(all);
    const { status, body, headers } = await ask(`/v1/webhook-endpoints/${one}/test`, {
      method: 'POST',
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ event_type: 'webhook_endpoint.test', status: 'pending' });
    expect((await ask(headers.get('location') ?? '')).body.id).toBe(body.id);
    expect(await deliveriesOf(one)).toEqual([body]);
    expect(await deliveriesOf(all)).toEqual(before);
    const again = { method: 'POST', headers: { 'idempotency-key': 'once' } };
    const first = await ask(`/v1/webhook-endpoints/${one}/test`, again);
    expect((await ask(`/v1/webhook-endpoints/${one}/test`, again)).body).toEqual(first.body);
    await change(one, 'disabled');
    const refused = await ask(`/v1/webhook-endpoints/${one}/test`, { method: 'POST' });
    expect([refused.status, refused.body.code]).toEqual([409, 'conflict']);
  });
});

describe('what an endpoint missed', () => {
  test('is sent: what failed, and what was told while it was disabled or not there', async () => {
    await begin();
    const [early = ''] = await tell('call.created');
    await tell('assistant.created');
    const id = await endpoint();
    const [failed = '', arrived = '', waits = '', retried = ''] = await tell(
      ...['call.queued', 'call.ringing', 'call.answered', 'call.turn.completed'],
    );
    const list = await deliveriesOf(id);
    const of = (eventId: string) => list.find((each) => each.event_id === eventId)?.id ?? '';
    await set(of(failed), { status: 'failed', handed_over: true, attempt_count: 10 });
    await set(of(arrived), { status: 'succeeded' });
    await set(of(retried), { status: 'retrying', next_attempt_at: new Date() });
    const calm = await recover(id);
    expect(calm.status).toBe(202);
    expect(calm.body).toEqual({
      ...{ object: 'recovery', deliveries: 2, has_more: false, next_since: null },
    });
    const statuses = async () =>
      Object.fromEntries((await deliveriesOf(id)).map((each) => [each.event_id, each.status]));
    expect(await statuses()).toEqual({
      ...{ [early]: 'pending', [failed]: 'pending', [arrived]: 'succeeded', [waits]: 'pending' },
      [retried]: 'retrying',
    });
    expect(await kept(of(failed))).toMatchObject({ handed_over: false, attempt_count: 0 });
    await change(id, 'disabled');
    const [missed = ''] = await tell('call.ended', 'session.ended');
    const refused = await recover(id);
    expect([refused.status, refused.body.code]).toEqual([409, 'conflict']);
    await change(id, 'enabled');
    const told = await notices(async () => {
      // All but the one that had arrived: the others failed when it was disabled.
      expect((await recover(id)).body.deliveries).toBe(5);
    });
    expect(told).toEqual([workspace]);
    expect((await statuses())[missed]).toBe('pending');
    expect(await notices(() => recover(id))).toEqual([]);
    expect((await recover(id)).body.deliveries).toBe(0);
    // In the order of the events, whenever they were recovered.
    const { rows } = await sql<{ same: boolean }>`
      select bool_and(d.position = e.position and d.lane is not distinct from e.call_id) as same
      from deliveries d join events e on e.id = d.event_id where d.endpoint_id = ${id}`.execute(
      bench.owner,
    );
    expect(rows).toEqual([{ same: true }]);
  });

  test('is not what came before, what it does not want by now, or a test of another', async () => {
    await begin();
    const other = await endpoint(['call.ended']);
    await ask(`/v1/webhook-endpoints/${other}/test`, { method: 'POST' });
    const [old = ''] = await tell('call.ended');
    await sql`update events set created_at = ${ago(7_200_000)} where id = ${old}`.execute(
      bench.owner,
    );
    await tell('call.ended');
    const id = await endpoint(['call.created', 'webhook_endpoint.test']);
    await ask(`/v1/webhook-endpoints/${id}`, {
      ...{ method: 'PATCH', body: { events: ['call.*', 'webhook_endpoint.test'] } },
    });
    expect((await recover(id)).body.deliveries).toBe(1);
    expect((await recover(id, ago(7_260_000))).body.deliveries).toBe(1);
    expect((await recover(id, ago(29 * DAY_MS))).body.deliveries).toBe(0);
  });

  test.each([
    [undefined, 'invalid_type'],
    ['yesterday', 'invalid_format'],
    [5, 'invalid_type'],
    [ago(30 * DAY_MS + 120_000), 'too-old'],
    [ago(-60_000), 'future'],
  ])('is not asked for since %p', async (since, code) => {
    await begin();
    const { status, body } = await ask(`/v1/webhook-endpoints/${await endpoint()}/recover`, {
      body: { ...(since !== undefined && { since }) },
    });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ pointer: '/since', code }]);
  });

  test('is found to the last one, however many requests that takes', async () => {
    await begin();
    const id = await endpoint();
    await sql`
      insert into events (id, workspace_id, position, type, occurred_at, created_at, data)
      select 'evt_many' || lpad(n::text, 8, '0'), ${workspace}, 1000 + n, 'call.ended', now(),
        now() - interval '2 hours' + (n / 3) * interval '1 millisecond', '{}'
      from generate_series(1, 45000) n`.execute(bench.owner);
    let since: string | null = ago(3 * 3_600_000);
    const counts: number[] = [];
    while (since !== null) {
      const { status, body }: { status: number; body: DeliveryBody } = await recover(id, since);
      expect(status).toBe(202);
      expect(body.has_more).toBe(body.next_since !== null);
      counts.push(body.deliveries);
      since = body.next_since;
    }
    expect(counts).toHaveLength(3);
    expect(counts.reduce((sum, each) => sum + each, 0)).toBe(45_000);
    expect((await recover(id, ago(3 * 3_600_000))).body).toMatchObject({ deliveries: 0 });
    // As many as that are ended by one request, too.
    expect((await change(id, 'disabled')).status).toBe(200);
    const { rows } = await sql<{ status: string; count: number }>`
      select status, count(*)::int from deliveries where endpoint_id = ${id} group by 1`.execute(
      bench.owner,
    );
    expect(rows).toEqual([{ status: 'failed', count: 45_000 }]);
  }, 120_000);
});
