/**
 * What customers say, name and keep secret is in no log line, no metric and no problem: it is planted in
 * every field of the API and in calls, things are made to go wrong, and then all of these are searched.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createDatabase } from '../../src/db/pool.ts';
import type { Database } from '../../src/db/pool.ts';
import { eventually } from './support/eventually.ts';
import { freePort } from './support/voca.ts';
import { Roles, say } from './support/roles.ts';
import type { RoleProcess } from './support/roles.ts';
import { rowsOf, tablesOf } from './support/rows-of.ts';

const WORD = 'okapi';
const NUMBER = '+15005550061';
const CUSTOMER = '+14155550161';
const IDEMPOTENCY_KEY = `${WORD}-idempotency`;

interface Sent {
  status: number;
  text: string;
}
interface Request {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

let roles: Roles;
let database: Database;
let processes: RoleProcess[];
let metricsPorts: number[];
let key: string;
let assistant: string;
let call: string;
/** API keys that were shown. */
const keys: string[] = [];
const problems: string[] = [];

async function send(path: string, request: Request = {}): Promise<Sent> {
  const { body, method = body === undefined ? 'GET' : 'POST', headers = {} } = request;
  const response = await fetch(roles.webhookUrl + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (response.status >= 400) problems.push(text);
  return { status: response.status, text };
}

async function made<T = { id: string }>(path: string, request: Request): Promise<T> {
  const { status, text } = await send(path, request);
  if (status >= 300) throw new Error(`${path} answered ${status}: ${text}`);
  return JSON.parse(text) as T;
}

const everyField = () => ({
  name: `${WORD} name`,
  first_message: `${WORD} greets {{who}}.`,
  instructions: `${WORD} instructions`,
  variables: { who: `${WORD} variable` },
  metadata: { [`${WORD}_note`]: `${WORD} note` },
  listening: { hints: [`${WORD} hint`] },
  silence: { prompt: `${WORD} silence`, farewell: `${WORD} silent farewell` },
  limits: { farewell: `${WORD} limit` },
  ending: { phrases: [`${WORD} phrase`], message: `${WORD} end` },
  failure: { apology: `${WORD} apology`, farewell: `${WORD} failure` },
});

beforeAll(async () => {
  metricsPorts = [await freePort(), await freePort()];
  roles = await Roles.prepare({
    env: { LOG_LEVEL: 'trace' },
    simulator: { numbers: [{ phoneNumber: NUMBER }] },
  });
  roles.model.always(() => ({ kind: 'answer', text: `${WORD} answer` }));
  processes = (['worker', 'api'] as const).map((role, index) =>
    roles.launch(role, { METRICS_PORT: String(metricsPorts[index]) }),
  );
  await roles.untilReady();
  key = (await roles.voca('keys', 'create')).out.trim();
  database = createDatabase({ url: roles.databaseUrl, applicationName: 'voca-test' });
  keys.push(key);
  await plantInFields();
  await plantInCalls();
  await plantInFaults();
}, 240_000);
afterAll(async () => {
  await database?.destroy();
  await roles?.stop();
});

async function plantInFields(): Promise<void> {
  const headers = { 'idempotency-key': IDEMPOTENCY_KEY };
  await made('/v1/workspace', { method: 'PATCH', body: { name: `${WORD} workspace` } });
  assistant = (await made('/v1/assistants', { body: everyField(), headers })).id;
  await made('/v1/phone-numbers', {
    body: { number: NUMBER, label: `${WORD} label`, assistant_id: assistant },
  });
  const fresh = await made<{ id: string; key: string }>('/v1/api-keys', {
    body: { name: `${WORD} key`, scopes: ['calls:read'] },
  });
  const rolled = await made<{ key: string }>(`/v1/api-keys/${fresh.id}/roll`, { body: {} });
  keys.push(fresh.key, rolled.key);
}

async function plantInCalls(): Promise<void> {
  const called = roles.nextCalled();
  const body = {
    ...{ to: CUSTOMER, assistant_id: assistant, from: NUMBER },
    ...{ variables: { who: `${WORD} callee` }, metadata: { note: `${WORD} call` } },
  };
  call = (await made('/v1/calls', { body, headers: { 'idempotency-key': `${WORD}-call` } })).id;
  const phone = await called;
  await say(phone, `${WORD} is what I say`, /okapi answer/);
  await made(`/v1/calls/${call}/live`, {});
  await made(`/v1/calls/${call}/hangup`, { body: { message: `${WORD} says goodbye` } });
  await eventually(
    async () => {
      const read = await made<{ status: string; summary: string | null }>(`/v1/calls/${call}`, {});
      if (read.summary === null) throw new Error(`the call is ${read.status}, and not summed up`);
    },
    { withinMs: 60_000, everyMs: 200 },
  );
  await made(`/v1/calls?to=${encodeURIComponent(CUSTOMER)}`, {});
  await made(`/v1/sessions?customer_number=${encodeURIComponent(CUSTOMER)}`, {});
}

/** Whatever a request can do wrong, with the words in it; each is a problem. */
async function plantInFaults(): Promise<void> {
  const encoded = encodeURIComponent(CUSTOMER);
  const wrong: [string, Request][] = [
    ['/v1/assistants', { body: `{"name": "${WORD} is not JSON` }],
    ['/v1/assistants', { body: { name: [`${WORD} list`], instructions: { text: WORD } } }],
    ['/v1/assistants', { body: { ...everyField(), instructions: `${WORD} {{broken` } }],
    ['/v1/assistants', { body: { ...everyField(), voice: { language: `${WORD} tongue` } } }],
    ['/v1/assistants', { body: { ...everyField(), models: [{ provider: WORD }] } }],
    ['/v1/assistants', { body: { ...everyField(), metadata: { note: `${WORD}\u0000` } } }],
    [
      '/v1/assistants',
      { body: everyField(), headers: { 'idempotency-key': `${WORD} with space` } },
    ],
    [
      '/v1/assistants',
      { body: { name: WORD, instructions: '' }, headers: { 'idempotency-key': IDEMPOTENCY_KEY } },
    ],
    [
      `/v1/assistants/${assistant}`,
      { method: 'PATCH', body: { name: WORD }, headers: { 'if-match': `"${WORD}"` } },
    ],
    [`/v1/assistants/${assistant}`, { method: 'DELETE' }],
    [`/v1/assistants?starting_after=${WORD}`, {}],
    [`/v1/calls?status=${WORD}&from=${WORD}&to=${encoded}x&call_sid=${WORD}`, {}],
    [`/v1/sessions?customer_number=${encoded}0000000000`, {}],
    ['/v1/calls', { body: { to: '+19005550123', assistant_id: assistant, from: NUMBER } }],
    ['/v1/calls', { body: { to: `${CUSTOMER}0000000`, assistant_id: assistant } }],
    ['/v1/calls', { body: { to: CUSTOMER, from: CUSTOMER, assistant_id: assistant } }],
    ['/v1/phone-numbers', { body: { number: NUMBER } }],
    ['/v1/phone-numbers', { body: { number: CUSTOMER, label: `${WORD}\n` } }],
    ['/v1/api-keys', { body: { name: WORD, scopes: [WORD] } }],
    ['/v1/workspace', { method: 'PATCH', body: { name: ' ', retention_days: WORD } }],
    ['/v1/workspace', { headers: { authorization: `Bearer voca_live_${WORD}` } }],
    ['/v1/workspace', { headers: { authorization: `Basic ${WORD}` } }],
  ];
  const { length } = problems;
  for (const [path, request] of wrong) {
    const { status } = await send(path, request);
    if (status < 400 || status >= 500) throw new Error(`${path} answered ${status}`);
  }
  if (problems.length !== length + wrong.length) throw new Error('Something was no problem');
  await plantInDatabaseErrors();
}

/** PostgreSQL itself puts the words into its errors, as it does with rows that break a rule. */
async function plantInDatabaseErrors(): Promise<void> {
  await sql`
    create function spill() returns trigger language plpgsql as $$
    begin
      raise exception 'bad row %', to_jsonb(new) using detail = new.config::text, hint = new.name;
    end $$`.execute(database);
  await sql`create trigger spill before insert on assistants
    for each row execute function spill()`.execute(database);
  for (const headers of [{}, { 'idempotency-key': `${WORD}-spilt` }] as Record<string, string>[]) {
    const { status } = await send('/v1/assistants', { body: everyField(), headers });
    if (status !== 500) throw new Error(`A broken database answered ${status}`);
  }
  await sql`drop trigger spill on assistants`.execute(database);
}

function findIn(texts: readonly string[]): string[] {
  const secrets = [
    ...keys.map((each) => each.slice(-30)),
    ...[NUMBER, CUSTOMER].map((number) => number.slice(1)),
    roles.authToken,
    'sk-canary-of-the-roles',
    WORD,
  ];
  return texts.flatMap((text) =>
    text.split('\n').filter((line) => {
      const small = line.toLowerCase();
      return secrets.some((secret) => small.includes(secret.toLowerCase()));
    }),
  );
}

describe('what was planted over the API and in a call', () => {
  test('is there: the database has the words and the numbers', async () => {
    const rows = JSON.stringify(await rowsOf(database, 'ws_default'));
    for (const planted of ['is what I say', 'answer', 'label', 'note', 'workspace', 'callee']) {
      expect(rows).toContain(`${WORD} ${planted}`);
    }
    expect(rows).toContain(CUSTOMER);
  });

  test('stands in no log line of any process', async () => {
    const logs = processes.map((each) => each.output());
    for (const log of logs) expect(log.split('\n').length).toBeGreaterThan(5);
    // What went wrong was logged, by its request.
    expect(logs.join('').match(/a request to the API failed/g)).toHaveLength(2);
    expect(findIn(logs)).toEqual([]);
  });

  test('stands in no metric', async () => {
    const metrics = await Promise.all(
      metricsPorts.map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
    );
    for (const text of metrics) expect(text).toContain('voca_');
    expect(findIn(metrics)).toEqual([]);
  });

  test('stands in no problem that was answered', () => {
    expect(problems.length).toBeGreaterThan(20);
    for (const problem of problems) expect(JSON.parse(problem)).toHaveProperty('code');
    expect(findIn(problems)).toEqual([]);
  });

  test('leaves no key in the database that could be used', async () => {
    const rows: string[] = [];
    for (const table of await tablesOf(database)) {
      const found = await sql<{ row: string }>`
        select t::text as row from ${sql.table(table)} t`.execute(database);
      rows.push(...found.rows.map(({ row }) => row));
    }
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((row) => keys.some((each) => row.includes(each.slice(-30))))).toEqual([]);
    expect(rows.filter((row) => row.includes(IDEMPOTENCY_KEY))).toEqual([]);
  });
});
