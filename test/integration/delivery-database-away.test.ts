/** PostgreSQL is away for seconds in the middle of sending. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { stack } from './stack.ts';
import { eventually } from './support/eventually.ts';
import { WebhookBench } from './support/webhooks.ts';

const COUNT = 150;

let bench: WebhookBench;
let admin: pg.Client;
beforeAll(async () => {
  bench = await WebhookBench.open();
  admin = new pg.Client({ connectionString: stack().databaseUrl });
  await admin.connect();
  await bench.send();
});
afterAll(async () => {
  await admin?.end();
  await bench?.close();
});

/** Nobody gets in any more, and who was in is out. */
async function away(): Promise<void> {
  const name = new URL(bench.base.url).pathname.slice(1);
  await admin.query(`alter database ${name} with allow_connections false`);
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
    name,
  ]);
}

async function back(): Promise<void> {
  const name = new URL(bench.base.url).pathname.slice(1);
  await admin.query(`alter database ${name} with allow_connections true`);
}

test('what was sent is written once it is back, and the rest is sent: everything once', async () => {
  const { id } = await bench.endpoint({ maxPerSecond: 50 });
  bench.receiver.behave = () => ({ status: 200, afterMs: 150 });
  const events = await bench.emit(COUNT, { perTransaction: COUNT });
  const received = () => bench.receiver.ids(`/${id}`);
  await eventually(() => expect(received().length).toBeGreaterThan(25), { everyMs: 10 });
  await away();
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const meanwhile = received().length;
  expect(meanwhile).toBeLessThan(COUNT);
  await back();
  await bench.all(id, 'succeeded', 40_000);
  expect(new Set(received())).toEqual(new Set<string>(events));
  expect(received()).toHaveLength(COUNT);
}, 90_000);
