/**
 * No workspace learns of or changes what another one has: every route is asked with everything of
 * somebody else's in every field that can name something. The routes and the fields come from the
 * description that the API serves, so that a new one without a case fails.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createDatabase } from '../../src/db/pool.ts';
import type { Phone } from '../../src/simulator/index.ts';
import { operationsOf } from '../http/api/served-description.ts';
import type { Description, NamedOperation } from '../http/api/served-description.ts';
import { ApiOfRoles } from './support/api-of-roles.ts';
import type { Client } from './support/api-of-roles.ts';
import { eventually } from './support/eventually.ts';
import { namedFields } from './support/named-fields.ts';
import type { Kind, NamedField } from './support/named-fields.ts';
import { Roles, say } from './support/roles.ts';
import { rowsOf, tablesOf } from './support/rows-of.ts';

const CANARY = 'quagga';
const THEIR_NUMBER = '+15005550071';
const OUR_OWN_NUMBER = '+15005550072';
/** At the carrier, and nobody's yet. */
const FREE_NUMBERS = Array.from({ length: 20 }, (_, index) => `+15005551${100 + index}`);
const THEIR_CUSTOMERS = ['+14155550171', '+14155550172', '+14155550173'];
const OUR_CUSTOMERS = ['+14155550181', '+14155550182'];
const NOBODY = '+14155550190';

interface Valid {
  /** Of what stands in the path. */
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: Record<string, unknown>;
}
/** What we have; `unused` is an assistant to which nothing leads. */
type Own = Record<Exclude<Kind, 'cursor'> | 'unused', string>;

const freeNumbers = [...FREE_NUMBERS];

/** A request of each route that succeeds. The order is that in which they are made: deletions last. */
const VALID: Record<string, (own: Own) => Valid> = {
  getWorkspace: () => ({}),
  updateWorkspace: () => ({ body: { name: 'Ours' } }),
  createAssistant: () => ({ body: { name: 'Ours', instructions: '' } }),
  listAssistants: () => ({}),
  getAssistant: ({ asst }) => ({ path: { id: asst } }),
  getAssistantVersion: ({ asst }) => ({ path: { id: asst, version: '1' } }),
  updateAssistant: ({ asst }) => ({ path: { id: asst }, body: { name: 'Still ours' } }),
  createApiKey: () => ({ body: { name: 'Ours', mode: 'test', scopes: ['calls:read'] } }),
  listApiKeys: () => ({}),
  getApiKey: ({ key }) => ({ path: { id: key } }),
  updateApiKey: ({ key }) => ({ path: { id: key }, body: { name: 'Still ours' } }),
  rollApiKey: ({ key }) => ({ path: { id: key }, body: {} }),
  listPhoneNumbers: () => ({}),
  getPhoneNumber: ({ pn }) => ({ path: { id: pn } }),
  updatePhoneNumber: ({ pn }) => ({ path: { id: pn }, body: { label: 'Ours' } }),
  checkPhoneNumber: ({ pn }) => ({ path: { id: pn } }),
  configurePhoneNumber: ({ pn }) => ({ path: { id: pn } }),
  listImportableNumbers: () => ({}),
  listCalls: () => ({}),
  getCall: ({ call }) => ({ path: { id: call } }),
  getLiveCall: ({ call }) => ({ path: { id: call } }),
  hangUpCall: ({ call }) => ({ path: { id: call }, body: { message: 'Bye.' } }),
  listSessions: () => ({}),
  getSession: ({ sess }) => ({ path: { id: sess } }),
  // From here on we have called their customers, too.
  createCall: ({ asst }) => ({ body: { to: NOBODY, assistant_id: asst } }),
  hangUpCalls: () => ({ body: { filter: { direction: 'outbound' } } }),
  importPhoneNumber: () => ({ body: { number: freeNumbers.shift() ?? '' } }),
  closeSession: ({ sess }) => ({ path: { id: sess } }),
  eraseCall: ({ call }) => ({ path: { id: call } }),
  eraseSession: ({ sess }) => ({ path: { id: sess } }),
  deleteCall: ({ call }) => ({ path: { id: call } }),
  deleteSession: ({ sess }) => ({ path: { id: sess } }),
  deletePhoneNumber: ({ pn }) => ({ path: { id: pn } }),
  deleteAssistant: ({ unused }) => ({ path: { id: unused } }),
  revokeApiKey: ({ key }) => ({ path: { id: key } }),
};

/** Fields that name what all workspaces share, and what may be answered then. */
const SHARED: Record<string, { statuses: number[]; because: string }> = {
  'createCall body to': { statuses: [201, 422], because: 'anybody may be called' },
  'importPhoneNumber body number': { statuses: [409, 422], because: 'a number has one owner' },
  'listImportableNumbers query starting_after': {
    statuses: [200, 422],
    because: 'nobody has these',
  },
};

let roles: Roles;
let api: ApiOfRoles;
let theirs: Client;
let ours: Client;
let description: Description;
let livePhone: Phone;
let liveCall: string;
/** What they have, by what can name it. */
let their: Record<Kind, string[]>;
let own: Own;
/** Nothing of these is in an answer to us. */
let secrets: string[];

async function made(client: Client, path: string, body: object, once?: string): Promise<string> {
  const answer = await client.ask<{ id: string }>(path, {
    body,
    ...(once !== undefined && { once }),
  });
  expect([path, answer.status]).toEqual([path, 201]);
  return answer.body.id;
}

async function place(client: Client, to: string, assistant: string): Promise<[string, Phone]> {
  const called = roles.nextCalled();
  const id = await made(client, '/v1/calls', {
    ...{ to, assistant_id: assistant, metadata: { note: client === theirs ? CANARY : 'zebra' } },
  });
  const phone = await called;
  await phone.waitUntilListening({ timeoutMs: 30_000 });
  return [id, phone];
}

interface TalkBody {
  id: string;
  status: string;
  summary: string | null;
  session_id: string;
  provider: { call_sid: string };
}

/** A call that is over, and is summed up. */
async function talk(
  client: Client,
  to: string,
  assistant: string,
  words: string,
): Promise<TalkBody> {
  const [id, phone] = await place(client, to, assistant);
  await say(phone, words, /./);
  phone.hangUp();
  return eventually(
    async () => {
      const { body } = await client.ask<TalkBody>(`/v1/calls/${id}`);
      expect([body.status, body.summary]).toEqual(['ended', expect.any(String)]);
      return body;
    },
    { withinMs: 60_000, everyMs: 200 },
  );
}

const assistantBody = (word: string) => ({
  name: `${word} name`,
  first_message: `${word} greets you.`,
  instructions: `${word} instructions`,
  variables: { secret: `${word} variable` },
  metadata: { secret: `${word} metadata` },
});

/** The cursors with which they go through their lists at this moment. */
async function liveCursors(): Promise<string[]> {
  const lists = operationsOf(description).filter(({ operation }) =>
    (operation.parameters ?? []).some(({ name }) => name === 'ending_before'),
  );
  expect(lists.length).toBeGreaterThanOrEqual(5);
  const cursors: string[] = [];
  for (const { path } of lists) {
    const { body } = await theirs.ask<{ next_cursor: string | null }>(`${path}?limit=1`);
    expect([path, body.next_cursor]).toEqual([path, expect.any(String)]);
    cursors.push(body.next_cursor ?? '');
  }
  return cursors;
}

async function fillTheirs(): Promise<void> {
  const assistant = await made(theirs, '/v1/assistants', assistantBody(CANARY), `${CANARY}-key`);
  const hidden = await made(theirs, '/v1/assistants', assistantBody(CANARY));
  expect((await theirs.ask(`/v1/assistants/${hidden}`, { method: 'DELETE' })).status).toBe(204);
  await made(theirs, '/v1/assistants', assistantBody(CANARY));
  const number = await made(theirs, '/v1/phone-numbers', {
    ...{ number: THEIR_NUMBER, label: `${CANARY} label`, assistant_id: assistant },
  });
  const [first = '', second = '', third = ''] = THEIR_CUSTOMERS;
  const calls = [
    await talk(theirs, first, assistant, `${CANARY} said this`),
    await talk(theirs, second, assistant, `${CANARY} said that`),
  ];
  [liveCall, livePhone] = await place(theirs, third, assistant);
  await say(livePhone, `${CANARY} is speaking`, /./);
  const otherNumber = await api.number(theirs.workspaceId, '+15005550079');
  const keys = [
    await made(theirs, '/v1/api-keys', { name: `${CANARY} key`, mode: 'test', scopes: ['admin'] }),
    ...(await theirs.ask<{ data: { id: string }[] }>('/v1/api-keys')).body.data.map(({ id }) => id),
  ];
  const sessions = calls.map((call) => call.session_id);
  their = {
    asst: [assistant, hidden],
    pn: [number, otherNumber],
    call: [...calls.map(({ id }) => id), liveCall],
    sess: sessions,
    key: [...new Set(keys)],
    ws: [theirs.workspaceId],
    number: [THEIR_NUMBER, ...THEIR_CUSTOMERS],
    call_sid: [...calls.map((call) => call.provider.call_sid), livePhone.callSid],
    cursor: [],
  };
  const ids = [their.asst, their.pn, their.call, their.sess, their.key].flat();
  their.cursor = [...(await liveCursors()), ...ids];
  secrets = [...ids, ...their.number, ...their.call_sid, theirs.workspaceId, CANARY];
}

async function fillOurs(): Promise<void> {
  const asst = await made(ours, '/v1/assistants', assistantBody('zebra'));
  const pn = await made(ours, '/v1/phone-numbers', { number: OUR_OWN_NUMBER });
  const [customer = ''] = OUR_CUSTOMERS;
  const call = await talk(ours, customer, asst, 'zebra said this');
  const key = await made(ours, '/v1/api-keys', { name: 'zebra', mode: 'test', scopes: ['admin'] });
  own = {
    unused: await made(ours, '/v1/assistants', assistantBody('zebra')),
    ...{ asst, pn, key, call: call.id, sess: call.session_id, ws: ours.workspaceId },
    ...{ number: OUR_OWN_NUMBER, call_sid: call.provider.call_sid },
  };
}

beforeAll(async () => {
  const numbers = [THEIR_NUMBER, OUR_OWN_NUMBER, ...FREE_NUMBERS];
  roles = await Roles.prepare({
    simulator: { numbers: numbers.map((phoneNumber) => ({ phoneNumber })) },
  });
  roles.model.always(({ messages = [] }) => {
    const words = messages.findLast(({ role }) => role === 'user')?.content ?? '';
    return { kind: 'answer', text: `You said: ${words.slice(-200)}` };
  });
  roles.launch('worker');
  roles.launch('api');
  await roles.untilReady();
  api = new ApiOfRoles(roles.webhookUrl, roles.databaseUrl);
  theirs = await api.client(await api.workspace());
  ours = await api.client(await api.workspace());
  description = (await ours.ask('/openapi.json')).body as unknown as Description;
  await fillTheirs();
  await fillOurs();
  await eventually(async () => {
    const { rows } = await sql<{ status: string }>`
      select status from calls where id = ${liveCall}`.execute(api.database);
    if (rows[0]?.status !== 'answered') throw new Error('the live call is not recorded yet');
  });
}, 240_000);
afterAll(async () => {
  await api?.close();
  await roles?.stop();
});

const nameOf = ({ operation }: NamedOperation, { place, way }: NamedField) =>
  `${operation.operationId} ${place} ${way.join('/')}`;

function named(operationId: string): NamedOperation {
  const found = operationsOf(description).find(
    ({ operation }) => operation.operationId === operationId,
  );
  if (!found) throw new Error(`There is no ${operationId}`);
  return found;
}

/** The valid request, with another value in one of its fields. */
function withValue(valid: Valid, { place, way }: NamedField, value: string): Valid {
  const changed = structuredClone({ path: {}, query: {}, body: {}, ...valid });
  let at: Record<string, unknown> = changed[place];
  for (const step of way.slice(0, -1)) {
    at[step] ??= {};
    at = at[step] as Record<string, unknown>;
  }
  at[way.at(-1) ?? ''] = value;
  if (valid.body === undefined && place !== 'body')
    return { path: changed.path, query: changed.query };
  return changed;
}

function send({ method, path }: NamedOperation, { path: inPath = {}, query = {}, body }: Valid) {
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => inPath[name] ?? '');
  const search = new URLSearchParams(query).toString();
  return ours.ask<{ object?: string; data?: unknown[] }>(`${filled}${search && `?${search}`}`, {
    method: method.toUpperCase(),
    ...(body !== undefined && { body }),
  });
}

type Sent = Awaited<ReturnType<typeof send>>;

function isAllowed({ place }: NamedField, name: string, { status, body }: Sent): boolean {
  const shared = SHARED[name];
  if (shared) return shared.statuses.includes(status);
  const isFilter = place === 'query' && body.object === 'list';
  return [404, 422].includes(status) || (isFilter && status === 200 && body.data?.length === 0);
}

async function ownCursor(at: NamedOperation): Promise<string> {
  const { body } = await ours.ask<{ data: { id: string }[] }>(at.path);
  return body.data[0]?.id ?? '15005550000';
}

test('every route has a valid request here, and every field that is shared a reason', () => {
  const operations = operationsOf(description);
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(Object.keys(VALID).toSorted()).toEqual(ids.toSorted());
  const fields = operations.flatMap((each) =>
    namedFields(description, each.operation).map((field) => nameOf(each, field)),
  );
  expect(fields.length).toBeGreaterThan(40);
  expect(fields).toEqual(expect.arrayContaining(Object.keys(SHARED)));
  for (const each of operations) {
    if (!each.path.includes('{')) continue;
    const inPath = namedFields(description, each.operation).filter(({ place }) => place === 'path');
    expect([each.path, inPath.length]).toEqual([each.path, 1]);
  }
});

describe.each(Object.entries(VALID))('%s', (operationId, request) => {
  test('tells nothing of another workspace, and changes nothing there', async () => {
    const at = named(operationId);
    const before = await rowsOf(api.database, theirs.workspaceId);
    for (const field of namedFields(description, at.operation)) {
      const name = nameOf(at, field);
      for (const value of their[field.kind]) {
        const answer = await send(at, withValue(request(own), field, value));
        const { status, text } = answer;
        expect([name, value, status, isAllowed(field, name, answer)]).toEqual([
          ...[name, value, status],
          true,
        ]);
        const shown = secrets.filter(
          (secret) => secret !== value && text.toLowerCase().includes(secret.toLowerCase()),
        );
        expect([name, value, shown]).toEqual([name, value, []]);
      }
    }
    expect(await rowsOf(api.database, theirs.workspaceId)).toEqual(before);
  });

  test('does what is asked with what is our own', async () => {
    const at = named(operationId);
    const fields = namedFields(description, at.operation).filter(({ place }) => place !== 'path');
    for (const field of fields) {
      if (SHARED[nameOf(at, field)]) continue;
      const value = field.kind === 'cursor' ? await ownCursor(at) : own[field.kind];
      const { status } = await send(at, withValue(request(own), field, value));
      expect([nameOf(at, field), status]).toEqual([nameOf(at, field), expect.any(Number)]);
      expect(status).toBeLessThan(300);
    }
    const { status, text } = await send(at, request(own));
    expect([operationId, status, text.slice(0, status < 300 ? 0 : 500)]).toEqual([
      operationId,
      expect.any(Number),
      '',
    ]);
  });
});

test('an Idempotency-Key of somebody else is a new one, and gives nothing of the first answer', async () => {
  const body = assistantBody('zebra');
  const answer = await ours.ask('/v1/assistants', { body, once: `${CANARY}-key` });
  expect(answer.status).toBe(201);
  expect(answer.headers.get('idempotent-replayed')).toBeNull();
  expect(answer.text).not.toContain(CANARY);
});

test('their live call has gone on all the time', async () => {
  expect(livePhone.isOver).toBe(false);
  await say(livePhone, 'still there?', /still there/);
  const { body } = await theirs.ask<{ status: string }>(`/v1/calls/${liveCall}/live`);
  expect(body.status).toBe('listening');
});

test('raw SQL without a workspace sees no row of any table', async () => {
  const app = createDatabase({ url: roles.databaseUrl, role: 'app', applicationName: 'voca-test' });
  try {
    const tables = await tablesOf(api.database);
    expect(tables.length).toBeGreaterThanOrEqual(12);
    for (const table of tables) {
      const seen = await sql`select * from ${sql.table(table)} limit 1`.execute(app).then(
        ({ rows }) => rows.length,
        (error: { code?: string }) => error.code,
      );
      // What no workspace has may not be read at all.
      expect([table, seen]).toEqual([table, /^(rate_buckets|kysely_)/.test(table) ? '42501' : 0]);
    }
  } finally {
    await app.destroy();
  }
});
