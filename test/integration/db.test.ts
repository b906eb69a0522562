/** Migrations and connections, with a real PostgreSQL. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createAssistantsForCalls } from '../../src/db/assistants-for-calls.ts';
import { create } from '../../src/db/assistants.ts';
import { DatabaseError } from '../../src/db/errors.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { MIGRATIONS } from '../../src/db/migrations/index.ts';
import type { DatabaseOptions } from '../../src/db/pool.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import { freshDatabase } from './stack.ts';
import { draft, testDatabase, WS_A } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';

let base: TestDatabase;
const open = (options?: Partial<DatabaseOptions>) => base.open(options);

beforeAll(async () => {
  base = await testDatabase();
});
afterAll(() => base.drop());

describe('migrations', () => {
  test('are run once by processes that start together', async () => {
    const other = await freshDatabase();
    const databases = Array.from({ length: 5 }, () => open({ url: other.url }));
    try {
      const ran = await Promise.all(databases.map((each) => migrateToLatest(each)));
      expect(ran.flat()).toEqual(Object.keys(MIGRATIONS));
      await expect(migrateToLatest(open({ url: other.url }))).resolves.toEqual([]);
    } finally {
      await Promise.all(databases.map((each) => each.destroy()));
      await other.drop();
    }
  });

  test('give up, when PostgreSQL stays away, with an error that can be tried again', async () => {
    const nowhere = open({ url: 'postgres://canary-user:canary-pw@127.0.0.1:1/voca' });
    const error: unknown = await migrateToLatest(nowhere, { waitMs: 500 }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ retryable: true, code: 'ECONNREFUSED' });
    expect(String(error)).not.toContain('canary');
  });
});

/** Looks until it is so, or for 5 s. */
async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!isSo() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Stands between us and PostgreSQL, which can thus be away. */
class Line {
  url = '';
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  async up(): Promise<void> {
    const { hostname, port } = new URL(base.url);
    const server = createServer((socket) => {
      const onward = connect(Number(port || 5432), hostname);
      for (const each of [socket, onward]) {
        this.#sockets.add(each);
        each.on('error', () => {});
        each.on('close', () => [socket, onward].forEach((end) => end.destroy()));
      }
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    const here = new URL(base.url);
    here.host = `127.0.0.1:${this.#port}`;
    this.url = here.href;
    this.#server = server;
  }

  down(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  /** Connections stay, and nothing moves on them any more. */
  freeze(): void {
    for (const socket of this.#sockets) socket.pause();
    for (const socket of this.#sockets) socket.unpipe();
  }
}

describe('when PostgreSQL goes away', () => {
  test('work fails soon and can be tried again, and goes on by itself afterwards', async () => {
    const line = new Line();
    await line.up();
    const lost: Error[] = [];
    const database = open({ url: line.url, onLost: (error) => lost.push(error) });
    await inWorkspace(database, WS_A, 'Testing', (scope) => create(scope, 'asst_away', draft));
    const assistants = createAssistantsForCalls(database);
    line.down();
    for (let attempt = 0; attempt < 3; attempt++) {
      const began = Date.now();
      await expect(assistants.findById('asst_away')).rejects.toMatchObject({ retryable: true });
      expect(Date.now() - began).toBeLessThan(2_000);
    }
    await line.up();
    await expect(assistants.findById('asst_away')).resolves.toMatchObject({ version: 1 });
    line.down();
    await until(() => lost.length > 0);
    expect(lost.length).toBeGreaterThan(0);
  });

  test('a connection that is lost within a transaction ends the transaction alone', async () => {
    const database = open();
    const work = database.transaction().execute(async (trx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
      // With a time-out PostgreSQL answers when the other end is gone.
      await sql`select pg_terminate_backend(${rows[0]?.pid}, 5000)`.execute(base.owner);
      await sql`select 1`.execute(trx);
    });
    await expect(work).rejects.toMatchObject({ message: expect.any(String) });
    await expect(sql`select 1 as one`.execute(database)).resolves.toMatchObject({
      rows: [{ one: 1 }],
    });
  });

  test('a server that answers nothing is given up', async () => {
    const line = new Line();
    await line.up();
    const database = open({ url: line.url, statementTimeoutMs: 300 });
    const assistants = createAssistantsForCalls(database);
    await assistants.findById('asst_test');
    line.freeze();
    await expect(assistants.findById('asst_test')).rejects.toMatchObject({ retryable: true });
    line.down();
  });

  test('a statement that takes too long is given up', async () => {
    const database = open({ statementTimeoutMs: 200 });
    await expect(sql`select pg_sleep(5)`.execute(database)).rejects.toMatchObject({
      code: '57014',
    });
  });
});

test('connections carry the name that was given', async () => {
  const { rows } = await sql<{ name: string }>`
    select current_setting('application_name') as name`.execute(base.owner);
  expect(rows[0]?.name).toBe('voca-test');
});
