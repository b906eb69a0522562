/**
 * Calls and sessions over the management API, with real processes, a real PostgreSQL and a real
 * Temporal, and the simulated Twilio.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Phone } from '../../src/simulator/index.ts';
import { RETENTION_SCHEDULE } from '../../src/temporal/schedules.ts';
import { runsOf } from '../../src/temporal/call-runs.ts';
import { ApiOfRoles } from './support/api-of-roles.ts';
import type { Client } from './support/api-of-roles.ts';
import { eventually } from './support/eventually.ts';
import { keepLongest } from './support/histories.ts';
import type { RoleProcess } from './support/roles.ts';
import { Roles, say } from './support/roles.ts';

const OTHER_NUMBER = '+15005550077';
const SUMMARY = 'Notes: the pizza goes to Elm Street.';
/** Temporal deletes within half a minute, twice that on a slow machine. */
const ERASED_WITHIN = { withinMs: 120_000, everyMs: 500 };
const SLOW = 240_000;

interface CallBody {
  id: string;
  status: string;
  dial: string | null;
  from: string | null;
  to: string | null;
  end_reason: string | null;
  session_id: string | null;
  summary: string | null;
  metadata: Record<string, string>;
  assistant: { id: string; version: number } | null;
  provider: { call_sid: string | null };
  answered_at: string | null;
  ended_at: string | null;
  erased_at: string | null;
  temporal_url: string | null;
  transcript: {
    greeting: string | null;
    turns: { heard: { text?: string }; reply: string | null; reply_ms: number | null }[];
  };
}
interface ListBody {
  data: CallBody[];
  has_more: boolean;
}
interface ProblemBody {
  code: string;
  errors?: { pointer: string; code: string }[];
}
interface HangUps {
  ended: number;
  failed: number;
  results: { id: string; result: string }[];
}

let roles: Roles;
let apiProcess: RoleProcess;
let worker: RoleProcess;
let api: ApiOfRoles;
let ours: Client;
let theirs: Client;
let ourAssistant: string;
let theirAssistant: string;

beforeAll(async () => {
  roles = await Roles.prepare({
    env: { VOCA_RETENTION: '5', TEMPORAL_UI_URL: 'http://temporal.example.com/' },
    simulator: { numbers: [{ phoneNumber: OTHER_NUMBER }] },
  });
  roles.model.always(({ messages = [] }) => {
    const words = messages.findLast(({ role }) => role === 'user')?.content ?? '';
    const isSummary = words.includes('Write the notes now');
    return { kind: 'answer', text: isSummary ? SUMMARY : `You said: ${words}` };
  });
  worker = await roles.launch('worker').isReady();
  apiProcess = roles.launch('api');
  await roles.untilReady();
  api = new ApiOfRoles(roles.webhookUrl, roles.databaseUrl);
  ours = await api.client('ws_default');
  theirs = await api.client(await api.workspace());
  await api.number(theirs.workspaceId, OTHER_NUMBER);
  ourAssistant = await assistantOf(ours);
  theirAssistant = await assistantOf(theirs);
}, 120_000);
afterAll(async () => {
  await api?.close();
  await roles?.stop();
});

async function assistantOf(client: Client): Promise<string> {
  const { status, body } = await client.ask<{ id: string }>('/v1/assistants', {
    body: {
      name: 'Anna',
      first_message: 'Hello {{name}}, this is {{company}}.',
      instructions: 'You work for {{company}}.',
      variables: { company: 'Acme' },
    },
  });
  expect(status).toBe(201);
  return body.id;
}

let lastNumber = 4_155_550_100;
/** Nobody has been called there before. */
const somebody = () => `+1${(lastNumber += 1)}`;

const order = (to: string, more: object = {}) => ({
  to,
  assistant_id: ourAssistant,
  variables: { name: 'Ada' },
  ...more,
});

/** Places a call, and waits until it is answered. */
async function place(client: Client, body: object, once?: string): Promise<[CallBody, Phone]> {
  const called = roles.nextCalled();
  const placed = await client.ask<CallBody>('/v1/calls', {
    body,
    ...(once !== undefined && { once }),
  });
  expect([placed.status, placed.body.dial]).toEqual([201, 'accepted']);
  expect(placed.headers.get('location')).toBe(`/v1/calls/${placed.body.id}`);
  const phone = await called;
  await phone.waitUntilListening({ timeoutMs: 30_000 });
  return [placed.body, phone];
}

const read = async (client: Client, id: string) =>
  (await client.ask<CallBody>(`/v1/calls/${id}`)).body;

async function untilRead(
  client: Client,
  id: string,
  look: (call: CallBody) => void,
): Promise<CallBody> {
  return eventually(
    async () => {
      const call = await read(client, id);
      look(call);
      return call;
    },
    { withinMs: 60_000, everyMs: 200 },
  );
}

/** Says one thing and hangs up; waits until the call is recorded with its summary. */
async function talk(client: Client, to: string, words: string): Promise<CallBody> {
  const [{ id }, phone] = await place(client, order(to));
  await say(phone, words, new RegExp(`You said: ${words}`));
  phone.hangUp();
  return untilRead(client, id, (call) => {
    expect(call).toMatchObject({ status: 'ended', summary: SUMMARY });
  });
}

/** Temporal's list lags behind: asks until a call was among those that were ended; all that were. */
async function hangUp(client: Client, body: object, id: string): Promise<string[]> {
  const ended: string[] = [];
  await eventually(async () => {
    const { body: outcome } = await client.ask<HangUps>('/v1/calls/hangup-all', { body });
    expect(outcome.failed).toBe(0);
    ended.push(...outcome.results.map((each) => each.id));
    expect(ended).toContain(id);
  });
  return ended;
}

async function untilErased(id: string): Promise<void> {
  await eventually(async () => {
    const { rows } = await sql<{ erased_at: Date | null }>`
      select erased_at from calls where id = ${id}`.execute(api.database);
    expect(rows[0]?.erased_at).not.toBeNull();
  }, ERASED_WITHIN);
}

/** Everything that the database keeps, as text. */
async function everythingKept(): Promise<string> {
  const tables = ['calls', 'turns', 'call_events', 'sessions', 'idempotency_records'];
  const dumps = await Promise.all(
    tables.map(async (table) => {
      const { rows } = await sql<{ row: string }>`
        select t::text as row from ${sql.table(table)} t`.execute(api.database);
      return rows.map(({ row }) => row).join('\n');
    }),
  );
  return dumps.join('\n');
}

describe('a call that is placed over the API', () => {
  test('speaks its variables, is looked at live, and is fetched with what was said', async () => {
    const to = somebody();
    const [placed, phone] = await place(ours, order(to, { metadata: { order: 'A-17' } }));
    expect(placed).toMatchObject({ object: 'call', direction: 'outbound', to });
    await phone.hearsMatching(/^Hello Ada, this is Acme\.$/);
    await say(phone, 'a pizza', /You said: a pizza/);
    const live = await ours.ask<{ transcript: CallBody['transcript'] }>(
      `/v1/calls/${placed.id}/live`,
    );
    expect(live.body).toMatchObject({ object: 'live_call', status: 'listening', to });
    expect(live.body.transcript.turns).toMatchObject([{ heard: { text: 'a pizza' } }]);
    phone.hangUp();
    const call = await untilRead(ours, placed.id, ({ status }) => expect(status).toBe('ended'));
    expect(call).toMatchObject({
      assistant: { id: ourAssistant, version: 1 },
      provider: { call_sid: phone.callSid },
      metadata: { order: 'A-17' },
      end_reason: 'caller-hung-up',
      dial: 'accepted',
      transcript: {
        greeting: 'Hello Ada, this is Acme.',
        turns: [
          {
            key: '1',
            position: 1,
            status: 'answered',
            heard: { kind: 'speech', text: 'a pizza' },
            reply: 'You said: a pizza',
            reply_source: 'model',
            model: 'fake-model',
            tokens: { prompt: 21, completion: 7 },
            tries: [{ model: 'openai/fake-model', outcome: 'answered' }],
          },
        ],
      },
    });
    expect(call.transcript.turns[0]?.reply_ms).toBeGreaterThanOrEqual(0);
    const [, namespace] = /namespaces\/([^/]+)\//.exec(call.temporal_url ?? '') ?? [];
    expect(call.temporal_url).toBe(
      `http://temporal.example.com/namespaces/${namespace}/workflows/${placed.id}`,
    );
    const reader = await api.client('ws_default', ['calls:read']);
    expect((await read(reader, placed.id)).temporal_url).toBeNull();
  });

  test('is found by each filter, and by no other workspace', async () => {
    const to = somebody();
    const before = new Date().toISOString();
    const call = await talk(ours, to, 'filtered words');
    const good = [
      'status=ended',
      'direction=outbound',
      'end_reason=caller-hung-up',
      `assistant_id=${ourAssistant}`,
      `session_id=${call.session_id}`,
      `to=${encodeURIComponent(to)}`,
      `from=${encodeURIComponent(call.from ?? '')}`,
      `call_sid=${call.provider.call_sid}`,
      `created_at[gte]=${before}`,
      `created_at[lt]=2099-01-01T00:00:00Z`,
    ];
    for (const filter of [...good, good.join('&')]) {
      const { body } = await ours.ask<ListBody>(`/v1/calls?limit=100&${filter}`);
      expect([filter, body.data.map(({ id }) => id)]).toEqual([
        filter,
        expect.arrayContaining([call.id]),
      ]);
      const stranger = await theirs.ask<ListBody>(`/v1/calls?limit=100&${filter}`);
      expect(stranger.body.data).toEqual([]);
    }
    const { body: none } = await ours.ask<ListBody>(
      `/v1/calls?created_at[lt]=${before}&to=%2B1999`,
    );
    expect(none).toMatchObject({ code: 'invalid' });
    for (const bad of ['colour=red', 'status=over', 'created_at=2026-01-01', 'assistant_id=x']) {
      expect((await ours.ask(`/v1/calls?${bad}`)).status).toBe(422);
    }
  });

  test.each([
    ['a premium number', { to: '+19005550123' }, '/to', 'number-type'],
    ['a satellite', { to: '+881612345678' }, '/to', 'number-type'],
    ['a personal number', { to: '+447012345678' }, '/to', 'number-type'],
    ['no number at all', { to: '+10000000000' }, '/to', 'no-such-number'],
    ['a text', { to: 'sip:a@b' }, '/to', 'invalid_format'],
    ['an assistant that nobody has', { assistant_id: 'asst_none' }, '/assistant_id', 'unknown'],
    ['a number that nobody has', { phone_number_id: 'pn_none' }, '/phone_number_id', 'unknown'],
    ['a missing variable', { variables: {} }, '/variables/name', 'missing-variable'],
    ['an unknown field', { colour: 'red' }, '/colour', 'unknown-field'],
  ])('to or with %s is refused before anybody is dialled', async (_what, more, pointer, code) => {
    const { status, body } = await ours.ask<ProblemBody>('/v1/calls', {
      body: order(somebody(), more),
    });
    expect(status).toBe(422);
    expect(body.errors?.[0]).toMatchObject({ pointer });
    expect([code, body.errors?.[0]?.code]).toEqual([code, code]);
  });

  test('is not placed with the assistant or from the number of another workspace', async () => {
    const refused = async (more: object) => {
      const { status, text } = await theirs.ask('/v1/calls', { body: order(somebody(), more) });
      expect(status).toBe(422);
      expect(text).not.toContain('Acme');
    };
    await refused({ assistant_id: ourAssistant });
    const { rows } = await sql<{ id: string; number: string }>`
      select id, number from phone_numbers where workspace_id = 'ws_default'`.execute(api.database);
    await refused({ assistant_id: theirAssistant, phone_number_id: rows[0]?.id });
    await refused({ assistant_id: theirAssistant, from: rows[0]?.number });
  });
});

describe('one Idempotency-Key', () => {
  test('dials once, however often and by however many it is sent', async () => {
    const to = somebody();
    const dialled: string[] = [];
    const stop = roles.simulator.onOutboundCall((phone) => void dialled.push(phone.to));
    const body = order(to);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ours.ask<CallBody>('/v1/calls', { body, once: 'key-1' })),
    );
    stop();
    const made = answers.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map((each) => each.body.id)).size).toBe(1);
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    const again = await ours.ask<CallBody>('/v1/calls', { body, once: 'key-1' });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body.id).toBe(made[0]?.body.id);
    expect(dialled).toEqual([to]);
    const other = await ours.ask<ProblemBody>('/v1/calls', {
      body: order(somebody()),
      once: 'key-1',
    });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused']);
    // The answer is kept for a day, the call for longer.
    await sql`delete from idempotency_records`.execute(api.database);
    const late = await ours.ask<CallBody>('/v1/calls', { body, once: 'key-1' });
    expect([late.status, late.body.id]).toEqual([201, made[0]?.body.id]);
    const lateOther = await ours.ask('/v1/calls', { body: order(somebody()), once: 'key-1' });
    expect(lateOther.status).toBe(422);
    expect(dialled).toEqual([to]);
    await ours.ask(`/v1/calls/${late.body.id}/hangup`, { body: {} });
  });

  test('dials once, also when the api dies between dialling and answering', async () => {
    const dialled: Phone[] = [];
    const died = new Promise<unknown>((resolve) => {
      const stop = roles.simulator.onOutboundCall((phone) => {
        dialled.push(phone);
        stop();
        resolve(apiProcess.kill());
      });
    });
    const request = { body: order(somebody()), once: 'key-2' };
    await expect(ours.ask('/v1/calls', request)).rejects.toThrow('fetch failed');
    await died;
    apiProcess = roles.launch('api');
    await roles.untilReady();
    const held = await ours.ask<ProblemBody>('/v1/calls', request);
    expect([held.status, held.body.code]).toEqual([409, 'request-under-way']);
    // As if its lock were over.
    await sql`update idempotency_records set locked_until = now()`.execute(api.database);
    const again = await ours.ask<CallBody>('/v1/calls', request);
    expect([again.status, again.body.provider.call_sid]).toEqual([201, dialled[0]?.callSid]);
    expect(dialled).toHaveLength(1);
    await ours.ask(`/v1/calls/${again.body.id}/hangup`, { body: {} });
    expect((await dialled[0]?.ended)?.status).toBeDefined();
  });
});

describe('a session', () => {
  test(
    'spans two calls: the second one is told what the first was about',
    async () => {
      const to = somebody();
      const first = await talk(ours, to, 'to Elm Street');
      const [{ id }, phone] = await place(ours, order(to));
      await say(phone, 'where to', /You said: where to/);
      const asked = roles.model.completions().at(-1)?.body;
      expect(JSON.stringify(asked)).toContain(SUMMARY);
      phone.hangUp();
      const second = await untilRead(ours, id, ({ summary }) => expect(summary).toBe(SUMMARY));
      expect(second.session_id).toBe(first.session_id);
      const path = `/v1/sessions/${first.session_id}`;
      const { body: session } = await ours.ask(path);
      expect(session).toMatchObject({
        object: 'session',
        status: 'open',
        assistant_id: ourAssistant,
        customer_number: to,
        summary: SUMMARY,
        call_count: 2,
      });
      const { body: list } = await ours.ask<ListBody>(`/v1/calls?session_id=${first.session_id}`);
      expect(list.data.map((call) => call.id)).toEqual([id, first.id]);
      const query = `status=open&assistant_id=${ourAssistant}&customer_number=${encodeURIComponent(to)}`;
      const found = await ours.ask<ListBody>(`/v1/sessions?${query}`);
      expect(found.body.data).toMatchObject([{ id: first.session_id }]);

      for (const [tail, method] of [
        ['', 'GET'],
        ['', 'DELETE'],
        ['/close', 'POST'],
        ['/erase', 'POST'],
      ] as const) {
        expect((await theirs.ask(path + tail, { method })).status).toBe(404);
      }
      expect((await theirs.ask<ListBody>(`/v1/sessions?${query}`)).body.data).toEqual([]);

      const closed = await ours.ask(`${path}/close`, { method: 'POST' });
      expect(closed.body).toMatchObject({ status: 'closed' });
      const third = await talk(ours, to, 'once more');
      expect(third.session_id).not.toBe(first.session_id);
    },
    SLOW,
  );

  test(
    'is erased with its calls, and hidden',
    async () => {
      const to = somebody();
      const call = await talk(ours, to, 'wine for Mallory');
      const path = `/v1/sessions/${call.session_id}`;
      const [{ id }, phone] = await place(ours, order(to));
      await untilRead(ours, id, (it) => expect(it.session_id).toBe(call.session_id));
      expect((await ours.ask(`${path}/erase`, { method: 'POST' })).status).toBe(409);
      phone.hangUp();
      await untilRead(ours, id, ({ status }) => expect(status).toBe('ended'));
      expect((await ours.ask(path, { method: 'DELETE' })).status).toBe(204);
      expect((await ours.ask(path)).status).toBe(404);
      const erased = await ours.ask(`${path}/erase`, { method: 'POST' });
      expect([erased.status, erased.body]).toEqual([
        202,
        { object: 'erasure', id: call.session_id },
      ]);
      await untilErased(call.id);
      await untilErased(id);
      expect(await everythingKept()).not.toMatch(new RegExp(`Mallory|${to.slice(1)}`));
      expect(await runsOf(roles.link.client, id)).toEqual([]);
      await roles.link.client.workflow.getHandle(`erase-${call.session_id}`).result();
      await keepLongest(roles.link, 'eraseSession', 'erase-session');
    },
    SLOW,
  );
});

describe('ending calls', () => {
  test('ends one, with a last word, and one that is over is a success', async () => {
    const [{ id }, phone] = await place(ours, order(somebody()));
    const path = `/v1/calls/${id}/hangup`;
    expect((await theirs.ask(path, { body: {} })).status).toBe(404);
    const ended = await ours.ask(path, { body: { message: 'We are closing.' } });
    expect([ended.status, ended.body]).toEqual([200, { object: 'hang_up', id, result: 'ended' }]);
    await phone.hearsMatching(/We are closing/);
    await phone.ended;
    await eventually(async () => {
      const again = await ours.ask(path, { method: 'POST' });
      expect(again.body).toMatchObject({ id });
    });
    await untilRead(ours, id, (call) => expect(call.end_reason).toBe('operator'));
  });

  test('ends the calls of a filter, or all, and hurts no other workspace', async () => {
    // What tests have left.
    await eventually(async () => {
      const left = await ours.ask<HangUps>('/v1/calls/hangup-all', { body: { confirm: true } });
      expect(left.body.results).toEqual([]);
    });
    const [mine, myPhone] = await place(ours, order(somebody()));
    const [other, otherPhone] = await place(
      theirs,
      order(somebody(), { assistant_id: theirAssistant }),
    );
    const inbound = roles.dial();
    await inbound.waitUntilListening({ timeoutMs: 30_000 });
    for (const body of [{}, { filter: {} }, { confirm: false }]) {
      expect((await ours.ask('/v1/calls/hangup-all', { body })).status).toBe(422);
    }
    const foreign = { filter: { assistant_id: theirAssistant } };
    const nobody = await ours.ask('/v1/calls/hangup-all', { body: foreign });
    expect(nobody.status).toBe(422);

    const outbound = { filter: { direction: 'outbound', assistant_id: ourAssistant } };
    expect(await hangUp(ours, outbound, mine.id)).toEqual([mine.id]);
    await myPhone.ended;
    const inboundId = roles.callIdOf(inbound);
    // The list lags behind a little, and to end a call that is over is a success.
    const all = await hangUp(ours, { confirm: true }, inboundId);
    expect(all.filter((id) => id !== mine.id)).toEqual([inboundId]);
    await inbound.ended;
    expect(otherPhone.isOver).toBe(false);
    expect((await theirs.ask(`/v1/calls/${other.id}/live`)).body).toMatchObject({
      status: 'listening',
    });
    otherPhone.hangUp();
  });
});

describe('a call that is not recorded yet', () => {
  test('is answered by its workflow, to its workspace alone', async () => {
    const to = somebody();
    await api.database.transaction().execute(async (trx) => {
      await sql`lock table calls in exclusive mode`.execute(trx); // nobody writes, all read
      const [{ id }, phone] = await place(ours, order(to, { metadata: { order: 'B-18' } }));
      const path = `/v1/calls/${id}`;
      expect(await read(ours, id)).toMatchObject({
        status: 'answered',
        to,
        metadata: { order: 'B-18' },
        session_id: null,
        assistant: { id: ourAssistant },
        transcript: { greeting: 'Hello Ada, this is Acme.' },
      });
      expect((await ours.ask(`${path}/live`)).body).toMatchObject({ status: 'listening' });
      expect((await ours.ask(path, { method: 'DELETE' })).status).toBe(409);
      expect((await ours.ask(`${path}/erase`, { method: 'POST' })).status).toBe(409);
      for (const tail of ['', '/live']) {
        expect((await theirs.ask(path + tail)).status).toBe(404);
      }
      expect((await theirs.ask(`${path}/hangup`, { method: 'POST' })).status).toBe(404);
      expect(phone.isOver).toBe(false);
      phone.hangUp();
    });
  });
});

describe('a call of another workspace', () => {
  test('is nothing, live, recorded, as a cursor and to be erased', async () => {
    const [{ id }, phone] = await place(ours, order(somebody()));
    await say(phone, 'secret words', /You said: secret words/);
    for (const [tail, method] of [
      ['', 'GET'],
      ['/live', 'GET'],
      ['', 'DELETE'],
      ['/hangup', 'POST'],
      ['/erase', 'POST'],
    ] as const) {
      const answer = await theirs.ask(`/v1/calls/${id}${tail}`, { method });
      expect([tail, answer.status]).toEqual([tail, 404]);
      expect(answer.text).not.toContain('secret');
    }
    expect((await theirs.ask(`/v1/calls?starting_after=${id}`)).status).toBe(422);
    expect(phone.isOver).toBe(false);
    phone.hangUp();
  });
});

describe('a call that is over', () => {
  test('is hidden; one that is not cannot be', async () => {
    const [{ id }, phone] = await place(ours, order(somebody()));
    const path = `/v1/calls/${id}`;
    expect((await ours.ask(path, { method: 'DELETE' })).status).toBe(409);
    expect((await ours.ask(`${path}/erase`, { method: 'POST' })).status).toBe(409);
    phone.hangUp();
    await untilRead(ours, id, ({ status }) => expect(status).toBe('ended'));
    expect((await ours.ask(path, { method: 'DELETE' })).status).toBe(204);
    for (const tail of ['', '/live']) expect((await ours.ask(path + tail)).status).toBe(404);
    const { body } = await ours.ask<ListBody>('/v1/calls?limit=100');
    expect(body.data.map((call) => call.id)).not.toContain(id);
  });

  test(
    'is erased: no word of it stays, nor its workflow; and again',
    async () => {
      const to = somebody();
      const call = await talk(ours, to, 'a cake for Trudy');
      expect(await everythingKept()).toContain('Trudy');
      const path = `/v1/calls/${call.id}`;
      const answer = await ours.ask(`${path}/erase`, { method: 'POST' });
      expect([answer.status, answer.body]).toEqual([202, { object: 'erasure', id: call.id }]);
      // What was asked for is done, also when whoever is at it dies.
      await worker.kill();
      worker = await roles.launch('worker').isReady();
      await untilErased(call.id);
      expect(await everythingKept()).not.toMatch(new RegExp(`Trudy|${to.slice(1)}`));
      expect(await runsOf(roles.link.client, call.id)).toEqual([]);
      expect(await read(ours, call.id)).toMatchObject({
        status: 'ended',
        from: null,
        to: null,
        summary: null,
        metadata: {},
        transcript: { greeting: null, turns: [] },
        erased_at: expect.any(String),
      });
      expect((await ours.ask(`${path}/live`)).status).toBe(409);
      expect((await ours.ask(`${path}/erase`, { method: 'POST' })).status).toBe(202);
      const handle = roles.link.client.workflow.getHandle(`erase-${call.id}`);
      expect(await handle.result()).toBe('erased');
      await keepLongest(roles.link, 'eraseCall', 'erase-call');
      await keepLongest(roles.link, 'modelsReady', 'models-ready');
    },
    SLOW,
  );

  test(
    'is erased once its workspace keeps it no longer, and no other call',
    async () => {
      const keeper = await api.client(await api.workspace());
      const old = await talk(ours, somebody(), 'old words of Oscar');
      const young = await talk(ours, somebody(), 'young words of Peggy');
      await sql`update workspaces set retention_days = 30 where id = 'ws_default'`.execute(
        api.database,
      );
      const aMonthAgo = new Date(Date.now() - 31 * 86_400_000);
      await sql`update calls set ended_at = ${aMonthAgo} where id = ${old.id}`.execute(
        api.database,
      );
      await sql`insert into idempotency_records
        (workspace_id, key_hash, request_hash, state, locked_until, created_at)
        values ('ws_default', 'old', '', 'done', now(), now() - interval '25 hours')`.execute(
        api.database,
      );
      await untilErased(old.id);
      await eventually(async () => {
        const { rows } = await sql`select from idempotency_records where key_hash = 'old'`.execute(
          api.database,
        );
        expect(rows).toEqual([]);
      }, ERASED_WITHIN);
      expect((await read(ours, young.id)).erased_at).toBeNull();
      const kept = await everythingKept();
      expect(kept).not.toContain('Oscar');
      expect(kept).toContain('Peggy');
      expect((await keeper.ask<ListBody>('/v1/calls')).body.data).toEqual([]);
      // Rounds do not pile up: there is never more than one.
      const { info } = await roles.link.client.schedule.getHandle(RETENTION_SCHEDULE).describe();
      expect(info.runningActions.length).toBeLessThanOrEqual(1);
      await keepLongest(roles.link, 'retention', 'retention');
    },
    SLOW,
  );
});
