import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as assistants from '../../src/db/assistants.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import { draft } from './support/database.ts';
import type { ApiBench, ApiProcess } from './support/api.ts';
import { openApiBench } from './support/api.ts';

interface AssistantBody {
  id: string;
  version: number;
  name: string;
  first_message: string | null;
  voice: { language: string; name: string | null };
  metadata: Record<string, string>;
}
interface ListBody {
  data: AssistantBody[];
  has_more: boolean;
  next_cursor: string | null;
}
interface ProblemBody {
  code: string;
  request_id: string;
  type: string;
  errors?: { pointer: string; code: string }[];
}

const LEAST = { name: 'Anna', instructions: 'Take orders.' };

let bench: ApiBench;
let api: ApiProcess;
let key: string;

beforeAll(async () => {
  bench = await openApiBench();
  api = await bench.start();
  key = await bench.key(await bench.workspace());
});
afterAll(() => bench.close());

const create = async (body: object = LEAST, as = key) => {
  const made = await api.ask<AssistantBody>('/v1/assistants', { key: as, body });
  expect(made.status).toBe(201);
  return made;
};

describe('an assistant', () => {
  test('is created with defaults, and found at its place', async () => {
    const made = await create();
    expect(made.body).toMatchObject({
      object: 'assistant',
      version: 1,
      first_message: null,
      ...LEAST,
    });
    expect(made.headers.get('etag')).toBe('"1"');
    const location = made.headers.get('location') ?? '';
    const found = await api.ask(location, { key });
    expect(found.body).toEqual(made.body);
    expect(found.headers.get('etag')).toBe('"1"');
  });

  test('is changed by a merge patch, and keeps its older versions', async () => {
    const { body: made } = await create({ ...LEAST, metadata: { a: '1', b: '2' } });
    const path = `/v1/assistants/${made.id}`;
    const changed = await api.ask<AssistantBody>(path, {
      key,
      method: 'PATCH',
      body: { voice: { language: 'de-DE' }, metadata: { a: null }, first_message: 'Hallo.' },
    });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      version: 2,
      voice: { language: 'de-DE', name: null },
      metadata: { b: '2' },
      first_message: 'Hallo.',
      name: 'Anna',
    });
    const before = await api.ask<AssistantBody>(`${path}/versions/1`, { key });
    expect(before.body).toMatchObject({
      version: 1,
      metadata: { a: '1', b: '2' },
      first_message: null,
    });
    expect((await api.ask(`${path}/versions/3`, { key })).status).toBe(404);
  });

  test('is not changed by who has read an older version', async () => {
    const { body: made } = await create();
    const patch = (name: string, etag: string) =>
      api.ask<ProblemBody>(`/v1/assistants/${made.id}`, {
        key,
        method: 'PATCH',
        body: { name },
        headers: { 'if-match': etag },
      });
    const both = await Promise.all([patch('Berta', '"1"'), patch('Clara', '"1"')]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
    expect(both.find(({ status }) => status === 412)?.body.code).toBe('changed');
    expect((await patch('Dora', '"2"')).status).toBe(200);
    expect((await patch('Elsa', 'W/"3"')).status).toBe(412);
    expect((await patch('Elsa', '*')).status).toBe(200);
  });

  test('that was put there by hand is shown as it is, and is changed once it is good', async () => {
    const own = await bench.workspace();
    const reader = await bench.key(own);
    const by = { firstMessage: '{{', instructions: '\u0007', apology: '' };
    const { assistant } = await inWorkspace(bench.db, own, 'By hand', (scope) =>
      assistants.create(scope, 'asst_byhand', { ...draft, ...by }),
    );
    const shown = { first_message: '{{', instructions: '\u0007', failure: { apology: '' } };
    const list = await api.ask<ListBody>('/v1/assistants', { key: reader });
    expect([list.status, list.body.data]).toMatchObject([200, [shown]]);
    const patch = (body: object) =>
      api.ask<ProblemBody>(`/v1/assistants/${assistant.id}`, {
        key: reader,
        method: 'PATCH',
        body,
      });
    const refused = await patch({ name: 'x' });
    expect(
      refused.body.errors?.map(({ pointer }) => pointer).toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual(['/failure/apology', '/first_message', '/instructions']);
    const good = { first_message: null, instructions: '', failure: { apology: null } };
    expect((await patch(good)).status).toBe(200);
  });

  test('is hidden once it is deleted', async () => {
    const { body: made } = await create();
    const path = `/v1/assistants/${made.id}`;
    expect((await api.ask(path, { key, method: 'DELETE' })).status).toBe(204);
    for (const method of ['GET', 'DELETE']) {
      expect((await api.ask(path, { key, method })).status).toBe(404);
    }
    expect((await api.ask(path, { key, method: 'PATCH', body: { name: 'x' } })).status).toBe(404);
    const { body: list } = await api.ask<ListBody>('/v1/assistants?limit=100', { key });
    expect(list.data.map(({ id }) => id)).not.toContain(made.id);
  });

  test('of another workspace is nothing', async () => {
    const stranger = await bench.key(await bench.workspace());
    const { body: made } = await create();
    const path = `/v1/assistants/${made.id}`;
    for (const request of [{}, { method: 'DELETE' }, { method: 'PATCH', body: { name: 'x' } }]) {
      const answer = await api.ask(path, { key: stranger, ...request });
      expect(answer.status).toBe(404);
      expect(answer.text).not.toContain('Anna');
    }
    const cursor = await api.ask(`/v1/assistants?starting_after=${made.id}`, { key: stranger });
    expect(cursor.status).toBe(422);
  });
});

describe('a list', () => {
  test('is read in pages, forwards and backwards', async () => {
    const own = await bench.key(await bench.workspace());
    const made: string[] = [];
    for (let index = 0; index < 7; index += 1) made.unshift((await create(LEAST, own)).body.id);
    const list = async (query: string) =>
      (await api.ask<ListBody>(`/v1/assistants?limit=3${query}`, { key: own })).body;
    const ids = ({ data }: ListBody) => data.map(({ id }) => id);

    const first = await list('');
    expect(ids(first)).toEqual(made.slice(0, 3));
    const second = await list(`&starting_after=${first.next_cursor}`);
    expect(ids(second)).toEqual(made.slice(3, 6));
    const third = await list(`&starting_after=${made[5]}`);
    expect([ids(third), third.has_more, third.next_cursor]).toEqual([made.slice(6), false, null]);
    const back = await list(`&ending_before=${made[5]}`);
    expect(ids(back)).toEqual(made.slice(2, 5));
    expect(back.has_more).toBe(true);
  });

  test.each([
    ['limit=0', '?limit'],
    ['limit=101', '?limit'],
    ['limit=x', '?limit'],
    ['starting_after=asst_unknown', '?starting_after'],
    ['starting_after=%00', '?starting_after'],
    ['starting_after=a&ending_before=b', '?ending_before'],
    ['colour=red', '?colour'],
  ])('is refused with %s', async (query, pointer) => {
    const answer = await api.ask<ProblemBody>(`/v1/assistants?${query}`, { key });
    expect(answer.status).toBe(422);
    expect(answer.body.errors?.[0]?.pointer).toBe(pointer);
  });
});

describe('a request', () => {
  test('without a good key is refused, and says how to sign in', async () => {
    const bad = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a');
    for (const [sent, code] of [
      [undefined, 'key-missing'],
      [bad, 'key-unknown'],
      ['secret', 'key-unknown'],
    ] as const) {
      const answer = await api.ask<ProblemBody>('/v1/assistants', { ...(sent && { key: sent }) });
      expect(answer.status).toBe(401);
      expect(answer.body.code).toBe(code);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    }
  });

  test('beyond the rights of its key is refused', async () => {
    const reader = await bench.key(await bench.workspace(), ['assistants:read']);
    expect((await api.ask('/v1/assistants', { key: reader })).status).toBe(200);
    const answer = await api.ask<ProblemBody>('/v1/assistants', { key: reader, body: LEAST });
    expect([answer.status, answer.body.code]).toEqual([403, 'scope-missing']);
  });

  test('with a test key works with a simulated carrier alone', async () => {
    const workspace = await bench.workspace();
    const testing = await bench.key(workspace, ['admin'], 'test');
    const answer = await api.ask<ProblemBody>('/v1/assistants', { key: testing });
    expect([answer.status, answer.body.code]).toEqual([409, 'test-key-needs-simulator']);
    const simulated = await bench.start({
      environment: { TWILIO_API_BASE_URL: 'http://127.0.0.1:9' },
    });
    expect((await simulated.ask('/v1/assistants', { key: testing })).status).toBe(200);
    const regional = await bench.start({
      environment: { TWILIO_API_BASE_URL: 'https://api.dublin.ie1.twilio.com' },
    });
    expect((await regional.ask('/v1/assistants', { key: testing })).status).toBe(409);
  });

  const send = (body: string, contentType = 'application/json') =>
    api.ask<ProblemBody>('/v1/assistants', { key, body, headers: { 'content-type': contentType } });

  test('names every fault of its body and where it is', async () => {
    const answer = await send('{"name": "", "voice": {"language": "x", "speed": 2}, "age": 3}');
    expect(answer.status).toBe(422);
    const pointers = answer.body.errors?.map(({ pointer }) => pointer);
    expect(pointers).toEqual(
      expect.arrayContaining(['/name', '/instructions', '/voice/language', '/voice/speed', '/age']),
    );
  });

  test.each([
    ['no JSON', '{"name"', 'application/json', 400],
    ['an empty body', '', 'application/json', 400],
    [
      'a prototype',
      '{"__proto__": {"a": 1}, "name": "x", "instructions": ""}',
      'application/json',
      400,
    ],
    ['a form', 'name=x', 'application/x-www-form-urlencoded', 415],
    ['text', '{}', 'text/plain', 415],
    ['XML', '<a/>', 'text/xml', 415],
    ['no object', '[]', 'application/json', 422],
    ['null', 'null', 'application/json', 422],
    [
      'a note that PostgreSQL cannot keep',
      '{"name": "x", "instructions": "", "metadata": {"a": "\\u0000"}}',
      'application/json',
      422,
    ],
    ['a very deep one', '['.repeat(10_000) + ']'.repeat(10_000), 'application/json', 422],
    [
      'more than 256 kB',
      JSON.stringify({ ...LEAST, instructions: 'a'.repeat(262_144) }),
      'application/json',
      413,
    ],
  ])('of %s is a problem', async (_what, body, contentType, status) => {
    const answer = await send(body, contentType);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body.request_id).toBe(answer.headers.get('voca-request-id'));
  });

  test('to an unknown route is a problem, for who is signed in', async () => {
    expect((await api.ask('/v1/nothing')).status).toBe(401);
    const answer = await api.ask<ProblemBody>('/v1/nothing', { key });
    expect([answer.status, answer.body.code]).toEqual([404, 'not-found']);
  });

  test.each(['/v1/assistants/%zz', `/v1/assistants/asst_${'a'.repeat(300)}`])(
    'to a path that cannot be read is a problem: %.25s',
    async (path) => {
      const answer = await api.ask<ProblemBody>(path, { key });
      expect([answer.status, answer.body.code]).toEqual([400, 'bad-request']);
      expect(answer.body.request_id).toBe(answer.headers.get('voca-request-id'));
    },
  );

  test('is explained where its problem leads', async () => {
    const { body } = await api.ask<ProblemBody>('/v1/assistants');
    expect(body.type).toBe('https://voice.example.com/problems/key-missing');
    const page = await api.ask(new URL(body.type).pathname);
    expect([page.status, page.text.split('\n')[0]]).toEqual([200, 'key-missing (401)']);
    expect((await api.ask('/problems/nothing')).status).toBe(404);
  });
});

describe('the description of the API', () => {
  test('is open, and is OpenAPI 3.1', async () => {
    const { body, status } = await api.ask<{ openapi: string; paths: object }>('/openapi.json');
    expect(status).toBe(200);
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toContain('/v1/assistants/{id}');
  });

  test('has a page', async () => {
    const page = await api.ask('/docs/');
    expect(page.status).toBe(200);
    expect(page.text).toContain('swagger-ui');
  });

  test('is served below the path of the public address, too', async () => {
    const below = await bench.start({
      environment: { TWILIO_WEBHOOK_URL: 'https://voice.example.com/voca' },
    });
    expect((await below.ask('/voca/v1/assistants', { key })).status).toBe(200);
    expect((await below.ask('/v1/assistants', { key })).status).toBe(200);
    expect((await below.ask('/voca/openapi.json')).status).toBe(200);
    expect((await below.ask('/other/v1/assistants', { key })).status).toBe(404);
  });
});
