/** `voca webhooks` over the API. */
import { describe, expect, test } from '@jest/globals';
import { fakeApiOfEachTest, listOf, problem } from './fake-api.ts';

const answering = fakeApiOfEachTest();

const ENDPOINT = {
  id: 'we_1',
  object: 'webhook_endpoint',
  url: 'https://example.com/voca',
  events: ['call.*', 'session.ended'],
  status: 'enabled',
  disabled_reason: null,
  failures: 0,
};
const FRESH = { ...ENDPOINT, secret: 'whsec_c2VjcmV0' };
const DELIVERY = {
  id: 'dlv_1',
  object: 'delivery',
  event_id: 'evt_1',
  event_type: 'call.ended',
  status: 'pending',
  reason: null,
  attempt_count: 0,
  next_attempt_at: null,
  created_at: '2026-03-01T12:00:00.000Z',
};
const AT = '2026-03-01T12:00:01.000Z';
const FAILED_ONCE = {
  ...{ ...DELIVERY, status: 'retrying', attempt_count: 1, next_attempt_at: AT },
  attempts: [
    {
      at: DELIVERY.created_at,
      duration_ms: 12,
      status: 500,
      error: null,
      answer: 'No\u001b[2J\n!',
    },
  ],
};
const TIMED_OUT = {
  ...{ ...DELIVERY, status: 'failed', reason: 'endpoint_disabled' },
  attempts: [{ at: AT, duration_ms: 15_000, status: null, error: 'timeout', answer: null }],
};

describe('voca webhooks', () => {
  test('create prints the secret alone, so that a script can take it', async () => {
    const { run, asked } = await answering(() => ({ status: 201, body: FRESH }));
    const { code, out, err } = await run(['webhooks', 'create', ENDPOINT.url]);
    expect([code, out]).toEqual([0, 'whsec_c2VjcmV0']);
    expect(err).toBe('we_1: keep its secret, it is shown this once.');
    await run([
      ...['webhooks', 'create', ENDPOINT.url, '--events', 'call.*, session.ended', '--rate', '10'],
      ...['--description', 'Ours', '--metadata', 'team=blue', '--metadata', 'env=test'],
      ...['--idempotency-key', 'the-same'],
    ]);
    expect(asked.map(({ body }) => body)).toEqual([
      { url: ENDPOINT.url, events: ['*'] },
      {
        url: ENDPOINT.url,
        events: ['call.*', 'session.ended'],
        description: 'Ours',
        max_per_second: 10,
        metadata: { team: 'blue', env: 'test' },
      },
    ]);
    expect(asked[1]?.headers['idempotency-key']).toBe('the-same');
    const json = await run(['webhooks', 'create', ENDPOINT.url, '--json']);
    expect([JSON.parse(json.out), json.err]).toEqual([FRESH, '']);
  });

  test('roll prints the new secret alone', async () => {
    const { run, asked } = await answering(() => ({ body: FRESH }));
    expect((await run(['webhooks', 'roll', 'we_1'])).out).toBe('whsec_c2VjcmV0');
    await run(['webhooks', 'roll', 'we_1', '--overlap', '0']);
    expect(asked.map(({ path, body }) => [path, body])).toEqual([
      ['/webhook-endpoints/we_1/roll-secret', {}],
      ['/webhook-endpoints/we_1/roll-secret', { overlap_seconds: 0 }],
    ]);
  });

  test('list and show say how each is', async () => {
    const gone = { ...ENDPOINT, id: 'we_2', status: 'disabled', disabled_reason: 'gone' };
    const { run, log } = await answering(({ path }) =>
      path.includes('?') ? listOf([ENDPOINT, gone]) : { body: ENDPOINT },
    );
    const { out } = await run(['webhooks', 'list']);
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['ENDPOINT', 'URL', 'EVENTS', 'STATUS', 'FAILURES'],
      ['we_1', ENDPOINT.url, 'call.*, session.ended', 'enabled', '0'],
      ['we_2', ENDPOINT.url, 'call.*, session.ended', 'disabled (gone)', '0'],
    ]);
    expect((await run(['webhooks', 'show', 'we_1'])).out).toMatch(/^status +enabled$/m);
    expect(log()).toEqual(['GET /webhook-endpoints?limit=20', 'GET /webhook-endpoints/we_1']);
  });

  test('update changes what is said, and nothing else', async () => {
    const { run, asked } = await answering(() => ({ body: ENDPOINT }));
    const { code, out } = await run(['webhooks', 'update', 'we_1', '--enable']);
    expect([code, out]).toEqual([0, 'we_1 is enabled: call.*, session.ended']);
    await run([
      ...['webhooks', 'update', 'we_1', '--disable', '--description', 'none', '--rate', '5'],
      ...['--events', 'call.ended', '--url', 'https://example.org/'],
    ]);
    expect(asked.map(({ method, body }) => [method, body])).toEqual([
      ['PATCH', { status: 'enabled' }],
      [
        'PATCH',
        {
          status: 'disabled',
          description: null,
          max_per_second: 5,
          events: ['call.ended'],
          url: 'https://example.org/',
        },
      ],
    ]);
    for (const args of [[], ['--enable', '--disable'], ['--rate', '0'], ['--rate', 'many']]) {
      expect([args, (await run(['webhooks', 'update', 'we_1', ...args])).code]).toEqual([args, 2]);
    }
    expect(asked).toHaveLength(2);
  });

  test('what the API refuses is wrong use, and says where', async () => {
    const { run } = await answering(() => ({
      status: 422,
      headers: { 'content-type': 'application/problem+json' },
      body: {
        ...{ type: '', title: 'The request is not valid', status: 422, code: 'invalid' },
        ...{ detail: 'See `errors`.', instance: '/v1/webhook-endpoints', request_id: 'req_1' },
        errors: [{ pointer: '/url', code: 'refused-url', message: 'The URL must be https' }],
      },
    }));
    const { code, out, err } = await run(['webhooks', 'create', 'http://10.0.0.1/']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('/url: The URL must be https');
  });

  test('delete and retry go on with the others', async () => {
    const { run, log } = await answering(({ path }) =>
      path.includes('_2') ? problem(404, 'not-found') : { status: 204 },
    );
    const deleted = await run(['webhooks', 'delete', 'we_1', 'we_2', 'we_3']);
    expect([deleted.code, deleted.out]).toEqual([1, 'we_1 is deleted.\nwe_3 is deleted.']);
    const retried = await run(['webhooks', 'retry', 'dlv_1']);
    expect([retried.code, retried.out]).toEqual([0, 'dlv_1 is sent again.']);
    expect(log().at(-1)).toBe('POST /deliveries/dlv_1/retry');
  });
});

describe('what was sent', () => {
  test('is listed by status and type', async () => {
    const { run, log } = await answering(() => listOf([DELIVERY]));
    const args = ['--status', 'pending', '--type', 'call.ended'];
    const { out } = await run(['webhooks', 'deliveries', 'we_1', ...args]);
    expect(out.split('\n')[1]?.split(/ {2,}/)).toEqual([
      ...['dlv_1', 'call.ended', 'pending', '0', '-', DELIVERY.created_at],
    ]);
    expect(log()).toEqual([
      'GET /webhook-endpoints/we_1/deliveries?status=pending&event_type=call.ended&limit=20',
    ]);
  });

  test('is shown with its attempts, on lines that stay lines', async () => {
    const { run } = await answering(({ path }) => ({
      body: path.endsWith('1') ? FAILED_ONCE : TIMED_OUT,
    }));
    expect((await run(['webhooks', 'delivery', 'dlv_1'])).out.split('\n')).toEqual([
      'dlv_1  call.ended  evt_1',
      `retrying, tried again at ${AT}`,
      `  ${DELIVERY.created_at}  500  12 ms  No[2J !`,
    ]);
    expect((await run(['webhooks', 'delivery', 'dlv_2'])).out.split('\n').slice(1)).toEqual([
      'failed (endpoint_disabled)',
      `  ${AT}  timeout  15000 ms`,
    ]);
  });
});

describe('voca webhooks test', () => {
  const answers = (...bodies: object[]) =>
    answering(({ method }, count) =>
      method === 'POST'
        ? { status: 201, body: DELIVERY }
        : { body: bodies[Math.min(count - 2, bodies.length - 1)] },
    );
  const waiting = { ...DELIVERY, attempts: [] };

  test('waits for the outcome, and fails when it is not taken', async () => {
    const taken = { ...FAILED_ONCE, status: 'succeeded', next_attempt_at: null };
    const good = await answers(waiting, taken);
    const { code, out } = await good.run(['webhooks', 'test', 'we_1']);
    expect([code, out.split('\n')[1]]).toEqual([0, 'succeeded']);
    expect(good.log()).toEqual([
      'POST /webhook-endpoints/we_1/test',
      'GET /deliveries/dlv_1',
      'GET /deliveries/dlv_1',
    ]);
  });

  test('fails when the endpoint answered otherwise', async () => {
    const bad = await answers(FAILED_ONCE);
    const { code, out } = await bad.run(['webhooks', 'test', 'we_1', '--json']);
    expect([code, JSON.parse(out)]).toEqual([1, FAILED_ONCE]);
  });

  test('does not wait when told so, and fails when nobody sends it in time', async () => {
    const slow = await answers(waiting);
    expect((await slow.run(['webhooks', 'test', 'we_1', '--wait', '0'])).code).toBe(0);
    const { code, out } = await slow.run(['webhooks', 'test', 'we_1', '--wait', '1']);
    expect([code, out.split('\n')[1]]).toEqual([1, 'pending']);
  });
});

describe('voca webhooks recover', () => {
  const part = (deliveries: number, next_since: string | null) => ({
    status: 202,
    body: { object: 'recovery', deliveries, has_more: next_since !== null, next_since },
  });

  test('asks until there is no more', async () => {
    const parts = [part(20_000, AT), part(17, null)];
    const { run, asked } = await answering((_asked, count) => parts[(count - 1) % 2] ?? {});
    const since = '2026-03-01T00:00:00Z';
    const { code, out } = await run(['webhooks', 'recover', 'we_1', '--since', since]);
    expect([code, out]).toEqual([0, '20017 deliveries will be sent.']);
    expect(asked.map(({ path, body }) => [path, body])).toEqual([
      ['/webhook-endpoints/we_1/recover', { since }],
      ['/webhook-endpoints/we_1/recover', { since: AT }],
    ]);
    // Each is a request of its own.
    expect(asked[0]?.headers['idempotency-key']).not.toBe(asked[1]?.headers['idempotency-key']);
    const json = await run(['webhooks', 'recover', 'we_1', '--since', since, '--json']);
    expect(JSON.parse(json.out)).toEqual({ object: 'recovery', id: 'we_1', deliveries: 20_017 });
  });

  test('wants a time', async () => {
    const { run, asked } = await answering(() => part(0, null));
    expect((await run(['webhooks', 'recover', 'we_1'])).code).toBe(2);
    expect(asked).toEqual([]);
  });
});
