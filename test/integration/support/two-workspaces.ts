/** Two workspaces of one instance, each with one of everything. */
import type { Phone } from '../../../src/simulator/index.ts';
import { operationsOf } from '../../http/api/served-description.ts';
import type { Description } from '../../http/api/served-description.ts';
import type { ApiOfRoles, Client } from './api-of-roles.ts';
import { NOWHERE } from './api-requests.ts';
import type { Own } from './api-requests.ts';
import { eventually } from './eventually.ts';
import { namedFields } from './named-fields.ts';
import type { Kind } from './named-fields.ts';
import { say } from './roles.ts';
import type { Roles } from './roles.ts';

/** In every text of theirs. */
export const CANARY = 'quagga';
const OURS = 'zebra';
const THEIR_NUMBER = '+15005550071';
const THEIR_OTHER_NUMBER = '+15005550079';
const OUR_NUMBER = '+15005550072';
export const THEIR_IDEMPOTENCY_KEY = `${CANARY}-key`;
/** Those that the carrier must have. */
export const NUMBERS = [THEIR_NUMBER, THEIR_OTHER_NUMBER, OUR_NUMBER];

const THEIR_CUSTOMERS = ['+14155550171', '+14155550172', '+14155550173', '+14155550174'] as const;
const OUR_CUSTOMER = '+14155550181';

interface Party {
  roles: Roles;
  client: Client;
  /** In all its texts. */
  word: string;
}

export interface Theirs {
  /** All that they have, by what can name it. */
  named: Record<Kind, string[]>;
  /** Nothing of these is anybody else's business. */
  secrets: string[];
  live: { callId: string; phone: Phone };
}

interface CallBody {
  id: string;
  status: string;
  summary: string | null;
  session_id: string;
  provider: { call_sid: string };
}

export const assistantBody = (word: string) => ({
  name: `${word} name`,
  first_message: `${word} greets you.`,
  instructions: `${word} instructions`,
  variables: { secret: `${word} variable` },
  metadata: { secret: `${word} metadata` },
});

export async function fillTheirs(
  api: ApiOfRoles,
  roles: Roles,
  client: Client,
  description: Description,
): Promise<Theirs> {
  const party = { roles, client, word: CANARY };
  const assistant = await made(
    client,
    '/v1/assistants',
    assistantBody(CANARY),
    THEIR_IDEMPOTENCY_KEY,
  );
  const hidden = await made(client, '/v1/assistants', assistantBody(CANARY));
  await client.ask(`/v1/assistants/${hidden}`, { method: 'DELETE' });
  await made(client, '/v1/assistants', assistantBody(CANARY));
  const number = await made(client, '/v1/phone-numbers', {
    ...{ number: THEIR_NUMBER, label: `${CANARY} label`, assistant_id: assistant },
  });
  const [endpoint, deliveries] = await webhooks(client, CANARY);
  const [other] = await webhooks(client, CANARY);
  // Nothing of theirs changes by itself.
  for (const each of [endpoint, other]) {
    await client.ask(`/v1/webhook-endpoints/${each}`, {
      ...{ method: 'PATCH', body: { status: 'disabled' } },
    });
  }
  const [first, second, third, fourth] = THEIR_CUSTOMERS;
  const calls = [
    await talk(party, first, assistant, 'said this'),
    await talk(party, second, assistant, 'said that'),
  ];
  const [callId, phone] = await place(party, third, assistant);
  await say(phone, `${CANARY} is speaking`, /./);
  const [unrecordedId] = await place(party, fourth, assistant);
  for (const each of [callId, unrecordedId]) await untilAnswered(api, each);
  await forget(api, unrecordedId);
  await made(client, '/v1/api-keys', { name: `${CANARY} key`, mode: 'test', scopes: ['admin'] });
  const keys = await client.ask<{ data: { id: string }[] }>('/v1/api-keys');
  const ids = {
    evt: await eventIds(client),
    asst: [assistant, hidden],
    pn: [number, await api.number(client.workspaceId, THEIR_OTHER_NUMBER)],
    call: [...calls.map(({ id }) => id), callId, unrecordedId],
    sess: calls.map(({ session_id: id }) => id),
    key: keys.body.data.map(({ id }) => id),
    we: [endpoint, other],
    dlv: deliveries,
    ws: [client.workspaceId],
  };
  const others = {
    number: [THEIR_NUMBER, ...THEIR_CUSTOMERS],
    call_sid: [...calls.map(({ provider }) => provider.call_sid), phone.callSid],
  };
  const secrets = [...Object.values(ids), ...Object.values(others), CANARY].flat();
  const cursor = [...(await liveCursors(client, description, ids)), ...Object.values(ids).flat()];
  return { named: { ...ids, ...others, cursor }, secrets, live: { callId, phone } };
}

export async function fillOurs(roles: Roles, client: Client): Promise<Own> {
  const party = { roles, client, word: OURS };
  const asst = await made(client, '/v1/assistants', assistantBody(OURS));
  const unused = await made(client, '/v1/assistants', assistantBody(OURS));
  const pn = await made(client, '/v1/phone-numbers', { number: OUR_NUMBER });
  const call = await talk(party, OUR_CUSTOMER, asst, 'said this');
  const key = await made(client, '/v1/api-keys', { name: OURS, mode: 'test', scopes: ['admin'] });
  const [we, [dlv = '']] = await webhooks(client, OURS);
  const [evt = ''] = await eventIds(client);
  return {
    ...{
      asst,
      unused,
      pn,
      key,
      we,
      dlv,
      evt,
      call: call.id,
      sess: call.session_id,
      ws: client.workspaceId,
    },
    ...{ number: OUR_NUMBER, call_sid: call.provider.call_sid },
  };
}

async function eventIds(client: Client): Promise<string[]> {
  const { body } = await client.ask<{ data: { id: string }[] }>('/v1/events?limit=100');
  return body.data.map(({ id }) => id);
}

async function made(client: Client, path: string, body: object, once?: string): Promise<string> {
  const {
    status,
    text,
    body: found,
  } = await client.ask<{ id: string }>(path, {
    body,
    ...(once !== undefined && { once }),
  });
  if (status !== 201) throw new Error(`${path} answered ${status}: ${text}`);
  return found.id;
}

/** An endpoint that nobody can reach, and what was to be sent to it. */
async function webhooks(client: Client, word: string): Promise<[string, string[]]> {
  const body = { url: NOWHERE, description: word, metadata: { secret: word } };
  const events = ['webhook_endpoint.*'];
  const id = await made(client, '/v1/webhook-endpoints', { ...body, events });
  const path = `/v1/webhook-endpoints/${id}`;
  await client.ask(`${path}/test`, { method: 'POST' });
  const { body: list } = await client.ask<{ data: { id: string }[] }>(`${path}/deliveries`);
  return [id, list.data.map((each) => each.id)];
}

async function place(party: Party, to: string, assistant: string): Promise<[string, Phone]> {
  const { roles, client, word } = party;
  const called = roles.nextCalled();
  const body = { to, assistant_id: assistant, metadata: { note: word } };
  const id = await made(client, '/v1/calls', body);
  const phone = await called;
  await phone.waitUntilListening({ timeoutMs: 30_000 });
  return [id, phone];
}

/** A call that is over, and is summed up. */
async function talk(party: Party, to: string, assistant: string, words: string): Promise<CallBody> {
  const [id, phone] = await place(party, to, assistant);
  await say(phone, `${party.word} ${words}`, /./);
  phone.hangUp();
  return eventually(
    async () => {
      const { body } = await party.client.ask<CallBody>(`/v1/calls/${id}`);
      const { status, summary } = body;
      if (status !== 'ended' || summary === null) throw new Error(`The call is ${status}`);
      return body;
    },
    { withinMs: 60_000, everyMs: 200 },
  );
}

async function untilAnswered({ database }: ApiOfRoles, callId: string): Promise<void> {
  await eventually(async () => {
    const call = await database
      .selectFrom('calls')
      .select('status')
      .where('id', '=', callId)
      .executeTakeFirst();
    if (call?.status !== 'answered') throw new Error(`The call is recorded as ${call?.status}`);
  });
}

/** As if its record were late: whose it is, the call alone knows. */
async function forget({ database }: ApiOfRoles, callId: string): Promise<void> {
  await database.deleteFrom('turns').where('call_id', '=', callId).execute();
  await database.deleteFrom('events').where('call_id', '=', callId).execute();
  await database.deleteFrom('call_events').where('call_id', '=', callId).execute();
  await database.deleteFrom('calls').where('id', '=', callId).execute();
}

/** The cursors with which they go through their lists at this moment. */
async function liveCursors(
  client: Client,
  description: Description,
  ids: Partial<Record<Kind, string[]>>,
): Promise<string[]> {
  const lists = operationsOf(description).filter(({ operation }) =>
    (operation.parameters ?? []).some(({ name }) => name === 'ending_before'),
  );
  const cursors: string[] = [];
  for (const { path: form, operation } of lists) {
    const of = namedFields(description, operation).find(({ place }) => place === 'path');
    const path = form.replace('{id}', (of && ids[of.kind]?.[0]) ?? '');
    const { body } = await client.ask<{ next_cursor: string | null }>(`${path}?limit=1`);
    if (body.next_cursor === null) throw new Error(`${path} has no second page`);
    cursors.push(body.next_cursor);
  }
  return cursors;
}
