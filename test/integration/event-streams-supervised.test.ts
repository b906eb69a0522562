/** Streams of events over one port behind which processes come and go: real ones, and a supervisor. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { faceOf, newApiKey } from '../../src/api-key.ts';
import { ApiClient } from '../../src/cli/api-client.ts';
import { followEvents } from '../../src/cli/follow-events.ts';
import * as apiKeys from '../../src/db/api-keys.ts';
import { emit } from '../../src/db/outbox.ts';
import { createDatabase } from '../../src/db/pool.ts';
import type { Database } from '../../src/db/pool.ts';
import { FIRST_WORKSPACE, inWorkspace } from '../../src/db/scope.ts';
import { readPidFile, runDir } from '../../src/embedded/index.ts';
import { newId } from '../../src/ids.ts';
import { eventually } from './support/eventually.ts';
import { openStream } from './support/follow-stream.ts';
import { Roles } from './support/roles.ts';

const APIS = ['voca-api-1', 'voca-api-2'];

let roles: Roles;
let database: Database;
let key: string;

beforeAll(async () => {
  roles = await Roles.prepare();
  roles.launch('supervisor');
  await roles.untilReady();
  database = createDatabase({ url: roles.databaseUrl, applicationName: 'voca-test' });
  key = newApiKey('live');
  const face = faceOf(key);
  if (!face) throw new Error('A new key has no face');
  await inWorkspace(database, FIRST_WORKSPACE, 'Making a key', (scope) =>
    apiKeys.insert(scope, { id: newId('key'), name: 'test', scopes: ['events:read'], ...face }),
  );
}, 120_000);
afterAll(async () => {
  await database?.destroy();
  await roles?.stop();
});

const five = () => Array.from({ length: 5 }, () => newId('evt'));

async function write(ids: `evt_${string}`[]): Promise<void> {
  const occurredAt = new Date().toISOString();
  const data = { text: 'x'.repeat(500) };
  const events = ids.map((id) => ({ id, type: 'a.b', occurredAt, data }));
  await inWorkspace(database, FIRST_WORKSPACE, 'Writing', (scope) => emit(scope, events));
}

const pidOf = (name: string) => {
  const pid = readPidFile(runDir(roles.folder), name);
  if (pid === undefined) throw new Error(`${name} does not run`);
  return pid;
};

test('each event comes once and in order while the api processes are killed and stopped in turn', async () => {
  let isDone = false;
  const sent: string[] = [];
  const clients = Array.from({ length: 4 }, () => new ApiClient({ url: roles.webhookUrl, key }));
  const received = clients.map((): string[] => []);
  const [before, last] = [newId('evt'), newId('evt')];
  await write([before]);
  const following = clients.map(async (client, nth) => {
    const events = followEvents(client, '/events/stream', {
      query: { after: before },
      patienceMs: [60_000, 60_000],
      complain: () => undefined,
    });
    for await (const { id } of events) {
      received[nth]?.push(id);
      if (id === last) return;
    }
  });
  const writing = (async () => {
    while (!isDone) {
      const ids = five();
      await write(ids);
      sent.push(...ids);
      await delay(3);
    }
  })();
  for (let round = 0; round < 6; round += 1) {
    const name = APIS[round % 2] ?? '';
    const pid = await eventually(() => pidOf(name), { withinMs: 20_000 });
    await delay(500);
    process.kill(pid, round % 3 === 1 ? 'SIGTERM' : 'SIGKILL');
    await eventually(() => expect(pidOf(name)).not.toBe(pid), { withinMs: 30_000 });
  }
  isDone = true;
  await writing;
  await write([last]);
  await Promise.all(following);
  expect(sent.length).toBeGreaterThan(200);
  for (const ids of received) expect(ids).toEqual([...sent, last]);
  await Promise.all(clients.map((client) => client.close()));
}, 180_000);

test('a process that is stopped ends its streams at once, and leaves', async () => {
  const streams = await Promise.all(
    Array.from({ length: 10 }, () => openStream(`${roles.webhookUrl}/v1/events/stream`, { key })),
  );
  const pids = await eventually(() => APIS.map(pidOf), { withinMs: 20_000 });
  for (const pid of pids) process.kill(pid, 'SIGTERM');
  const began = Date.now();
  expect(await Promise.all(streams.map(({ over }) => over))).toEqual(streams.map(() => 'ended'));
  await eventually(
    () => {
      for (const pid of pids) expect(isAlive(pid)).toBe(false);
    },
    { withinMs: 4_000 },
  );
  // Were it held by a stream, it would take as long as slow answers have.
  expect(Date.now() - began).toBeLessThan(5_000);
}, 60_000);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
