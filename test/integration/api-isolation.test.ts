/**
 * No workspace learns of or changes what another one has: every route is asked with everything of
 * somebody else's in every field that can name something. The routes and the fields come from the
 * description that the API serves, so that a new one without a case fails.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createDatabase } from '../../src/db/pool.ts';
import { operationsOf } from '../http/api/served-description.ts';
import type { Description, NamedOperation } from '../http/api/served-description.ts';
import { ApiOfRoles } from './support/api-of-roles.ts';
import type { Client } from './support/api-of-roles.ts';
import { FREE_NUMBERS, nameOf, SHARED, VALID, withValue } from './support/api-requests.ts';
import type { Own, Valid } from './support/api-requests.ts';
import { namedFields } from './support/named-fields.ts';
import type { NamedField } from './support/named-fields.ts';
import { Roles, say } from './support/roles.ts';
import { rowsOf, tablesOf } from './support/rows-of.ts';
import {
  assistantBody,
  CANARY,
  fillOurs,
  fillTheirs,
  NUMBERS,
  THEIR_IDEMPOTENCY_KEY,
} from './support/two-workspaces.ts';
import type { Theirs } from './support/two-workspaces.ts';

let roles: Roles;
let api: ApiOfRoles;
let theirs: Client;
let ours: Client;
let description: Description;
let their: Theirs;
let own: Own;

beforeAll(async () => {
  const numbers = [...NUMBERS, ...FREE_NUMBERS];
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
  their = await fillTheirs(api, roles, theirs, description);
  own = await fillOurs(roles, ours);
}, 240_000);
afterAll(async () => {
  await api?.close();
  await roles?.stop();
});

function named(operationId: string): NamedOperation {
  const found = operationsOf(description).find(
    ({ operation }) => operation.operationId === operationId,
  );
  if (!found) throw new Error(`There is no ${operationId}`);
  return found;
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

async function ownCursor(at: NamedOperation, { path = {} }: Valid): Promise<string> {
  const { body } = await send(at, { path });
  const [first] = (body.data ?? []) as { id?: string }[];
  return first?.id ?? '15005550000';
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
      for (const value of their.named[field.kind]) {
        const answer = await send(at, withValue(request(own), field, value));
        const { status, text } = answer;
        expect([name, value, status, isAllowed(field, name, answer)]).toEqual([
          ...[name, value, status],
          true,
        ]);
        const shown = their.secrets.filter(
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
      const value = field.kind === 'cursor' ? await ownCursor(at, request(own)) : own[field.kind];
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
  const answer = await ours.ask('/v1/assistants', { body, once: THEIR_IDEMPOTENCY_KEY });
  expect(answer.status).toBe(201);
  expect(answer.headers.get('idempotent-replayed')).toBeNull();
  expect(answer.text).not.toContain(CANARY);
});

test('their live call has gone on all the time', async () => {
  expect(their.live.phone.isOver).toBe(false);
  await say(their.live.phone, 'still there?', /still there/);
  const { body } = await theirs.ask<{ status: string }>(`/v1/calls/${their.live.callId}/live`);
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
