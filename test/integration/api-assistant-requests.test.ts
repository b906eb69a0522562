/** Over the API: the server that is asked who answers the calls to a number. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as numbers from '../../src/db/phone-numbers.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import { createSecretBox } from '../../src/sealing/index.ts';
import { validSecrets } from '../../src/webhooks/rolling-secret.ts';
import type { ApiBench, ApiProcess, ApiRequest } from './support/api.ts';
import { openApiBench } from './support/api.ts';

const SECRET_KEY = 'a-key-of-more-than-thirty-two-characters';
const URL_ASKED = 'https://example.com/who-answers';
const SECRET_FORM = /^whsec_[A-Za-z0-9+/]{43}=$/;

let bench: ApiBench;
let api: ApiProcess;
let workspaceId: string;
let key: string;
let id: string;
let counter = 0;

beforeAll(async () => {
  bench = await openApiBench();
  api = await bench.start({
    environment: { VOCA_SECRET_KEY: SECRET_KEY, VOCA_ALLOW_LOCAL_WEBHOOKS: 'false' },
  });
});
afterAll(() => bench?.close());
beforeEach(async () => {
  workspaceId = await bench.workspace();
  key = await bench.key(workspaceId);
  counter += 1;
  id = `pn_asked${counter}`;
  await within((scope) => numbers.create(scope, { id, number: `+1415555${1000 + counter}` }));
});

const within = <T>(work: Parameters<typeof inWorkspace<T>>[3]) =>
  inWorkspace(bench.db, workspaceId, 'Testing', work);
const ask = (method: string, more = '', request: ApiRequest = {}) =>
  api.ask(`/v1/phone-numbers/${id}/assistant-request${more}`, { key, method, ...request });
const create = (url = URL_ASKED, more: ApiRequest = {}) =>
  ask('POST', '', { body: { url }, ...more });
const shown = async () => (await api.ask(`/v1/phone-numbers/${id}`, { key })).body;

async function kept(): Promise<{ row: string; secrets: string[] }> {
  const found = await within((scope) => numbers.findAssistantRequest(scope, id));
  const row = found?.secret ?? '';
  return { row, secrets: validSecrets(createSecretBox([SECRET_KEY]).open(row, id)) };
}

describe('a server that is asked', () => {
  test('is named with its secret once, which is kept sealed', async () => {
    expect(await shown()).toMatchObject({ assistant_request: null });
    const made = await create();
    expect(made).toMatchObject({
      status: 201,
      body: { object: 'assistant_request', phone_number_id: id, url: URL_ASKED },
    });
    const { secret } = made.body;
    expect(secret).toMatch(SECRET_FORM);
    const { row, secrets } = await kept();
    expect(secrets).toEqual([secret]);
    expect(row).toMatch(/^sealed\./);
    const body = await shown();
    expect(body).toMatchObject({ assistant_request: { url: URL_ASKED } });
    expect(JSON.stringify(body)).not.toContain('whsec_');
  });

  test('is named once, however often the request is sent with its key', async () => {
    const headers = { 'idempotency-key': `once-${counter}` };
    const [first, again] = [
      await create(URL_ASKED, { headers }),
      await create(URL_ASKED, { headers }),
    ];
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);
    expect((await kept()).secrets).toEqual([first.body['secret']]);
  });

  test('is not replaced by another one, but moved', async () => {
    const { body } = await create();
    expect(await create(`${URL_ASKED}/2`)).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
    const moved = await ask('PATCH', '', { body: { url: `${URL_ASKED}/2` } });
    expect(moved).toMatchObject({
      status: 200,
      body: { id, assistant_request: { url: `${URL_ASKED}/2` } },
    });
    expect((await kept()).secrets).toEqual([body['secret']]);
  });

  test('gets another secret, while the old one still signs for a time', async () => {
    const { body: first } = await create();
    const { body: second } = await ask('POST', '/roll-secret', { body: { overlap_seconds: 60 } });
    expect((await kept()).secrets).toEqual([second['secret'], first['secret']]);
    const { body: third } = await ask('POST', '/roll-secret', { body: { overlap_seconds: 0 } });
    expect((await kept()).secrets).toEqual([third['secret']]);
    expect(new Set([first['secret'], second['secret'], third['secret']]).size).toBe(3);
  });

  test('is forgotten with a number that is given up', async () => {
    await create();
    const given = await api.ask(`/v1/phone-numbers/${id}`, { key, method: 'DELETE' });
    expect(given.status).toBe(204);
    const row = await within(({ trx }) =>
      trx.selectFrom('phone_numbers').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    );
    expect(row).toMatchObject({ assistant_request_url: null, assistant_request_secret: null });
    expect(row.deleted_at).not.toBeNull();
  });

  test('is forgotten with its secret', async () => {
    await create();
    expect((await ask('DELETE')).status).toBe(204);
    expect(await shown()).toMatchObject({ assistant_request: null });
    for (const [method, more, body] of [
      ['DELETE', '', undefined],
      ['PATCH', '', { url: URL_ASKED }],
      ['POST', '/roll-secret', {}],
    ] as const) {
      expect((await ask(method, more, body && { body })).status).toBe(404);
    }
    expect((await create()).status).toBe(201);
  });

  test('is named once when two want to at the same time', async () => {
    const answers = await Promise.all([create(), create(), create(), create()]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201, 409, 409, 409,
    ]);
    const winner = answers.find(({ status }) => status === 201);
    expect((await kept()).secrets).toEqual([winner?.body['secret']]);
  });

  test('is told of as a change of the number, without its secret', async () => {
    await create();
    const { body } = await api.ask('/v1/events?type=phone_number.updated', { key });
    expect(body).toMatchObject({
      data: [{ data: { phone_number: { id, assistant_request: { url: URL_ASKED } } } }],
    });
    expect(JSON.stringify(body)).not.toContain('whsec_');
  });
});

describe('a request is refused', () => {
  test.each([
    'http://example.com/',
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://[::ffff:7f00:1]/',
    'https://user@example.com/',
    'https://example.com:22/',
    'https://localhost/',
    'no URL at all',
  ])('with a URL that must not be asked: %s', async (url) => {
    const refused = {
      status: 422,
      body: { errors: [{ pointer: '/url', code: 'refused-url' }] },
    };
    expect(await create(url)).toMatchObject(refused);
    await create();
    expect(await ask('PATCH', '', { body: { url } })).toMatchObject(refused);
    expect(await shown()).toMatchObject({ assistant_request: { url: URL_ASKED } });
  });

  test('for the number of somebody else', async () => {
    await create();
    const others = await bench.key(await bench.workspace());
    expect((await create(URL_ASKED, { key: others })).status).toBe(404);
    expect((await ask('DELETE', '', { key: others })).status).toBe(404);
    expect((await ask('POST', '/roll-secret', { key: others, body: {} })).status).toBe(404);
  });

  test('without the right to it', async () => {
    const reader = await bench.key(workspaceId, ['phone_numbers:read']);
    expect((await create(URL_ASKED, { key: reader })).status).toBe(403);
  });
});
