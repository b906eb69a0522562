/** Migrations, from whatever was there before and by whoever may do less than everything. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Migrator, sql } from 'kysely';
import { createCallRecords } from '../../src/db/call-records.ts';
import { findCall } from '../../src/db/calls.ts';
import { createAssistantsForCalls } from '../../src/db/assistants-for-calls.ts';
import type { DatabaseError } from '../../src/db/errors.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { MIGRATIONS } from '../../src/db/migrations/index.ts';
import { createDatabase } from '../../src/db/pool.ts';
import type { Database, DatabaseOptions } from '../../src/db/pool.ts';
import { seedDefaults } from '../../src/db/seed.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import { freshDatabase, stack } from './stack.ts';
import type { FreshDatabase } from './stack.ts';
import { draft, WS_A } from './support/database.ts';

const cleanups: (() => Promise<unknown>)[] = [];
let admin: Database;
beforeAll(() => {
  admin = createDatabase({ url: stack().databaseUrl, applicationName: 'voca-test' });
});
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean();
  await admin.destroy();
});

function open(url: string, more: Partial<DatabaseOptions> = {}): Database {
  const database = createDatabase({ url, applicationName: 'voca-test', ...more });
  cleanups.push(() => database.destroy());
  return database;
}

async function fresh(): Promise<FreshDatabase> {
  const database = await freshDatabase();
  cleanups.push(() => database.drop());
  return database;
}

/** As the release before left it. */
async function migrateTo(db: Database, name: string): Promise<void> {
  const provider = { getMigrations: () => Promise.resolve(MIGRATIONS) };
  const { error } = await new Migrator({ db, provider }).migrateTo(name);
  if (error !== undefined) throw error;
}

/** A user who owns a database, and is no superuser. @returns the address to connect with */
async function ownerOf({ url }: FreshDatabase, rights: string): Promise<string> {
  const name = `voca_test_${randomBytes(6).toString('hex')}`;
  const database = new URL(url).pathname.slice(1);
  const run = (statement: string) => sql.raw(statement).execute(admin);
  await run(`create role ${name} login password 'secret' ${rights}`);
  cleanups.push(() => run(`drop role if exists ${name}`));
  cleanups.push(() => run(`drop database if exists ${database} with (force)`));
  await run(`alter database ${database} owner to ${name}`);
  const mine = new URL(url);
  mine.username = name;
  mine.password = 'secret';
  return mine.href;
}

describe('a database of the release before', () => {
  test('is brought up to date by five that start together, and what it has belongs to one workspace', async () => {
    const { url } = await fresh();
    const owner = open(url);
    await migrateTo(owner, '002-turn-models');
    const { name, ...config } = draft;
    await sql`insert into assistants (id, version, name, config)
      values ('asst_old', 1, ${name}, ${JSON.stringify(config)})`.execute(owner);
    await sql`insert into assistant_versions (assistant_id, version, name, config)
      select id, version, name, config from assistants`.execute(owner);
    await sql`insert into phone_numbers (id, number, assistant_id)
      values ('pn_old', '+15005550400', 'asst_old')`.execute(owner);
    await sql`insert into calls (id, direction, account_sid, from_number, to_number, status,
        assistant_id, assistant_version, created_at, last_sequence)
      values ('call_old', 'inbound', 'AC1', '+15005550401', '+15005550400', 'answered', 'asst_old', 1,
        now(), 2)`.execute(owner);
    await sql`insert into turns (call_id, key, position, status, heard, heard_at, sequence)
      values ('call_old', '1', 1, 'answered', '{"kind":"speech","text":"hi"}', now(), 2)`.execute(
      owner,
    );
    await sql`insert into call_events (call_id, sequence, type, at, data)
      values ('call_old', 1, 'call.created', now(), '{}')`.execute(owner);

    const databases = Array.from({ length: 5 }, () => open(url));
    const ran = await Promise.all(databases.map((each) => migrateToLatest(each)));
    expect(ran.flat()).toEqual(['003-workspaces', '004-events', '005-streams']);

    const app = open(url, { role: 'app' });
    const system = open(url, { role: 'system' });
    const assistant = await createAssistantsForCalls(system).findByNumber('+15005550400');
    expect(assistant).toEqual({ id: 'asst_old', version: 1, workspaceId: WS_A, ...draft });
    // A call that was under way goes on where it is.
    const at = new Date().toISOString();
    const ended = { sequence: 3, at, type: 'call.ended', reason: 'caller-hung-up' } as const;
    await createCallRecords(app, system).record({ callId: 'call_old', events: [ended] });
    const call = await inWorkspace(app, WS_A, 'Testing', (scope) => findCall(scope, 'call_old'));
    expect(call).toMatchObject({ workspaceId: WS_A, status: 'ended', metadata: {} });
    expect(call?.turns).toHaveLength(1);
  });
});

/** For a lock of a table. */
async function untilSomebodyWaits(db: Database): Promise<void> {
  for (;;) {
    const { rows } = await sql`select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
    if (rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a migration', () => {
  test('that waits for a table lets those through who come after it', async () => {
    const { url } = await fresh();
    await migrateTo(open(url), '002-turn-models');
    const longRead = await open(url).startTransaction().execute();
    await sql`select from calls`.execute(longRead);
    const ran = migrateToLatest(open(url));
    const owner = open(url, { statementTimeoutMs: 3_500 });
    await untilSomebodyWaits(owner);
    // A caller waits for this one, so it is not among what is locked already.
    await sql`select from assistants`.execute(open(url, { statementTimeoutMs: 1_000 }));
    await sql`select from calls`.execute(owner);
    await longRead.commit().execute();
    expect(await ran).toEqual(['003-workspaces', '004-events', '005-streams']);
  });

  test('of a later release is left alone, so that this one can be gone back to', async () => {
    const { url } = await fresh();
    const owner = open(url);
    await migrateToLatest(owner);
    await sql`insert into kysely_migration (name, timestamp)
      values ('999-later', ${new Date(Date.now() + 1000).toISOString()})`.execute(owner);
    expect(await migrateToLatest(owner)).toEqual([]);
  });
});

describe('whoever is no superuser', () => {
  test('migrates an own database, and works in both roles', async () => {
    const url = await ownerOf(await fresh(), 'createrole');
    const owner = open(url);
    expect(await migrateToLatest(owner)).toHaveLength(5);
    const defaults = {
      number: { id: 'pn_1', number: '+15005550402' },
      assistant: { id: 'asst_1', ...draft },
    };
    await seedDefaults(owner, defaults);
    const seen = await createAssistantsForCalls(open(url, { role: 'system' })).findById('asst_1');
    expect(seen).toMatchObject({ workspaceId: WS_A });
    const app = open(url, { role: 'app' });
    const { rows } = await sql<{ name: string }>`select current_user as name`.execute(app);
    expect(rows).toEqual([{ name: 'voca_app' }]);
  });

  test('and may make no roles is told what must be done, and goes on when it is', async () => {
    // The roles are there, since all databases share them; this user may not become them.
    const url = await ownerOf(await fresh(), 'nocreaterole');
    const owner = open(url);
    const error = (await migrateToLatest(owner, { waitMs: 0 }).catch(
      (e: unknown) => e,
    )) as DatabaseError;
    expect(error).toMatchObject({ code: '42501', retryable: false });
    const { username } = new URL(url);
    expect(error.message).toContain('As a superuser: create role voca_app nologin;');
    expect(error.message).toContain(`grant voca_app, voca_system to ${username}`);
    await sql.raw(`grant voca_app, voca_system to ${username}`).execute(admin);
    expect(await migrateToLatest(owner)).toHaveLength(5);
  });
});

test('before the roles are made, work fails in a way that can be tried again', async () => {
  const { url } = await fresh();
  const early = new URL(url);
  early.searchParams.set('options', '-c role=voca_not_there_yet');
  const database = open(early.href);
  const error: unknown = await createAssistantsForCalls(database)
    .findById('asst_1')
    .catch((e: unknown) => e);
  expect(error).toMatchObject({ code: '22023', retryable: true });
  expect(String(error)).toContain('not migrated');
});
