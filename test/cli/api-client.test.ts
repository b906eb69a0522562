/** What the client of the API does when answers are lost, late or refusals. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { pathTo } from '../../src/cli/api-client.ts';
import { ApiProblem } from '../../src/cli/api-errors.ts';
import { NotReadyError } from '../../src/call-errors.ts';
import { KEY, listOf, problem, startFakeApi } from './fake-api.ts';
import type { Answering, FakeApi, Reply } from './fake-api.ts';

let api: FakeApi | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

async function answering(answer: Answering): Promise<FakeApi> {
  api = await startFakeApi(answer);
  return api;
}

const fails = (first: Reply): Answering => {
  return (_asked, count) => (count === 1 ? first : { body: { id: 'asst_1' } });
};

describe('a request', () => {
  test('is signed in with the key, below /v1, and says in which form it speaks', async () => {
    const { client, asked } = await answering(() => ({ body: {}, headers: { etag: '"3"' } }));
    expect(await client().get('/calls', { status: 'ended', after: undefined })).toEqual({
      status: 200,
      body: {},
      etag: '"3"',
    });
    await client().patch('/assistants/asst_1', { name: 'A' }, { ifMatch: '"3"' });
    expect(asked[0]).toMatchObject({ method: 'GET', path: '/calls?status=ended', body: undefined });
    expect(asked[0]?.headers).toMatchObject({ authorization: `Bearer ${KEY}` });
    expect(asked[0]?.headers).not.toHaveProperty('content-type');
    expect(asked[1]).toMatchObject({ method: 'PATCH', body: { name: 'A' } });
    expect(asked[1]?.headers).toMatchObject({
      'content-type': 'application/merge-patch+json',
      'if-match': '"3"',
    });
  });

  test('that makes something has an Idempotency-Key, another one each time', async () => {
    const { client, asked } = await answering(() => ({ body: {} }));
    await client().post('/assistants', { name: 'A' });
    await client().post('/assistants', { name: 'A' });
    await client().post('/assistants', { name: 'A' }, { idempotencyKey: 'order-17' });
    const keys = asked.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(3);
    expect(keys[2]).toBe('order-17');
    await client().get('/assistants');
    expect(asked.at(-1)?.headers).not.toHaveProperty('idempotency-key');
  });

  test('keeps the words of the user in their place in the path', () => {
    expect(pathTo`/assistants/${'asst_1'}/versions/${'2'}`).toBe('/assistants/asst_1/versions/2');
    expect(pathTo`/calls/${'../api-keys?x=1#y'}`).toBe('/calls/..%2Fapi-keys%3Fx%3D1%23y');
    for (const word of ['', '.', '..']) expect(pathTo`/calls/${word}/end`).toBe('/calls/%20/end');
  });

  test('is not sent on to where a redirect leads', async () => {
    const { client, asked } = await answering(() => ({
      status: 302,
      headers: { location: 'https://elsewhere.example.com/' },
    }));
    await expect(client().get('/calls')).rejects.toThrow('Look at VOCA_API_URL');
    expect(asked).toHaveLength(1);
  });

  test('to something else than the API fails with a word on where to look', async () => {
    const { client } = await answering(() => ({ body: '<html>Welcome</html>' }));
    await expect(client().get('/calls')).rejects.toThrow('Look at VOCA_API_URL');
  });
});

describe('what may pass is tried again', () => {
  const passing: [string, Reply][] = [
    ['a connection that ends before the answer', { cut: 'before' }],
    ['one that ends within the answer', { cut: 'within', body: { id: 'asst_1' } }],
    ['503', problem(503, 'unavailable')],
    ['a proxy without a server behind it', { status: 502, body: '<html>' }],
    ['too many requests', { ...problem(429, 'key-limit'), headers: { 'retry-after': '0' } }],
    ['the same request, still under way', problem(409, 'request-under-way')],
  ];

  test.each(passing)('%s, as the very same request', async (_what, first) => {
    const { client, asked } = await answering(fails(first));
    expect(await client().post('/assistants', { name: 'A' })).toMatchObject({
      body: { id: 'asst_1' },
    });
    expect(asked).toHaveLength(2);
    expect(asked[1]).toEqual(asked[0]);
    expect(asked[1]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test.each(passing)('%s, also when something is read', async (_what, first) => {
    const { client, asked } = await answering(fails(first));
    expect(await client().get('/assistants/asst_1')).toMatchObject({ body: { id: 'asst_1' } });
    expect(asked).toHaveLength(2);
  });

  test('not before Retry-After, in seconds or as a date', async () => {
    const at: number[] = [];
    const { client } = await answering((_asked, count) => {
      at.push(Date.now());
      const date = new Date(Math.ceil((Date.now() + 1_000) / 1_000) * 1_000).toUTCString();
      if (count === 1) return { ...problem(503, 'unavailable'), headers: { 'retry-after': '1' } };
      if (count === 2) return { ...problem(503, 'unavailable'), headers: { 'retry-after': date } };
      return { body: {} };
    });
    await client().get('/calls');
    const [first = 0, second = 0, third = 0] = at;
    expect(second - first).toBeGreaterThanOrEqual(990);
    expect(third - second).toBeGreaterThanOrEqual(900);
  });

  test('until the patience is over; a wait that is longer than it is not begun', async () => {
    const silent = await answering(() => ({ cut: 'before' }));
    await expect(silent.client(600).get('/calls')).rejects.toThrow(NotReadyError);
    expect(silent.asked.length).toBeGreaterThan(1);
    await silent.close();
    const busy = await answering(() => ({
      ...problem(429, 'key-limit'),
      headers: { 'retry-after': '3600' },
    }));
    await expect(busy.client().get('/calls')).rejects.toThrow('Title of key-limit');
    expect(busy.asked).toHaveLength(1);
  });

  test('when nobody listens: it is answered as soon as the api is back', async () => {
    const before = await answering(() => ({}));
    await before.close();
    const waits: string[] = [];
    const came = new Promise((resolve, reject) => {
      const client = before.client(5_000, (text) => {
        waits.push(text);
        const port = Number(new URL(before.url).port);
        void startFakeApi(() => ({ body: { id: 'call_1' } }), port).then((after) => {
          api = after;
        }, reject);
      });
      client.get('/calls').then(resolve, reject);
    });
    expect(await came).toMatchObject({ body: { id: 'call_1' } });
    expect(waits).toEqual(['The API cannot answer at this moment; trying again ...']);
    await before.close();
  });
});

describe('what does not pass is not tried again', () => {
  test.each([400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 500])('%d', async (status) => {
    const { client, asked } = await answering(() => problem(status, 'some-code'));
    await expect(client().post('/assistants', {})).rejects.toMatchObject({
      name: 'ApiProblem',
      status,
      code: 'some-code',
    });
    expect(asked).toHaveLength(1);
  });
});

describe('a problem is told', () => {
  const message = async (reply: Reply) => {
    const { client } = await answering(() => reply);
    const error = await client()
      .get('/calls')
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiProblem);
    return (error as Error).message;
  };

  test('with what it is, its code and the id of the request', async () => {
    expect(await message(problem(404, 'not-found'))).toBe(
      'Title of not-found. Detail of not-found.\n(not-found, request req_123)',
    );
  });

  test('with every fault and where it is', async () => {
    const errors = [
      { pointer: '/voice/language', code: 'custom', message: 'Not a language tag' },
      { pointer: '', code: 'custom', message: 'Too much' },
    ];
    expect(await message(problem(422, 'invalid', { errors }))).toBe(
      'Title of invalid.\n  /voice/language: Not a language tag\n  the body: Too much\n' +
        '(invalid, request req_123)',
    );
  });

  test('when it is none of the API either', async () => {
    expect(await message({ status: 500, body: 'oops' })).toBe(
      'The API answered 500, without saying why.',
    );
  });
});

describe('when an answer was lost', () => {
  test('a deletion that finds nothing more has been done', async () => {
    const { client } = await answering((_asked, count) =>
      count === 1 ? { cut: 'before' } : problem(404, 'not-found'),
    );
    expect(await client().delete('/assistants/asst_1')).toMatchObject({ body: null });
  });

  test('but one that found nothing from the start has not', async () => {
    const { client } = await answering(() => problem(404, 'not-found'));
    await expect(client().delete('/assistants/asst_1')).rejects.toThrow('Title of not-found');
  });

  test('a change that finds another version may be its own', async () => {
    const { client } = await answering((_asked, count) =>
      count === 1 ? { cut: 'before' } : problem(412, 'changed'),
    );
    const change = client().patch('/assistants/asst_1', {}, { ifMatch: '"1"' });
    await expect(change).rejects.toThrow('may be the one of this command');
  });
});

describe('a list', () => {
  const of = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({ id: `call_${from + i}` }));

  async function read(server: FakeApi, limit?: number) {
    const rows: unknown[] = [];
    let hasMore = false;
    for await (const page of server.client().pages('/calls', { status: 'ended' }, limit)) {
      rows.push(...page.rows);
      ({ hasMore } = page);
    }
    return { rows, hasMore };
  }

  const twoPages: Answering = ({ path }) =>
    path.includes('starting_after=next%2B1') ? listOf(of(100, 130)) : listOf(of(0, 100), 'next+1');

  test('is read page by page to its end', async () => {
    const server = await answering(twoPages);
    expect(await read(server)).toEqual({ rows: of(0, 130), hasMore: false });
    expect(server.log()).toEqual([
      'GET /calls?status=ended&limit=100',
      'GET /calls?status=ended&limit=100&starting_after=next%2B1',
    ]);
  });

  test('is read no further than asked', async () => {
    const server = await answering(({ path }) =>
      listOf(path.includes('limit=20') ? of(0, 20) : of(0, 100), 'more'),
    );
    expect(await read(server, 120)).toEqual({ rows: [...of(0, 100), ...of(0, 20)], hasMore: true });
    expect(server.log()).toEqual([
      'GET /calls?status=ended&limit=100',
      'GET /calls?status=ended&limit=20&starting_after=more',
    ]);
  });

  test('that leads back to itself ends', async () => {
    const server = await answering(() => listOf(of(0, 1), 'same'));
    await read(server);
    expect(server.asked).toHaveLength(2);
  });
});
