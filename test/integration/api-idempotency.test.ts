import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { sql } from 'kysely';
import { z } from 'zod';
import { inWorkspace } from '../../src/db/scope.ts';
import * as workspaces from '../../src/db/workspaces.ts';
import { signIn } from '../../src/http/api/sign-in/caller.ts';
import { Problem } from '../../src/http/api/frame/problems.ts';
import { refuseWithProblems } from '../../src/http/api/frame/refuse.ts';
import { addRoute } from '../../src/http/api/frame/route.ts';
import { createLogger } from '../../src/log.ts';
import { openApiBench } from './support/api.ts';
import type { ApiAnswer, ApiBench, ApiProcess } from './support/api.ts';
import { eventually } from './support/eventually.ts';

const ANNA = { name: 'Anna', instructions: 'Take orders.' };

let bench: ApiBench;
let one: ApiProcess;
let other: ApiProcess;
let workspace: string;
let key: string;

beforeAll(async () => {
  bench = await openApiBench();
  [one, other] = await Promise.all([bench.start(), bench.start()]);
  workspace = await bench.workspace();
  key = await bench.key(workspace);
});
afterAll(() => bench.close());

const post = (
  idempotencyKey: string,
  body: unknown = ANNA,
  { to = one, as = key, path = '/v1/assistants' } = {},
) => to.ask(path, { key: as, body, headers: { 'idempotency-key': idempotencyKey } });

const codeOf = ({ status, body }: ApiAnswer) => [status, body['code']];
const isReplayed = ({ headers }: ApiAnswer) => headers.get('idempotent-replayed') === 'true';

async function assistantsNamed(name: string): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) from assistants where name = ${name}`.execute(bench.owner);
  return Number(rows[0]?.count);
}

async function recordsOf(): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) from idempotency_records where workspace_id = ${workspace}`.execute(
    bench.owner,
  );
  return Number(rows[0]?.count);
}

describe('a POST with an Idempotency-Key', () => {
  test('makes one thing, however often it is sent to whichever process', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        post('a-hundred', { ...ANNA, name: 'One of 100' }, { to: index % 2 ? one : other }),
      ),
    );
    const made = answers.filter(({ status }) => status === 201);
    expect(made.filter((answer) => !isReplayed(answer))).toHaveLength(1);
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(codeOf(answer)).toEqual([409, 'request-under-way']);
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    }
    expect(await assistantsNamed('One of 100')).toBe(1);
    const again = await post('a-hundred', { ...ANNA, name: 'One of 100' });
    expect([isReplayed(again), again.text]).toEqual([true, made[0]?.text]);
  });

  test('is answered again with the headers of the first time', async () => {
    const first = await post('headers');
    const again = await post('headers', ANNA, { to: other });
    expect(again.status).toBe(201);
    for (const name of ['location', 'etag', 'content-type']) {
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    }
    expect(first.headers.get('idempotent-replayed')).toBeNull();
  });

  test('is the same when its body is written in another order', async () => {
    const first = await post('order', '{"name":"Anna","instructions":"Hm."}');
    const again = await post('order', '{ "instructions": "Hm.", "name": "Anna" }');
    expect([isReplayed(again), again.text]).toEqual([true, first.text]);
  });

  test('is refused when the key came with another body or to another path', async () => {
    await post('reused');
    const other = await post('reused', { ...ANNA, name: 'Berta' });
    expect(codeOf(other)).toEqual([422, 'idempotency-key-reused']);
    const elsewhere = await post(
      'reused',
      { name: 'k', scopes: ['admin'] },
      { path: '/v1/api-keys' },
    );
    expect(codeOf(elsewhere)).toEqual([422, 'idempotency-key-reused']);
  });

  test('may use the key of another workspace', async () => {
    const stranger = await bench.key(await bench.workspace());
    const first = await post('ours-too');
    const theirs = await post('ours-too', ANNA, { as: stranger });
    expect([theirs.status, isReplayed(theirs)]).toEqual([201, false]);
    expect(theirs.body['id']).not.toBe(first.body['id']);
  });

  test('keeps nothing of what was not valid', async () => {
    const bad = await post('mended', { name: 'Anna' });
    expect(codeOf(bad)).toEqual([422, 'invalid']);
    expect(isReplayed(await post('mended'))).toBe(false);
    expect(isReplayed(await post('mended'))).toBe(true);
  });

  test.each(['', 'two words', 'ä', 'x'.repeat(256)])(
    'with the key “%s” is refused',
    async (bad) => {
      const answer = await post(bad);
      expect(codeOf(answer)).toEqual([422, 'invalid']);
      expect(answer.body['errors']).toMatchObject([{ pointer: 'idempotency-key' }]);
    },
  );

  test('may have a key of 255 characters', async () => {
    expect((await post('~'.repeat(255))).status).toBe(201);
  });
});

describe('an answer with a secret', () => {
  const body = { name: 'sealed', scopes: ['calls:read'] };
  const path = '/v1/api-keys';

  test('is given again to the API key that asked, and to no other', async () => {
    const second = await bench.key(workspace);
    const first = await post('secret', body, { path });
    const again = await post('secret', body, { path, to: other });
    expect(first.body['key']).toMatch(/^voca_live_/);
    expect([isReplayed(again), again.text]).toEqual([true, first.text]);
    const foreign = await post('secret', body, { path, as: second });
    expect(codeOf(foreign)).toEqual([409, 'conflict']);
    expect(foreign.text).not.toContain(String(first.body['key']));
  });

  test('stands nowhere in the database', async () => {
    const made = await post('dumped', { ...body, name: 'canary-name' }, { path });
    const { rows } = await sql`select * from idempotency_records`.execute(bench.owner);
    const dump = JSON.stringify(rows);
    expect(rows.length).toBeGreaterThan(0);
    expect(dump).not.toContain(String(made.body['key']));
    expect(dump).not.toContain('canary-name');
    expect(dump).not.toContain('dumped');
  });
});

/** A route that fails and waits as the test wants. */
async function scripted(
  work: (round: number, key: string | undefined) => Promise<string>,
  idempotency?: 'two-phase',
) {
  const app = fastify({ logger: false });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  refuseWithProblems(
    app,
    'https://voice.example.com',
    createLogger({ level: 'silent', role: 'api' }),
  );
  app.decorateRequest('caller', null);
  const caller = {
    keyId: 'key_1',
    workspaceId: workspace,
    mode: 'live',
    scopes: ['admin'],
  } as const;
  app.addHook(
    'onRequest',
    signIn(async () => caller, false),
  );
  let round = 0;
  addRoute(app, bench.db, {
    method: 'POST',
    path: '/scripted',
    name: 'scripted',
    summary: 'Does as it is told',
    tag: 'calls',
    scope: 'calls:write',
    body: z.strictObject({ n: z.int() }),
    answer: [200, z.object({ said: z.string() })],
    ...(idempotency && { idempotency }),
    handle: async ({ idempotencyKey, inWorkspace }) => {
      round += 1;
      await inWorkspace('Leaving a trace', (scope) =>
        workspaces.update(scope, { name: `round ${round}` }),
      );
      return { said: await work(round, idempotencyKey) };
    },
  });
  const ask = async (idempotencyKey: string, n = 1) => {
    const answer = await app.inject({
      method: 'POST',
      url: '/scripted',
      headers: { authorization: `Bearer ${key}`, 'idempotency-key': idempotencyKey },
      payload: { n },
    });
    const body = answer.json<{ said?: string; code?: string }>();
    const replayed = answer.headers['idempotent-replayed'] === 'true';
    return { status: answer.statusCode, said: body.said ?? body.code, replayed };
  };
  return { ask, rounds: () => round };
}

const workspaceName = () =>
  inWorkspace(bench.db, workspace, 'Looking', async (scope) => (await workspaces.find(scope)).name);

async function lockIsOver(): Promise<void> {
  await sql`update idempotency_records set locked_until = now() - interval '1 second'
    where state = 'running'`.execute(bench.owner);
}

describe('a handler in one transaction', () => {
  test('leaves nothing when it fails, and may be tried again with the same key', async () => {
    await inWorkspace(bench.db, workspace, 'Naming', (scope) =>
      workspaces.update(scope, { name: 'before' }),
    );
    const { ask } = await scripted(async (round) => {
      if (round === 1) throw new Error('It fell over');
      if (round === 2) throw new Problem('conflict');
      return `round ${round}`;
    });
    const records = await recordsOf();
    expect(await ask('falls')).toMatchObject({ status: 500, said: 'internal' });
    expect([await workspaceName(), await recordsOf()]).toEqual(['before', records]);
    expect(await ask('falls')).toMatchObject({ status: 409, said: 'conflict' });
    expect([await workspaceName(), await recordsOf()]).toEqual(['before', records]);
    expect(await ask('falls')).toEqual({ status: 200, said: 'round 3', replayed: false });
    expect(await ask('falls')).toEqual({ status: 200, said: 'round 3', replayed: true });
    expect([await workspaceName(), await recordsOf()]).toEqual(['round 3', records + 1]);
  });

  test('leaves nothing when its connection is lost', async () => {
    const { ask } = await scripted(async (round) => {
      if (round === 1) {
        await sql`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and state = 'idle in transaction'`.execute(
          bench.owner,
        );
      }
      return `round ${round}`;
    });
    expect(await ask('cut')).toMatchObject({ status: 503, said: 'unavailable' });
    expect(await ask('cut')).toEqual({ status: 200, said: 'round 2', replayed: false });
  });
});

describe('a handler in two phases', () => {
  test('is told the key, and is asked once', async () => {
    const { ask, rounds } = await scripted(async (round, key) => `${key} ${round}`, 'two-phase');
    expect(await ask('twice')).toEqual({ status: 200, said: 'twice 1', replayed: false });
    expect(await ask('twice')).toEqual({ status: 200, said: 'twice 1', replayed: true });
    expect(await ask('twice', 2)).toMatchObject({ status: 422, said: 'idempotency-key-reused' });
    expect(rounds()).toBe(1);
  });

  test('is taken over when whoever began has died', async () => {
    const dead = new Promise<never>(() => {});
    const { ask, rounds } = await scripted(
      (round) => (round === 1 ? dead : Promise.resolve(`round ${round}`)),
      'two-phase',
    );
    void ask('taken-over');
    await eventually(() => expect(rounds()).toBe(1));
    expect(await ask('taken-over')).toMatchObject({ status: 409, said: 'request-under-way' });
    expect(rounds()).toBe(1);
    await lockIsOver();
    expect(await ask('taken-over', 2)).toMatchObject({ status: 422 });
    expect(await ask('taken-over')).toEqual({ status: 200, said: 'round 2', replayed: false });
    expect(await ask('taken-over')).toEqual({ status: 200, said: 'round 2', replayed: true });
  });

  test('may be tried again at once when it has failed, with the same request alone', async () => {
    const { ask } = await scripted(async (round) => {
      if (round === 1) throw new Problem('unavailable');
      return `round ${round}`;
    }, 'two-phase');
    expect(await ask('again')).toMatchObject({ status: 503 });
    expect(await ask('again', 2)).toMatchObject({ status: 422, said: 'idempotency-key-reused' });
    expect(await ask('again')).toEqual({ status: 200, said: 'round 2', replayed: false });
  });

  test('may be tried again with another request when it was refused', async () => {
    const { ask } = await scripted(async (round) => {
      if (round === 1) throw new Problem('conflict');
      return `round ${round}`;
    }, 'two-phase');
    expect(await ask('refused')).toMatchObject({ status: 409, said: 'conflict' });
    expect(await ask('refused', 2)).toEqual({ status: 200, said: 'round 2', replayed: false });
  });
});
