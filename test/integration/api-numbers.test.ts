/** Phone numbers over the API, with a real PostgreSQL and the simulated Twilio. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createOwnNumbers } from '../../src/db/number-checks.ts';
import { createDatabase } from '../../src/db/pool.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import type { NumberConfig, Simulator } from '../../src/simulator/index.ts';
import { createUrls } from '../../src/twilio/urls.ts';
import type { ApiBench, ApiProcess, ApiRequest } from './support/api.ts';
import { ENVIRONMENT, openApiBench } from './support/api.ts';

interface NumberBody {
  id: string;
  number: string;
  label: string | null;
  assistant_id: string | null;
  provider: { number_sid: string | null };
  webhook: {
    status: string;
    checked_at: string | null;
    differences: { setting: string; expected: string; found: string }[];
  };
  updated_at: string;
}
interface ListBody<T = NumberBody> {
  data: T[];
  has_more: boolean;
  next_cursor: string | null;
}
interface ProblemBody {
  code: string;
  errors?: { pointer: string; code: string }[];
}

const urls = createUrls(ENVIRONMENT.TWILIO_WEBHOOK_URL);
const OURS = {
  voiceUrl: urls.voice(),
  voiceMethod: 'POST',
  voiceFallbackUrl: urls.fallback(),
  voiceFallbackMethod: 'POST',
  statusCallback: urls.status(),
  statusCallbackMethod: 'POST',
} satisfies Partial<NumberConfig>;
const THEIRS = 'https://other.example.com/voice';

let bench: ApiBench;
let simulator: Simulator;
let api: ApiProcess;
/** The same API, without a Twilio. */
let cutOff: ApiProcess;
let key: string;
let next = 1_000_000;

beforeAll(async () => {
  bench = await openApiBench();
  simulator = await startSimulator({
    accountSid: ENVIRONMENT.TWILIO_ACCOUNT_SID,
    authToken: ENVIRONMENT.TWILIO_AUTH_TOKEN,
    numbers: Array.from({ length: 60 }, (_, index) => ({
      phoneNumber: numberOf(index),
      voiceUrl: THEIRS,
      voiceMethod: 'GET' as const,
    })),
  });
  api = await bench.start({ environment: { TWILIO_API_BASE_URL: simulator.baseUrl } });
  cutOff = await bench.start({ environment: { TWILIO_API_BASE_URL: 'http://127.0.0.1:9' } });
});
afterAll(async () => {
  await simulator?.close();
  await bench?.close();
});
beforeEach(async () => {
  key = await bench.key(await bench.workspace());
});

const numberOf = (index: number) => `+1415${1_000_000 + index}`;
/** One that no test has used. */
const fresh = () => numberOf(next++ - 1_000_000);
const atTwilio = (number: string) => simulator.numbers.byNumber(number);

const post = <T = NumberBody>(body: object, more: ApiRequest & { from?: ApiProcess } = {}) =>
  (more.from ?? api).ask<T>('/v1/phone-numbers', { key, body, ...more });
const on = <T = NumberBody>(id: string, path = '', request: ApiRequest = {}) =>
  api.ask<T>(`/v1/phone-numbers/${id}${path}`, { key, ...request });

async function imported(body: object = {}): Promise<NumberBody> {
  const made = await post({ number: fresh(), ...body });
  expect(made.status).toBe(201);
  return made.body;
}

async function assistant(as = key): Promise<string> {
  const body = { name: 'Anna', instructions: 'Take orders.' };
  return (await api.ask<{ id: string }>('/v1/assistants', { key: as, body })).body.id;
}

describe('a number that is taken on', () => {
  test('leads here then, whatever was set before, and is found at its place', async () => {
    const number = fresh();
    const sid = atTwilio(number)?.sid ?? '';
    simulator.numbers.update(sid, { trunkSid: `TK${'1'.repeat(32)}` });
    const assistant_id = await assistant();
    const made = await post({ number, assistant_id, label: 'Front desk' });
    expect([made.status, made.body]).toEqual([
      201,
      {
        id: expect.stringMatching(/^pn_/),
        object: 'phone_number',
        number,
        label: 'Front desk',
        assistant_id,
        assistant_request: null,
        provider: { number_sid: sid },
        webhook: { status: 'ok', checked_at: expect.any(String), differences: [] },
        created_at: expect.any(String),
        updated_at: expect.any(String),
      },
    ]);
    expect(atTwilio(number)).toMatchObject({ ...OURS, trunkSid: '' });
    const found = await api.ask(made.headers.get('location') ?? '', { key });
    expect(found.body).toEqual(made.body);
  });

  test('is left as it is at Twilio when that is wished, and what differs is said', async () => {
    const made = await imported({ configure: false });
    expect(made.webhook).toMatchObject({ status: 'differs' });
    expect(made.webhook.differences).toContainEqual({
      setting: 'voice_url',
      expected: urls.voice(),
      found: THEIRS,
    });
    expect(atTwilio(made.number)).toMatchObject({ voiceUrl: THEIRS, voiceMethod: 'GET' });
  });

  test.each([
    ['that the account does not have', '+14159999999', 'not-in-account'],
    ['that takes messages only', undefined, 'takes-no-calls'],
  ])('%s is refused', async (_what, given, code) => {
    const number = given ?? fresh();
    if (given === undefined) {
      simulator.numbers.update(atTwilio(number)?.sid ?? '', { takesCalls: false });
    }
    const answer = await post<ProblemBody>({ number });
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ pointer: '/number', code }]);
  });

  test.each([
    [{ number: '0415 1000' }, '/number'],
    [{ number: '+14151000001', colour: 'red' }, '/colour'],
    [{ number: '+14151000001', label: ' ' }, '/label'],
    [{ number: '+14151000001', configure: 'yes' }, '/configure'],
    [{}, '/number'],
  ])('is refused as %p', async (body, pointer) => {
    const answer = await post<ProblemBody>(body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors?.[0]?.pointer).toBe(pointer);
  });

  test('with an assistant of another workspace is refused before Twilio is touched', async () => {
    const number = fresh();
    const stranger = await bench.key(await bench.workspace());
    const answer = await post<ProblemBody>({ number, assistant_id: await assistant(stranger) });
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ pointer: '/assistant_id' }]);
    expect(atTwilio(number)).toMatchObject({ voiceUrl: THEIRS });
  });

  test('belongs to one workspace, until it is given up', async () => {
    const mine = await imported({ configure: false });
    const stranger = await bench.key(await bench.workspace());
    for (const as of [key, stranger]) {
      const again = await post<ProblemBody>({ number: mine.number }, { key: as });
      expect([again.status, again.body.code]).toEqual([409, 'number-taken']);
      expect(again.text).not.toContain(mine.id);
    }
    expect(atTwilio(mine.number)).toMatchObject({ voiceUrl: THEIRS });
    expect((await on(mine.id, '', { method: 'DELETE' })).status).toBe(204);
    expect((await post({ number: mine.number }, { key: stranger })).status).toBe(201);
  });

  test('is taken on once by many at a time', async () => {
    const number = fresh();
    const keys = await Promise.all([1, 2].map(async () => bench.key(await bench.workspace())));
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => post({ number }, { key: keys[i % 2] ?? '' })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(11);
  });
});

describe('while Twilio is away', () => {
  test('nothing is half done, and the same request does all of it later', async () => {
    const number = fresh();
    const headers = { 'idempotency-key': 'once' };
    const away = await post<ProblemBody>({ number }, { headers, from: cutOff });
    expect([away.status, away.body.code]).toEqual([503, 'unavailable']);
    expect(Number(away.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await api.ask<ListBody>('/v1/phone-numbers', { key })).body.data).toEqual([]);
    const made = await post({ number }, { headers });
    expect(made.status).toBe(201);
    const again = await post({ number }, { headers });
    expect([again.status, again.body.id]).toEqual([201, made.body.id]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
  });

  test('what is asked of it is answered 503, and the rest goes on', async () => {
    const { id } = await imported();
    const path = `/v1/phone-numbers/${id}`;
    for (const [method, url] of [
      ['POST', `${path}/check`],
      ['POST', `${path}/configure`],
      ['DELETE', `${path}?release_webhook=true`],
      ['GET', '/v1/phone-numbers/importable'],
    ] as const) {
      expect((await cutOff.ask(url, { key, method })).status).toBe(503);
    }
    const patch = { key, method: 'PATCH', body: { label: 'x' } };
    expect((await cutOff.ask(path, patch)).status).toBe(200);
    expect((await cutOff.ask(path, { key, method: 'DELETE' })).status).toBe(204);
  });

  test('a refusal is told apart from it', async () => {
    const refused = await bench.start({
      environment: {
        TWILIO_API_BASE_URL: simulator.baseUrl,
        TWILIO_AUTH_TOKEN: 'another-token-than-the-account-has',
      },
    });
    const answer = await post<ProblemBody>({ number: fresh() }, { from: refused });
    expect([answer.status, answer.body.code]).toEqual([502, 'carrier-refused']);
    expect(answer.text).toContain('20003');
    await refused.stop();
  });
});

describe('a request that died between Twilio and the row', () => {
  /** As if the processes had died before any answer was kept, a minute ago. */
  const died = () =>
    bench.owner
      .updateTable('idempotency_records')
      .set({ state: 'running', locked_until: new Date(0), status: null, body: null })
      .execute();

  test('is done by the same request', async () => {
    const number = fresh();
    simulator.numbers.update(atTwilio(number)?.sid ?? '', OURS); // as far as it came
    expect((await post({ number })).status).toBe(201);
  });

  test('or behind the row knows its own one again', async () => {
    const number = fresh();
    const headers = { 'idempotency-key': 'behind' };
    const made = await post({ number }, { headers });
    await died();
    const again = await post({ number }, { headers });
    expect([again.status, again.body.id]).toEqual([201, made.body.id]);
    const other = await post<ProblemBody>({ number }, { headers: { 'idempotency-key': 'other' } });
    expect(other.body.code).toBe('number-taken');
  });

  test('and whose number was deleted since, makes a new one', async () => {
    const number = fresh();
    const headers = { 'idempotency-key': 'deleted' };
    const made = await post({ number }, { headers });
    await on(made.body.id, '', { method: 'DELETE' });
    await died();
    const again = await post({ number }, { headers });
    expect(again.status).toBe(201);
    expect(again.body.id).not.toBe(made.body.id);
  });
});

describe('a number', () => {
  test('is given to another assistant, to nobody, and another label', async () => {
    const { id, number } = await imported({ label: 'Old' });
    const assistant_id = await assistant();
    const patch = (body: object) => on(id, '', { method: 'PATCH', body });
    expect((await patch({ assistant_id })).body).toMatchObject({ assistant_id, label: 'Old' });
    expect((await patch({ label: null })).body).toMatchObject({ assistant_id, label: null });
    expect((await patch({ assistant_id: null })).body).toMatchObject({ assistant_id: null });
    expect((await patch({})).body).toMatchObject({ id, number, assistant_id: null });
    expect((await patch({ number: '+14151000001' })).status).toBe(422);
  });

  test('is not given to an assistant of another workspace, nor to one that was deleted', async () => {
    const { id } = await imported();
    const stranger = await bench.key(await bench.workspace());
    const deleted = await assistant();
    await api.ask(`/v1/assistants/${deleted}`, { key, method: 'DELETE' });
    for (const assistant_id of [await assistant(stranger), deleted]) {
      const answer = await on<ProblemBody>(id, '', { method: 'PATCH', body: { assistant_id } });
      expect(answer.status).toBe(422);
      expect(answer.body.errors).toMatchObject([{ pointer: '/assistant_id' }]);
    }
  });

  test('of another workspace is nothing, whatever is asked of it', async () => {
    const { id, number } = await imported({ label: 'Canary' });
    const stranger = await bench.key(await bench.workspace());
    const as = { key: stranger };
    for (const [path, request] of [
      ['', {}],
      ['', { method: 'PATCH', body: { label: 'x' } }],
      ['', { method: 'DELETE' }],
      ['?release_webhook=true', { method: 'DELETE' }],
      ['/configure', { method: 'POST' }],
      ['/check', { method: 'POST' }],
    ] as const) {
      const answer = await on(id, path, { ...request, ...as });
      expect(answer.status).toBe(404);
      expect(answer.text).not.toMatch(new RegExp(`Canary|${number.slice(1)}`));
    }
    expect((await api.ask(`/v1/phone-numbers?starting_after=${id}`, as)).status).toBe(422);
    expect(atTwilio(number)).toMatchObject(OURS);
  });

  test('is hidden once it is given up, and Twilio is left alone', async () => {
    const { id, number } = await imported();
    expect((await on(id, '', { method: 'DELETE' })).status).toBe(204);
    expect(atTwilio(number)).toMatchObject(OURS);
    for (const [path, method] of [
      ['', 'GET'],
      ['', 'DELETE'],
      ['/check', 'POST'],
    ] as const) {
      expect((await on(id, path, { method })).status).toBe(404);
    }
    expect((await api.ask<ListBody>('/v1/phone-numbers', { key })).body.data).toEqual([]);
  });

  test('that is given up with its webhook leads nowhere then', async () => {
    const { id, number } = await imported();
    expect((await on(id, '?release_webhook=true', { method: 'DELETE' })).status).toBe(204);
    expect(atTwilio(number)).toMatchObject({
      voiceUrl: '',
      voiceFallbackUrl: '',
      statusCallback: '',
    });
  });
});

describe('a look at a number', () => {
  test('finds what was changed at Twilio, and changes neither that nor the number', async () => {
    const { id, number, updated_at } = await imported();
    simulator.numbers.update(atTwilio(number)?.sid ?? '', { voiceUrl: THEIRS });
    const looked = await on(id, '/check', { method: 'POST' });
    expect(looked.status).toBe(200);
    expect(looked.body.webhook).toMatchObject({
      status: 'differs',
      differences: [{ setting: 'voice_url', expected: urls.voice(), found: THEIRS }],
    });
    expect(looked.body.updated_at).toBe(updated_at);
    expect((await on(id)).body).toEqual(looked.body);
    expect(atTwilio(number)).toMatchObject({ voiceUrl: THEIRS });
    const set = await on(id, '/configure', { method: 'POST' });
    expect(set.body.webhook).toMatchObject({ status: 'ok', differences: [] });
    expect(atTwilio(number)).toMatchObject(OURS);
  });

  test('says when the account does not have it any more', async () => {
    const { id } = await imported();
    const gone = '+14158888888';
    await bench.owner
      .updateTable('phone_numbers')
      .set({ number: gone })
      .where('id', '=', id)
      .execute();
    const looked = await on(id, '/check', { method: 'POST' });
    expect(looked.body.webhook).toMatchObject({ status: 'missing', differences: [] });
    const set = await on<ProblemBody>(id, '/configure', { method: 'POST' });
    expect([set.status, set.body.code]).toEqual([409, 'conflict']);
    expect((await on(id)).body.webhook.status).toBe('missing');
  });

  test('that never happened is unknown', async () => {
    const { id } = await imported();
    await bench.owner
      .updateTable('phone_numbers')
      .set({ webhook_check: null })
      .where('id', '=', id)
      .execute();
    expect((await on(id)).body.webhook).toEqual({
      status: 'unknown',
      checked_at: null,
      differences: [],
    });
  });

  test('by the schedule is kept, unless there was a newer one or the number is gone', async () => {
    const { id, number } = await imported();
    const db = createDatabase({
      url: bench.databaseUrl,
      applicationName: 'voca-test',
      role: 'system',
    });
    try {
      const own = createOwnNumbers(db);
      const mine = (await own.list()).find((each) => each.id === id);
      expect(mine).toMatchObject({ number, check: { status: 'ok' } });
      const at = (offsetMs: number) =>
        new Date(Date.parse(mine?.check?.checked_at ?? '') + offsetMs).toISOString();
      const missing = { status: 'missing' as const, differences: [] };
      await own.keep(id, { ...missing, checked_at: at(-1) });
      expect((await on(id)).body.webhook.status).toBe('ok');
      await own.keep(id, { ...missing, checked_at: at(1) }, 'PNnew');
      const { webhook, provider } = (await on(id)).body;
      expect([webhook, provider]).toEqual([
        { ...missing, checked_at: at(1) },
        { number_sid: 'PNnew' },
      ]);
      await on(id, '', { method: 'DELETE' });
      await own.keep(id, { ...missing, checked_at: at(2) });
      expect((await own.list()).map((each) => each.id)).not.toContain(id);
    } finally {
      await db.destroy();
    }
  });
});

describe('the list', () => {
  test('is read in pages, by number and by assistant', async () => {
    const assistant_id = await assistant();
    const first = await imported();
    const second = await imported({ assistant_id });
    const third = await imported({ assistant_id });
    const list = async (query: string) =>
      (await api.ask<ListBody>(`/v1/phone-numbers?${query}`, { key })).body;
    const ids = ({ data }: ListBody) => data.map(({ id }) => id);
    const page = await list('limit=2');
    expect([ids(page), page.has_more]).toEqual([[third.id, second.id], true]);
    expect(ids(await list(`limit=2&starting_after=${page.next_cursor}`))).toEqual([first.id]);
    expect(ids(await list(`assistant_id=${assistant_id}`))).toEqual([third.id, second.id]);
    expect(ids(await list(`number=${encodeURIComponent(first.number)}`))).toEqual([first.id]);
    expect(ids(await list('number=%2B14150000000'))).toEqual([]);
  });

  test('is not filtered by an assistant that the workspace never had', async () => {
    const stranger = await bench.key(await bench.workspace());
    const filter = `assistant_id=${await assistant(stranger)}`;
    expect((await api.ask(`/v1/phone-numbers?${filter}`, { key })).status).toBe(422);
  });

  test('of what may be taken on holds what no workspace has, for administrators', async () => {
    const taken = await imported();
    const free = fresh();
    simulator.numbers.update(atTwilio(free)?.sid ?? '', { ...OURS, friendlyName: 'Front desk' });
    const deaf = fresh();
    simulator.numbers.update(atTwilio(deaf)?.sid ?? '', { takesCalls: false });
    const found: { number: string; leads_here: boolean; label: string }[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const after: string = cursor === '' ? '' : `&starting_after=${cursor}`;
      const path = `/v1/phone-numbers/importable?limit=7${after}`;
      const page: ListBody<(typeof found)[number]> = (
        await api.ask<ListBody<(typeof found)[number]>>(path, { key })
      ).body;
      found.push(...page.data);
      cursor = page.next_cursor;
    }
    const numbers = found.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].toSorted());
    expect(numbers).not.toContain(taken.number);
    expect(numbers).not.toContain(deaf);
    expect(found).toContainEqual(
      expect.objectContaining({ number: free, leads_here: true, label: 'Front desk' }),
    );
    const reader = await bench.key(await bench.workspace(), ['phone_numbers:write']);
    const refused = await api.ask('/v1/phone-numbers/importable', { key: reader });
    expect(refused.status).toBe(403);
  });
});

test('no number stands in the log', () => {
  for (const each of [api, cutOff]) expect(each.log()).not.toMatch(/4151\d{6}/);
});
