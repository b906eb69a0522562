/** Whatever is done over the API is told, once, and can be read again; what fails is not. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { accountsHere } from '../../src/accounts-here.ts';
import { loadConfig } from '../../src/config.ts';
import { createCallRecords } from '../../src/db/call-records.ts';
import { EVENT_VIEWS } from '../../src/http/api/events/event-data.ts';
import { EVENT_SCHEMAS } from '../../src/http/api/events/event-schema.ts';
import type { EventType } from '../../src/http/api/events/catalogue.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import type { Simulator } from '../../src/simulator/index.ts';
import type { EventBody } from '../../src/webhooks/event-body.ts';
import type { ApiBench, ApiProcess, ApiRequest } from './support/api.ts';
import { ENVIRONMENT, openApiBench } from './support/api.ts';
import { answered, ended, nextCallId, numbered } from './support/database.ts';

let bench: ApiBench;
let simulator: Simulator;
let api: ApiProcess;
let workspaceId: string;
let key: string;
let next = 0;
const numberOf = (index: number) => `+1415${2_000_000 + index}`;

beforeAll(async () => {
  bench = await openApiBench();
  simulator = await startSimulator({
    accountSid: ENVIRONMENT.TWILIO_ACCOUNT_SID,
    authToken: ENVIRONMENT.TWILIO_AUTH_TOKEN,
    numbers: Array.from({ length: 20 }, (_, index) => ({ phoneNumber: numberOf(index) })),
  });
  api = await bench.start({ environment: { TWILIO_API_BASE_URL: simulator.baseUrl } });
});
afterAll(async () => {
  await simulator?.close();
  await bench?.close();
});
beforeEach(async () => {
  workspaceId = await bench.workspace();
  key = await bench.key(workspaceId);
});

interface Made {
  id: string;
  key?: string;
}
const ask = <T = Made>(path: string, request: ApiRequest = {}) =>
  api.ask<T>(`/v1${path}`, { key, ...request });

async function ok<T = Made>(path: string, request: ApiRequest = {}): Promise<T> {
  const { status, body, text } = await ask<T>(path, request);
  if (status >= 300) throw new Error(`${path} answered ${status}: ${text}`);
  return body;
}

interface List {
  data: EventBody[];
  has_more: boolean;
  next_cursor: string | null;
}

/** All that was told in this workspace, the oldest first. @throws when one is not as the catalogue says. */
async function told(query = ''): Promise<EventBody[]> {
  const { data, has_more } = await ok<List>(`/events?limit=100${query}`);
  expect(has_more).toBe(false);
  for (const event of data)
    expect(EVENT_SCHEMAS[event.type as EventType].parse(event)).toEqual(event);
  return data.toReversed();
}
const typesOf = (events: readonly EventBody[]) => events.map(({ type }) => type);
const once = () => ({ 'idempotency-key': `once-${++next}` });

/** A call with this customer, recorded. @returns its id */
async function recorded(from = '+14155550111'): Promise<string> {
  const callId = nextCallId();
  const sides = { from, to: '+15005550006' };
  const call = { direction: 'inbound', accountSid: 'AC1', callSid: 'CA1', workspaceId } as const;
  const bodies = [{ type: 'call.created', call: { ...call, ...sides } } as const, answered, ended];
  const at = new Date().toISOString();
  const events = numbered(...bodies).map((event) => ({ ...event, at }));
  await createCallRecords(bench.db, bench.owner, EVENT_VIEWS).record({ callId, events });
  return callId;
}

const assistant = { name: 'Anna', instructions: 'Take orders.' };

describe('what is done over the API is told', () => {
  test('of assistants, by their versions', async () => {
    const { id } = await ok('/assistants', { body: assistant });
    await ok(`/assistants/${id}`, { method: 'PATCH', body: { name: 'Bea' } });
    await ok(`/assistants/${id}`, { method: 'DELETE' });
    const events = await told();
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ['assistant.created', { assistant: { id, name: 'Anna', version: 1 } }],
      ['assistant.updated', { assistant: { id, name: 'Bea', version: 2 } }],
      ['assistant.deleted', { assistant: { id, name: 'Bea', version: 2 } }],
    ]);
    for (const { timestamp } of events) {
      expect(Math.abs(Date.parse(timestamp) - Date.now())).toBeLessThan(60_000);
    }
  });

  test('of API keys, without the keys', async () => {
    const made = await ok('/api-keys', { body: { name: 'Shop', scopes: ['calls:read'] } });
    const rolled = await ok(`/api-keys/${made.id}/roll`, { method: 'POST' });
    await ok(`/api-keys/${made.id}`, { method: 'PATCH', body: { name: 'Store' } });
    for (let times = 0; times < 2; times += 1) {
      await ok(`/api-keys/${rolled.id}`, { method: 'DELETE' });
    }
    const events = await told();
    expect(events.map(({ type, data }) => [type, data])).toMatchObject([
      ['api_key.created', { api_key: { id: made.id, status: 'active', rolled_from: null } }],
      ['api_key.created', { api_key: { id: rolled.id, rolled_from: made.id } }],
      ['api_key.revoked', { api_key: { id: rolled.id, status: 'revoked' } }],
    ]);
    for (const secret of [made.key ?? 'none', rolled.key ?? 'none']) {
      expect(JSON.stringify(events)).not.toContain(secret.slice(-20));
    }
  });

  test('of keys that are made on this machine', async () => {
    const environment = { DATABASE_URL: bench.databaseUrl };
    const here = accountsHere(loadConfig(environment, { role: 'cli' }), environment);
    const made = await here.createKey({
      workspaceId,
      name: 'Here',
      mode: 'live',
      scopes: ['admin'],
    });
    const [event, ...more] = await told();
    expect(more).toEqual([]);
    expect(event).toMatchObject({ type: 'api_key.created', data: { api_key: { id: made.id } } });
  });

  test('of phone numbers: taken on, changed, brought here, given up', async () => {
    const number = numberOf(next++);
    const { id } = await ok('/phone-numbers', { body: { number } });
    await ok(`/phone-numbers/${id}`, { method: 'PATCH', body: { label: 'Desk' } });
    await ok(`/phone-numbers/${id}`, { method: 'PATCH', body: {} });
    await ok(`/phone-numbers/${id}/check`, { method: 'POST' });
    await ok(`/phone-numbers/${id}/configure`, { method: 'POST' });
    await ok(`/phone-numbers/${id}`, { method: 'DELETE' });
    const desk = { phone_number: { id, number, label: 'Desk', webhook: { status: 'ok' } } };
    expect((await told()).map(({ type, data }) => [type, data])).toMatchObject([
      ['phone_number.created', { phone_number: { id, number, label: null } }],
      ['phone_number.updated', desk],
      ['phone_number.updated', desk],
      ['phone_number.released', desk],
    ]);
  });

  test('of webhook endpoints, without their secrets', async () => {
    const { id } = await ok('/webhook-endpoints', {
      body: { url: 'https://example.com/voca', events: ['call.*'] },
    });
    await ok(`/webhook-endpoints/${id}`, { method: 'PATCH', body: { events: ['*'] } });
    await ok(`/webhook-endpoints/${id}`, { method: 'DELETE' });
    const events = await told();
    expect(typesOf(events)).toEqual([
      'webhook_endpoint.created',
      'webhook_endpoint.updated',
      'webhook_endpoint.deleted',
    ]);
    expect(JSON.stringify(events)).not.toContain('whsec_');
  });

  test('of sessions that are closed or deleted, once', async () => {
    await recorded('+14155550111');
    await recorded('+14155550112');
    const { data } = await ok<{ data: Made[] }>('/sessions');
    const [second, first] = data.map(({ id }) => id);
    await ok(`/sessions/${first}/close`, { method: 'POST' });
    await ok(`/sessions/${first}/close`, { method: 'POST' });
    await ok(`/sessions/${first}`, { method: 'DELETE' });
    await ok(`/sessions/${second}`, { method: 'DELETE' });
    const ends = await told('&type=session.ended');
    expect(ends.map((event) => event.data)).toMatchObject([
      { session: { id: first, status: 'closed' } },
      { session: { id: second, status: 'closed' } },
    ]);
    expect(await told('&type=session.created')).toHaveLength(2);
  });
});

describe('nothing is told', () => {
  test('of what is refused', async () => {
    const { id } = await ok('/assistants', { body: assistant });
    const number = await ok('/phone-numbers', {
      body: { number: numberOf(next++), assistant_id: id },
    });
    const before = await told();
    const none = `asst_${'0'.repeat(26)}`;
    const requests: [number, string, ApiRequest][] = [
      [409, `/assistants/${id}`, { method: 'DELETE' }],
      [404, `/assistants/${none}`, { method: 'DELETE' }],
      [
        412,
        `/assistants/${id}`,
        { method: 'PATCH', body: { name: 'C' }, headers: { 'if-match': '"9"' } },
      ],
      [422, '/phone-numbers', { body: { number: '+14155550199' } }],
      [422, `/phone-numbers/${number.id}`, { method: 'PATCH', body: { assistant_id: none } }],
      [404, `/api-keys/key_${'0'.repeat(26)}`, { method: 'DELETE' }],
      [404, `/sessions/sess_${'0'.repeat(26)}/close`, { method: 'POST' }],
    ];
    for (const [status, path, request] of requests) {
      expect([path, (await ask(path, request)).status]).toEqual([path, status]);
    }
    expect(await told()).toEqual(before);
  });

  test('twice of what is asked twice with one key', async () => {
    const paths: [string, object][] = [
      ['/assistants', assistant],
      ['/api-keys', { name: 'Shop', scopes: ['calls:read'] }],
      ['/phone-numbers', { number: numberOf(next++) }],
    ];
    for (const [path, body] of paths) {
      const headers = once();
      const answers = await Promise.all([1, 2, 3].map(() => ask(path, { body, headers })));
      expect(answers.some(({ status }) => status === 201)).toBe(true);
      await ok(path, { body, headers });
    }
    expect(typesOf(await told())).toEqual([
      'assistant.created',
      'api_key.created',
      'phone_number.created',
    ]);
  });
});

describe('the list of events', () => {
  test('is read by pages, type, call and time, and each event alone', async () => {
    const callId = await recorded();
    const since = new Date().toISOString();
    await ok('/assistants', { body: assistant });
    const all = await told();
    expect(typesOf(all).toSorted()).toEqual(
      [
        'session.created',
        'call.created',
        'call.answered',
        'call.ended',
        'assistant.created',
      ].toSorted(),
    );
    expect(typesOf(await told('&type=call.ended'))).toEqual(['call.ended']);
    const ofCall = await told(`&call_id=${callId}`);
    expect(new Set(ofCall.map(({ sequence }) => sequence))).toEqual(new Set([1, 2, 3]));
    expect(typesOf(await told(`&call_id=${callId}&type=call.answered`))).toEqual(['call.answered']);
    expect(typesOf(await told(`&created_at[gte]=${since}`))).toEqual(['assistant.created']);
    expect(await told(`&created_at[lt]=${since}`)).toHaveLength(4);
    const paged: EventBody[] = [];
    for (let query = '?limit=2'; ;) {
      const { data, next_cursor } = await ok<List>(`/events${query}`);
      paged.push(...data);
      if (next_cursor === null) break;
      query = `?limit=2&starting_after=${next_cursor}`;
    }
    expect(paged.toReversed()).toEqual(all);
    for (const event of all) expect(await ok<EventBody>(`/events/${event.id}`)).toEqual(event);
  });

  test('refuses what is no type, and shows nobody the events of another workspace', async () => {
    await ok('/assistants', { body: assistant });
    const [event] = await told();
    expect((await ask('/events?type=call.none')).status).toBe(422);
    expect((await ask('/events?call_id=call')).status).toBe(422);
    const other = await bench.key(await bench.workspace());
    expect((await ask(`/events/${event?.id}`, { key: other })).status).toBe(404);
    expect((await ok<List>('/events', { key: other })).data).toEqual([]);
    const narrow = await bench.key(workspaceId, ['calls:read']);
    expect((await ask('/events', { key: narrow })).status).toBe(403);
  });
});
