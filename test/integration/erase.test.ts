/** Erasing a call: nothing that was said is left, neither in Temporal nor in the database. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CallRequestError } from '../../src/call-manager.ts';
import { migrateAndSeed } from '../../src/database.ts';
import { createCallRecords } from '../../src/db/call-records.ts';
import { createDatabase } from '../../src/db/pool.ts';
import type { Database } from '../../src/db/pool.ts';
import { eraseCall } from '../../src/erase-call.ts';
import { newId } from '../../src/ids.ts';
import type { Phone } from '../../src/simulator/index.ts';
import { deleteRun, runsOf } from '../../src/temporal/call-runs.ts';
import { linkToTemporal } from '../../src/temporal/connection.ts';
import type { TemporalLink } from '../../src/temporal/connection.ts';
import type { FreshDatabase } from './stack.ts';
import { freshDatabase, stack } from './stack.ts';
import { eventually } from './support/eventually.ts';
import type { Voca } from './support/voca.ts';
import { OUR_NUMBER, startVoca } from './support/voca.ts';

let fresh: FreshDatabase;
let database: Database;
let voca: Voca;
/** Of somebody who holds no key. */
let link: TemporalLink;

beforeAll(async () => {
  fresh = await freshDatabase();
  await migrateAndSeed(fresh.url, OUR_NUMBER);
  database = createDatabase({ url: fresh.url, applicationName: 'voca-erase-test' });
  voca = await startVoca({
    assistant: { firstMessage: 'Hello.' },
    records: createCallRecords(database),
    secretKeys: ['a-key-that-whoever-erases-does-not-hold'],
  });
  const { temporalAddress: address, namespace } = stack();
  link = linkToTemporal({ address, namespace });
});
afterAll(async () => {
  await voca.close();
  await link.close();
  await database.destroy();
  await fresh.drop();
});

const erase = (callId: string, settleMs = 100) =>
  eraseCall({ client: link.client, database, settleMs }, callId);

async function exchange(phone: Phone, words: string): Promise<void> {
  await phone.waitUntilListening();
  phone.say(words);
  await phone.hearsMatching(new RegExp(`You said: ${words}`));
}

async function rowsOf(callId: string): Promise<number[]> {
  const count = async (table: 'calls' | 'turns' | 'call_events') => {
    const column = table === 'calls' ? 'id' : 'call_id';
    const found = await database.selectFrom(table).selectAll().where(column, '=', callId).execute();
    return found.length;
  };
  return Promise.all([count('calls'), count('turns'), count('call_events')]);
}

/** The record of a call whose workflow is gone. */
async function recordOnly(): Promise<string> {
  const callId = newId('call');
  const call = { callId, direction: 'inbound', accountSid: 'AC1', from: '+1', to: '+2' } as const;
  const at = new Date().toISOString();
  const created = { type: 'call.created', sequence: 1, at, call } as const;
  await createCallRecords(database).record({ callId, events: [created] });
  return callId;
}

describe('a call', () => {
  test('is not erased while it is open, then with all its runs and rows, and no other call', async () => {
    const phone = voca.dial();
    const callId = voca.callIdOf(phone.callSid);
    await exchange(phone, 'hello');
    expect(await erase(callId)).toEqual({ callId, result: 'open' });
    let said = 1;
    for (; (await runsOf(link.client, callId)).length < 2 && said < 60; said += 1) {
      await exchange(phone, `sentence ${said}`);
    }
    const other = voca.dial();
    const otherId = voca.callIdOf(other.callSid);
    await exchange(other, 'hello');

    await phone.waitUntilListening();
    phone.hangUp();
    const runs = await eventually(
      async () => {
        const found = await runsOf(link.client, callId);
        if (found.some(({ isOpen }) => isOpen)) throw new Error('the call is open');
        return found;
      },
      { withinMs: 40_000 },
    );
    expect(runs.length).toBeGreaterThan(1);
    const [calls, turns, events] = await rowsOf(callId);
    expect([calls, turns]).toEqual([1, said]);
    expect(events).toBe(said + 4); // created, answered, ended, summarized

    // Broken off after the first deletion, and started again.
    await deleteRun(link.client, callId, runs.at(-1)?.runId ?? '');
    expect(await erase(callId)).toEqual({ callId, result: 'erased' });
    for (const { runId } of runs) {
      const history = link.client.workflow.getHandle(callId, runId).fetchHistory();
      await expect(history).rejects.toThrow(/not found/i);
    }
    expect(await runsOf(link.client, callId)).toEqual([]);
    expect(await rowsOf(callId)).toEqual([1, 0, 0]);
    expect(await erase(callId)).toEqual({ callId, result: 'erased' });

    expect(await rowsOf(otherId)).toEqual([1, expect.any(Number), expect.any(Number)]);
    expect(await runsOf(link.client, otherId)).toHaveLength(1);
    // Temporal deletes within half a minute, and it is asked twice here.
  }, 150_000);

  test('that lost its workflow already is erased from the database', async () => {
    const callId = await recordOnly();
    expect(await rowsOf(callId)).toEqual([1, 0, 1]);
    expect(await erase(callId)).toEqual({ callId, result: 'erased' });
    expect(await rowsOf(callId)).toEqual([1, 0, 0]);
  });

  test('of another workspace is unknown to whoever may not erase it', async () => {
    const callId = await recordOnly();
    const options = { client: link.client, database, settleMs: 100 };
    const theirs = await eraseCall({ ...options, workspaceId: 'ws_other' }, callId);
    expect(theirs).toEqual({ callId, result: 'unknown' });
    expect(await rowsOf(callId)).toEqual([1, 0, 1]);
    const own = await eraseCall({ ...options, workspaceId: 'ws_default' }, callId);
    expect(own).toEqual({ callId, result: 'erased' });
  });

  test('that was terminated is erased once nobody can be writing it any more', async () => {
    const phone = voca.dial();
    const callId = voca.callIdOf(phone.callSid);
    await exchange(phone, 'hello');
    await link.client.workflow.getHandle(callId).terminate('for a test');
    const startedAt = Date.now();
    expect(await erase(callId, 1500)).toEqual({ callId, result: 'erased' });
    expect(Date.now() - startedAt).toBeGreaterThan(1000);
    // Its beginning may or may not have been recorded by then.
    expect((await rowsOf(callId)).slice(1)).toEqual([0, 0]);
  });

  test('that a late webhook begins anew meanwhile is open, and can be erased afterwards', async () => {
    const phone = voca.dial();
    const callId = voca.callIdOf(phone.callSid);
    await exchange(phone, 'hello');
    await link.client.workflow.getHandle(callId).terminate('for a test');
    const erasing = erase(callId, 3000);
    const anew = await link.client.workflow.start('call', {
      workflowId: callId,
      taskQueue: 'nobody-works-here',
    });
    expect(await erasing).toEqual({ callId, result: 'open' });
    expect((await anew.describe()).status.name).toBe('RUNNING');
    await anew.terminate('for a test');
    expect(await erase(callId)).toEqual({ callId, result: 'erased' });
    expect(await runsOf(link.client, callId)).toEqual([]);
    // Its beginning may or may not have been recorded by then.
    expect((await rowsOf(callId)).slice(1)).toEqual([0, 0]);
  });

  test('that nobody knows, and what is no call, is told apart', async () => {
    const callId = newId('call');
    expect(await erase(callId)).toEqual({ callId, result: 'unknown' });
    for (const text of ['', 'voca-reconciler', "call_' OR 1=1"]) {
      await expect(erase(text)).rejects.toThrow(CallRequestError);
    }
  });
});

describe('voca erase', () => {
  const command = (...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const main = join(import.meta.dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');
      const { PATH = '' } = process.env;
      const env = { PATH, TEMPORAL_ADDRESS: stack().temporalAddress, DATABASE_URL: fresh.url };
      execFile(process.execPath, [main, ...args], { env, cwd: '/' }, (error, out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
      );
    });

  test('erases from the command line, and says when there is nothing to erase', async () => {
    const callId = await recordOnly();
    expect(await command('erase', callId)).toMatchObject({
      code: 0,
      out: `${callId} is erased.\n`,
    });
    expect(await rowsOf(callId)).toEqual([1, 0, 0]);
    expect(await command('erase', callId)).toMatchObject({ code: 0 });
    expect(await command('erase', newId('call'))).toMatchObject({
      code: 1,
      err: 'There is no such call, or not any more.\n',
    });
    expect((await command('erase', 'nonsense')).code).toBe(2);
  });
});
