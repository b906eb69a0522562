/** Webhook endpoints over the API: made, changed, rolled and deleted, and what others are told of it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createSecretBox } from '../../src/sealing/secret-box.ts';
import { openApiBench } from './support/api.ts';
import type { ApiBench, ApiProcess, ApiRequest } from './support/api.ts';

interface EndpointBody {
  id: string;
  secret: string;
  url: string;
  events: string[];
  status: string;
  failures: number;
  failing_since: string | null;
  previous_secret_expires_at: string | null;
  updated_at: string;
  code: string;
  errors: { pointer: string; code: string }[];
}

const PATH = '/v1/webhook-endpoints';
const SECRET_KEY = 'the-key-of-this-test-of-40-characters-ok';
const URL = 'https://example.com/events';

let bench: ApiBench;
let api: ApiProcess;
/** Of an instance that takes public addresses alone. */
let strict: ApiProcess;
let workspace: string;
let admin: string;
const box = createSecretBox([SECRET_KEY]);

beforeAll(async () => {
  bench = await openApiBench();
  const environment = { VOCA_SECRET_KEY: SECRET_KEY };
  [api, strict] = await Promise.all([
    bench.start({ environment }),
    bench.start({ environment: { ...environment, VOCA_ALLOW_LOCAL_WEBHOOKS: '' } }),
  ]);
  workspace = await bench.workspace();
  admin = await bench.key(workspace);
});
afterAll(() => bench.close());

const ask = (path: string, request: ApiRequest = {}, to = api) =>
  to.ask<EndpointBody>(path, { key: admin, ...request });
const create = (more: object = {}, to = api) =>
  ask(PATH, { body: { url: URL, events: ['*'], ...more } }, to);
const patch = (id: string, body: object, to = api) =>
  ask(`${PATH}/${id}`, { method: 'PATCH', body }, to);

/** A workspace of its own: it knows all that it is told. */
async function fresh() {
  const workspaceId = await bench.workspace();
  const key = await bench.key(workspaceId);
  const told = async () =>
    bench.owner
      .selectFrom('events')
      .select(['type', 'data'])
      .where('workspace_id', '=', workspaceId)
      .orderBy('position')
      .execute();
  return { workspaceId, key, told };
}

const row = (id: string) =>
  bench.owner
    .selectFrom('webhook_endpoints')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();

const waiting = (endpointId: string) =>
  bench.owner
    .selectFrom('deliveries')
    .select(['event_type', 'status', 'reason', 'finished_at'])
    .where('endpoint_id', '=', endpointId)
    .orderBy('position')
    .execute();

describe('a webhook endpoint', () => {
  test('is made, and its secret shown once and kept sealed', async () => {
    const made = await create({ description: 'Ours', metadata: { team: 'a' } });
    expect(made.status).toBe(201);
    const { secret, ...shown } = made.body;
    expect(shown).toMatchObject({
      object: 'webhook_endpoint',
      description: 'Ours',
      events: ['*'],
      max_per_second: 50,
      api_version: '2026-12-01',
      status: 'enabled',
      disabled_reason: null,
      failures: 0,
      failing_since: null,
      previous_secret_expires_at: null,
      metadata: { team: 'a' },
    });
    expect(Buffer.from(secret.replace('whsec_', ''), 'base64')).toHaveLength(32);
    const found = await ask(made.headers.get('location') ?? '');
    expect(found.body).toEqual(shown);
    expect((await ask(PATH)).text).not.toContain('whsec_');
    const kept = await row(shown.id);
    expect(kept.secret).not.toContain(secret.slice(6, 20));
    expect(box.open(kept.secret, shown.id)).toBe(secret);
    expect(() => box.open(kept.secret, 'we_another')).toThrow('secret');
    expect(api.log()).not.toContain('whsec_');
  });

  test.each([
    [{ url: undefined }, '/url'],
    [{ url: 5 }, '/url'],
    [{ url: '' }, '/url'],
    [{ url: `https://example.com/${'a'.repeat(2_050)}` }, '/url'],
    [{ url: 'ftp://example.com/' }, '/url'],
    [{ url: 'https://user:word@example.com/' }, '/url'],
    [{ url: 'https://169.254.169.254/latest' }, '/url'],
    [{ url: 'https://10.0.0.1/' }, '/url'],
    [{ url: 'https://example.com:6379/' }, '/url'],
    [{ events: undefined }, '/events'],
    [{ events: [] }, '/events'],
    [{ events: 'call.ended' }, '/events'],
    [{ events: ['*', '*'] }, '/events'],
    [{ events: ['call.ended', 'call.finished'] }, '/events/1'],
    [{ events: ['call'] }, '/events/0'],
    [{ events: ['cal.*'] }, '/events/0'],
    [{ events: ['call*'] }, '/events/0'],
    [{ events: ['.*'] }, '/events/0'],
    [{ events: ['*.*'] }, '/events/0'],
    [{ events: ['**'] }, '/events/0'],
    [{ events: ['call.turn.completed.*'] }, '/events/0'],
    [{ events: [''] }, '/events/0'],
    [{ description: 5 }, '/description'],
    [{ description: 'a'.repeat(501) }, '/description'],
    [{ description: 'a\u0000b' }, '/description'],
    [{ max_per_second: 0 }, '/max_per_second'],
    [{ max_per_second: 101 }, '/max_per_second'],
    [{ max_per_second: 1.5 }, '/max_per_second'],
    [{ api_version: '2020-01-01' }, '/api_version'],
    [{ metadata: { a: 5 } }, '/metadata/a'],
    [{ secret: 'whsec_mine' }, '/secret'],
    [{ status: 'disabled' }, '/status'],
  ])('with %j is refused at %s', async (fields, pointer) => {
    const refused = await create(fields, strict);
    expect([refused.status, refused.body.code]).toEqual([422, 'invalid']);
    expect(refused.body.errors.map((each) => each.pointer)).toEqual([pointer]);
  });

  test.each([
    [['call.*', 'call.turn.*', 'call.ended', 'webhook_endpoint.*', 'session.created']],
    [['api_key.revoked']],
  ])('takes %j', async (events) => {
    expect((await create({ events })).body.events).toEqual(events);
  });

  test('may be on this machine where the configuration says so alone', async () => {
    const url = 'http://127.0.0.1:4000/hooks';
    const refused = await create({ url }, strict);
    expect(refused.body.errors).toEqual([
      { pointer: '/url', code: 'refused-url', message: 'The URL must begin with https://' },
    ]);
    const { status, body } = await create({ url });
    expect(status).toBe(201);
    expect((await patch(body.id, { url: `${url}/2` }, strict)).status).toBe(422);
    // What was taken once can still be disabled.
    expect((await patch(body.id, { status: 'disabled' }, strict)).status).toBe(200);
  });

  test('is changed by a merge patch, and again as it was by null', async () => {
    const { id } = (await create({ metadata: { a: '1', b: '2' }, max_per_second: 7 })).body;
    const changed = await patch(id, {
      url: 'https://example.org/',
      events: ['call.*'],
      description: 'New',
      metadata: { a: null, c: '3' },
    });
    expect(changed.body).toMatchObject({
      url: 'https://example.org/',
      events: ['call.*'],
      description: 'New',
      max_per_second: 7,
      metadata: { b: '2', c: '3' },
    });
    const back = await patch(id, { description: null, metadata: null, max_per_second: null });
    expect(back.body).toMatchObject({ description: null, metadata: {}, max_per_second: 50 });
    for (const body of [
      ...[{ url: null }, { events: null }, { status: null }, { status: 'paused' }],
      ...[{ api_version: '2026-12-01' }, { secret: 'x' }, { events: ['nothing.*'] }],
      { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, nth) => [`k${nth}`, ''])) },
    ]) {
      expect([body, (await patch(id, body)).status]).toEqual([body, 422]);
    }
    expect((await ask(`${PATH}/${id}`)).body).toEqual(back.body);
  });

  test('loses no change when several are made at once', async () => {
    const { id } = (await create()).body;
    const names = Array.from({ length: 12 }, (_, nth) => `k${nth}`);
    const answers = await Promise.all(
      names.map((name) => patch(id, { metadata: { [name]: name } })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const { body } = await ask(`${PATH}/${id}`);
    expect(body).toMatchObject({
      metadata: Object.fromEntries(names.map((name) => [name, name])),
    });
  });

  test('is told of when it is made, changed and deleted, and not when nothing changes', async () => {
    const { key, told } = await fresh();
    const { id } = (await ask(PATH, { key, body: { url: URL, events: ['call.ended'] } })).body;
    const before = await ask(`${PATH}/${id}`, { key, method: 'PATCH', body: { url: URL } });
    await ask(`${PATH}/${id}`, { key, method: 'PATCH', body: { description: 'x' } });
    await ask(`${PATH}/${id}/roll-secret`, { key, method: 'POST' });
    await ask(`${PATH}/${id}`, { key, method: 'PATCH', body: { status: 'disabled' } });
    await ask(`${PATH}/${id}`, { key, method: 'DELETE' });
    const events = await told();
    expect(events.map(({ type }) => type)).toEqual([
      'webhook_endpoint.created',
      'webhook_endpoint.updated',
      'webhook_endpoint.updated',
      'webhook_endpoint.updated',
      'webhook_endpoint.deleted',
    ]);
    expect(events[3]?.data).toEqual({
      webhook_endpoint: { id, url: URL, status: 'disabled', disabled_reason: null },
    });
    expect(before.status).toBe(200);
    expect(JSON.stringify(events)).not.toContain('whsec_');
  });

  test('that is disabled or deleted fails what waits, and is sent nothing more', async () => {
    const { key } = await fresh();
    const make = async () => (await ask(PATH, { key, body: { url: URL, events: ['*'] } })).body.id;
    const first = await make();
    const second = await make();
    await bench.owner
      .updateTable('deliveries')
      .set({ status: 'retrying', next_attempt_at: new Date() })
      .where('endpoint_id', '=', first)
      .where('event_type', '=', 'webhook_endpoint.created')
      .execute();
    await ask(`${PATH}/${first}`, { key, method: 'PATCH', body: { status: 'disabled' } });
    const ended = await waiting(first);
    expect(ended).toHaveLength(2);
    for (const each of ended) {
      expect(each).toMatchObject({
        ...{ status: 'failed', reason: 'endpoint_disabled', finished_at: expect.any(Date) },
      });
    }
    expect((await waiting(second)).map(({ event_type: type }) => type)).toEqual([
      'webhook_endpoint.created',
      'webhook_endpoint.updated',
    ]);
    expect((await ask(`${PATH}/${second}`, { key, method: 'DELETE' })).status).toBe(204);
    expect((await waiting(second)).map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(await row(second)).toMatchObject({ secret: '', previous_secret: null });
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['GET', '/deliveries'],
      ['POST', '/test'],
      ['POST', '/roll-secret'],
    ] as const) {
      const gone = await ask(`${PATH}/${second}${path}`, {
        key,
        method,
        ...(method === 'PATCH' && { body: {} }),
      });
      expect([method, path, gone.status]).toEqual([method, path, 404]);
    }
    expect((await ask(PATH, { key })).body).toMatchObject({ data: [{ id: first }] });
  });

  test('that is enabled again has a clean slate', async () => {
    const { id } = (await create()).body;
    await bench.owner
      .insertInto('webhook_dispatch')
      .values({
        endpoint_id: id,
        workspace_id: workspace,
        failures: 12,
        failing_since: new Date('2026-03-01T00:00:00Z'),
      })
      .execute();
    expect((await ask(`${PATH}/${id}`)).body).toMatchObject({
      failures: 12,
      failing_since: '2026-03-01T00:00:00.000Z',
    });
    await bench.owner
      .updateTable('webhook_endpoints')
      .set({ status: 'disabled', disabled_reason: 'failing', disabled_at: new Date() })
      .where('id', '=', id)
      .execute();
    // Another change leaves it as it is.
    expect((await patch(id, { description: 'x' })).body).toMatchObject({
      status: 'disabled',
      disabled_reason: 'failing',
      failures: 12,
    });
    expect((await patch(id, { status: 'enabled' })).body).toMatchObject({
      status: 'enabled',
      disabled_reason: null,
      disabled_at: null,
      failures: 0,
      failing_since: null,
    });
  });

  test('is one of 50 at most, however many are asked for at once', async () => {
    const { key, workspaceId } = await fresh();
    const one = () => ask(PATH, { key, body: { url: URL, events: ['call.ended'] } });
    const patiently = async (): ReturnType<typeof one> => {
      const answer = await one();
      return answer.status === 503 ? patiently() : answer;
    };
    const answers = await Promise.all(Array.from({ length: 60 }, patiently));
    const refused = answers.filter(({ status }) => status === 409);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(50);
    expect(refused.map(({ body }) => body.code)).toEqual(Array(10).fill('too-many'));
    const [kept] = answers.filter(({ status }) => status === 201);
    await ask(`${PATH}/${kept?.body.id}`, { key, method: 'DELETE' });
    expect((await one()).status).toBe(201);
    const { length } = await bench.owner
      .selectFrom('webhook_endpoints')
      .select('id')
      .where('workspace_id', '=', workspaceId)
      .where('deleted_at', 'is', null)
      .execute();
    expect(length).toBe(50);
  });

  test('needs the right to webhooks, and its list is read by pages', async () => {
    const { key, workspaceId } = await fresh();
    for (let nth = 0; nth < 3; nth += 1) {
      await ask(PATH, { key, body: { url: URL, events: ['*'], description: `${nth}` } });
    }
    const reader = await bench.key(workspaceId, ['webhooks:read']);
    const first = await ask(`${PATH}?limit=2`, { key: reader });
    const list = first.body as unknown as { data: EndpointBody[]; next_cursor: string };
    expect(list.data).toMatchObject([{ description: '2' }, { description: '1' }]);
    const rest = await ask(`${PATH}?starting_after=${list.next_cursor}`, { key: reader });
    expect(rest.body).toMatchObject({ data: [{ description: '0' }], has_more: false });
    const { id } = list.data[0] ?? { id: '' };
    expect((await ask(`${PATH}/${id}/test`, { key: reader, method: 'POST' })).status).toBe(403);
    const other = await bench.key(workspaceId, ['calls:read', 'events:read']);
    expect((await ask(PATH, { key: other })).status).toBe(403);
  });
});

describe('a secret', () => {
  test('is rolled: both are valid for the overlap, and the older one of three no more', async () => {
    const made = (await create()).body;
    const roll = (body?: object) =>
      ask(`${PATH}/${made.id}/roll-secret`, { method: 'POST', ...(body && { body }) });
    const secrets = async () => {
      const {
        secret,
        previous_secret: previous,
        previous_secret_until: until,
      } = await row(made.id);
      const old = previous === null ? null : box.open(previous, made.id);
      return [box.open(secret, made.id), old, until === null ? null : until.getTime() - Date.now()];
    };
    const first = await roll();
    expect(first.status).toBe(200);
    expect(first.body.secret).not.toBe(made.secret);
    const [now, before, left] = await secrets();
    expect([now, before]).toEqual([first.body.secret, made.secret]);
    expect(Number(left)).toBeGreaterThan(86_000_000);
    expect(Number(left)).toBeLessThanOrEqual(86_400_000);
    expect(first.body.previous_secret_expires_at).not.toBeNull();
    const second = await roll({ overlap_seconds: 60 });
    expect((await secrets()).slice(0, 2)).toEqual([second.body.secret, first.body.secret]);
    const third = await roll({ overlap_seconds: 0 });
    expect(await secrets()).toEqual([third.body.secret, null, null]);
    expect(third.body.previous_secret_expires_at).toBeNull();
    for (const overlap_seconds of [-1, 604_801, 1.5, '60', null]) {
      expect((await roll({ overlap_seconds })).status).toBe(422);
    }
    expect((await roll({ overlap_seconds: 604_800 })).status).toBe(200);
  });

  test('comes again for the same Idempotency-Key, and for the API key that asked alone', async () => {
    const { workspaceId, key } = await fresh();
    const headers = { 'idempotency-key': 'the-same' };
    const body = { url: URL, events: ['*'] };
    const request = { key, body, headers };
    const answers = await Promise.all([1, 2, 3].map(() => ask(PATH, request)));
    const made = answers.find(({ status }) => status === 201);
    const again = await ask(PATH, request);
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toEqual(made?.body);
    const other = await bench.key(workspaceId);
    const refused = await ask(PATH, { ...request, key: other });
    expect([refused.status, refused.text.includes('whsec_')]).toEqual([409, false]);
    const changed = await ask(PATH, { ...request, body: { ...body, events: ['call.*'] } });
    expect([changed.status, changed.body.code]).toEqual([422, 'idempotency-key-reused']);
    const roll = { key, method: 'POST', headers: { 'idempotency-key': 'a-roll' } };
    const path = `${PATH}/${again.body.id}/roll-secret`;
    const rolled = await ask(path, roll);
    expect((await ask(path, roll)).body).toEqual(rolled.body);
    expect(box.open((await row(again.body.id)).secret, again.body.id)).toBe(rolled.body.secret);
    const records = await bench.owner
      .selectFrom('idempotency_records')
      .select('body')
      .where('workspace_id', '=', workspaceId)
      .execute();
    expect(JSON.stringify(records)).not.toContain('whsec_');
  });
});
