/**
 * SIGTERM to each role while people talk, as a container runtime, an operator or a deployment sends
 * it: what is under way is finished or given away, and the process leaves with code 0 in time.
 */
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { readPidFile, runDir } from '../../src/embedded/index.ts';
import type { Phone } from '../../src/simulator/index.ts';
import { eventually } from './support/eventually.ts';
import { PROCESSES } from './support/instance.ts';
import type { RoleProcess } from './support/roles.ts';
import { answerWith, Roles, say } from './support/roles.ts';
import { expectHistoryHolds } from './support/verdict.ts';

const GONE = { code: 0, signal: null };
/** The longest that a role may take: then its supervisor, or a container runtime, kills it. */
const LEAVES_WITHIN_MS = 7000;

let roles: Roles;
beforeAll(async () => {
  roles = await Roles.prepare();
});
afterAll(() => roles?.stop());
beforeEach(() => answerWith(roles.model, 'You said'));

/** Says something and returns when the model thinks about it. @returns when it was answered. */
async function inMidTurn(phone: Phone, words: string): Promise<{ answered: Promise<number> }> {
  const asked = roles.model.completions().length;
  const answered = say(phone, words, new RegExp(`You said: ${words}`));
  answered.catch(() => undefined); // awaited by the test
  await eventually(
    () => {
      if (roles.model.completions().length <= asked) throw new Error('the model was not asked');
    },
    { everyMs: 10 },
  );
  return { answered };
}

async function terminated(process: RoleProcess): Promise<number> {
  const askedAt = Date.now();
  expect(await process.terminate()).toEqual(GONE);
  return Date.now() - askedAt;
}

function isRefused(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
    socket.once('close', () => socket.destroy()).setTimeout(1000, () => socket.destroy());
  });
}

/** How the webhooks of a call were answered: HTTP status, or why not. */
function webhookFailures(phone: Phone): unknown[] {
  return roles.simulator.log.ofCall(phone.callSid).filter(({ kind }) => kind === 'request-failed');
}

function endedWith(phone: Phone): Promise<{ endReason: string; turns: number }> {
  return roles.link.client.workflow.getHandle(roles.callIdOf(phone)).result();
}

describe('an api process', () => {
  let worker: RoleProcess;
  beforeAll(async () => {
    worker = await roles.launch('worker').isReady();
  });
  afterAll(() => worker.terminate());

  test('answers who waits, takes nobody new and leaves; calls go on with the next one', async () => {
    const api = roles.launch('api');
    await roles.untilReady();
    const phone = roles.dial();
    await say(phone, 'hello', /You said: hello/);
    answerWith(roles.model, 'You said', 1500);
    const { answered } = await inMidTurn(phone, 'do not drop me');
    const gone = terminated(api);
    await eventually(async () => expect(await isRefused(roles.webhookUrl)).toBe(true));
    await answered;
    expect(webhookFailures(phone)).toEqual([]);
    expect(await gone).toBeLessThan(LEAVES_WITHIN_MS);

    const next = roles.launch('api');
    await roles.untilReady();
    await say(phone, 'still here', /You said: still here/);
    phone.hangUp();
    expect(await endedWith(phone)).toEqual({ endReason: 'caller-hung-up', turns: 3 });
    expect(await terminated(next)).toBeLessThan(LEAVES_WITHIN_MS);
  });
});

describe('a worker', () => {
  let workers: RoleProcess[];
  beforeAll(async () => {
    roles.launch('api');
    workers = [roles.launch('worker'), roles.launch('worker')];
    await Promise.all(workers.map((worker) => worker.isReady()));
    await roles.untilReady();
  });
  afterAll(() => Promise.all(workers.map((worker) => worker.terminate())));

  /** The worker that makes a call's reply at this moment. */
  async function replier(phone: Phone): Promise<RoleProcess> {
    const handle = roles.link.client.workflow.getHandle(roles.callIdOf(phone));
    const { raw } = await handle.describe();
    const reply = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'reply');
    const found = workers.find(({ pid }) => reply?.lastWorkerIdentity?.startsWith(`${pid}@`));
    if (!found) throw new Error('nobody makes a reply');
    return found;
  }

  /** Another one takes the place of one that left. */
  async function replaced(gone: RoleProcess): Promise<void> {
    workers = [...workers.filter((each) => each !== gone), roles.launch('worker')];
    await Promise.all(workers.map((worker) => worker.isReady()));
  }

  test('finishes a reply that is nearly there, and lets go of its calls', async () => {
    const phone = roles.dial();
    await say(phone, 'hello', /You said: hello/);
    answerWith(roles.model, 'You said', 700);
    const asked = roles.model.completions().length;
    const { answered } = await inMidTurn(phone, 'nearly there');
    const worker = await replier(phone);
    expect(await terminated(worker)).toBeLessThan(LEAVES_WITHIN_MS);
    await answered;
    expect(roles.model.completions()).toHaveLength(asked + 1);
    answerWith(roles.model, 'You said');
    expect(await say(phone, 'and on', /You said: and on/)).toBeLessThan(6000);
    phone.hangUp();
    expect(await endedWith(phone)).toEqual({ endReason: 'caller-hung-up', turns: 3 });
    await replaced(worker);
  });

  test('gives a reply that takes too long to the other one', async () => {
    const phone = roles.dial();
    await say(phone, 'hello', /You said: hello/);
    answerWith(roles.model, 'too late', 60_000);
    const { answered } = await inMidTurn(phone, 'given away');
    const worker = await replier(phone);
    answerWith(roles.model, 'You said');
    expect(await terminated(worker)).toBeLessThan(LEAVES_WITHIN_MS);
    await answered;
    phone.hangUp();
    expect(await endedWith(phone)).toEqual({ endReason: 'caller-hung-up', turns: 2 });
    await replaced(worker);
  });

  test('leaves in time when the database hangs; what it was writing is written later', async () => {
    const phone = roles.dial();
    await say(phone, 'hello', /You said: hello/);
    const holder = new pg.Client({ connectionString: roles.databaseUrl });
    await holder.connect();
    try {
      await holder.query('begin');
      await holder.query('lock table calls in access exclusive mode');
      await say(phone, 'nobody writes this', /You said: nobody writes this/);
      for (const worker of [...workers]) {
        expect(await terminated(worker)).toBeLessThan(LEAVES_WITHIN_MS);
        await replaced(worker);
      }
      await say(phone, 'nor this', /You said: nor this/);
    } finally {
      await holder.end();
    }
    phone.hangUp();
    expect(await endedWith(phone)).toEqual({ endReason: 'caller-hung-up', turns: 3 });
    const reader = new pg.Client({ connectionString: roles.databaseUrl });
    await reader.connect();
    const { rows } = await reader.query(
      `select heard->>'text' as text from turns where call_id = $1 order by position`,
      [roles.callIdOf(phone)],
    );
    await reader.end();
    expect(rows).toEqual([{ text: 'hello' }, { text: 'nobody writes this' }, { text: 'nor this' }]);
  });
});

test('the history of all these calls holds', async () => {
  const evidence = await roles.evidence({});
  const counts = expectHistoryHolds(evidence);
  expect(counts['calls']).toBeGreaterThan(1);
  expect(counts).toMatchObject({ answered: counts['posted'], lost: 0 });
});

describe('a supervisor', () => {
  /** The embedded servers, in place of the shared ones. */
  const OWN_SERVERS = { TEMPORAL_ADDRESS: '', DATABASE_URL: '', TEMPORAL_NAMESPACE: 'default' };
  let own: Roles;
  beforeAll(async () => {
    own = await Roles.prepare({ env: OWN_SERVERS });
    answerWith(own.model, 'You said');
  });
  afterAll(() => own?.stop());

  test('stops everything in order in mid-turn and leaves nothing; calls go on after the next start', async () => {
    const supervisor = own.launch('supervisor');
    await own.untilReady();
    const phone = own.dial();
    await say(phone, 'remember me', /You said: remember me/);
    const pids = PROCESSES.map((name) => readPidFile(runDir(own.folder), name) ?? 0);
    expect(pids).not.toContain(0);
    answerWith(own.model, 'You said', 1500);
    const answered = say(phone, 'do not drop me', /You said: do not drop me/);
    await eventually(() => expect(own.model.completions()).toHaveLength(2), { everyMs: 10 });
    expect(await supervisor.terminate()).toEqual(GONE);
    await answered;
    expect(own.simulator.log.ofCall(phone.callSid).map(({ kind }) => kind)).not.toContain(
      'request-failed',
    );
    // A server that has ended is seen until its keeper, too, has gone: moments later.
    await eventually(() => expect(pids.filter(isAlive)).toEqual([]), { withinMs: 2000 });
    expect(await isRefused(own.webhookUrl)).toBe(true);
    expect(readdirSync(runDir(own.folder)).filter((name) => !name.endsWith('.lock'))).toEqual([]);
    expect(existsSync(join(own.folder, 'run', 'voca.json'))).toBe(false);

    answerWith(own.model, 'You said');
    const next = own.launch('supervisor');
    await own.untilReady();
    await say(phone, 'here again', /You said: here again/);
    const last = own.model.completions().at(-1)?.body as
      { messages: { content: string }[] } | undefined;
    const said = last?.messages.map(({ content }) => content);
    expect(said?.some((content) => content.includes('remember me'))).toBe(true);
    phone.hangUp();
    expect(await next.terminate()).toEqual(GONE);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
