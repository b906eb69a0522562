/**
 * Two versions of the workers side by side, as real processes on the real server: a call ends on
 * the version on which it began, new ones go to the current one. And the same without versions.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startFakeOpenAi } from '../fakes/fake-openai.ts';
import type { FakeOpenAi } from '../fakes/fake-openai.ts';
import type { Phone } from '../../src/simulator/index.ts';
import type { WorkerVersions } from '../../src/temporal/deployments.ts';
import { eventually } from './support/eventually.ts';
import type { RoleProcess } from './support/roles.ts';
import { answerWith, Roles, say } from './support/roles.ts';
import { expectHistoryHolds } from './support/verdict.ts';
import { CALLER } from './support/voca.ts';

/** The result of a call's workflow: it has closed in order. */
async function outcomeOf(roles: Roles, phone: Phone) {
  return (await roles.link.client.workflow.getHandle(roles.callIdOf(phone)).result()) as {
    endReason: string;
    turns: number;
  };
}

describe('pinned versions', () => {
  let roles: Roles;
  /** What the second version asks: its answers sound different. */
  let otherModel: FakeOpenAi;
  let first: RoleProcess;
  let second: RoleProcess;
  const versionEnv = (buildId: string) => ({
    VOCA_WORKER_VERSIONING: 'pinned',
    VOCA_BUILD_ID: buildId,
  });

  beforeAll(async () => {
    roles = await Roles.prepare();
    otherModel = await startFakeOpenAi();
    answerWith(roles.model, 'A says');
    answerWith(otherModel, 'B says');
    roles.launch('api');
    first = await roles.launch('worker', versionEnv('a')).isReady();
  });
  afterAll(async () => {
    await roles?.stop();
    await otherModel?.close();
  });

  async function versions(): Promise<WorkerVersions> {
    const { out, code, err } = await roles.voca('versions', '--json');
    if (code !== 0) throw new Error(err);
    return JSON.parse(out) as WorkerVersions;
  }

  async function setCurrent(...args: string[]): Promise<void> {
    await eventually(
      async () => {
        const { code, err } = await roles.voca('versions', 'set-current', ...args);
        if (code !== 0) throw new Error(err);
      },
      { withinMs: 20_000, everyMs: 300 },
    );
  }

  test('get no calls before one is current, and readiness says so', async () => {
    await eventually(async () => {
      expect(await roles.missing()).toEqual([
        'a current version of the workers (voca versions set-current)',
      ]);
    });
    expect(await versions()).toMatchObject({ versions: [{ buildId: 'a', status: 'inactive' }] });
    await setCurrent('a');
    await roles.untilReady();
    expect(await versions()).toMatchObject({
      current: 'a',
      versions: [{ buildId: 'a', status: 'current', openCalls: 0 }],
    });
  });

  test('refuse to make one current that nobody runs', async () => {
    const { code, err } = await roles.voca('versions', 'set-current', 'nobody');
    expect([code, err]).toEqual([1, expect.stringContaining('Temporal')]);
  });

  test('live side by side: live calls end on theirs, new ones go to the current one', async () => {
    const old = roles.dial();
    await say(old, 'one', /A says: one/);
    second = await roles
      .launch('worker', { ...versionEnv('b'), OPENAI_BASE_URL: otherModel.baseURL })
      .isReady();
    await say(old, 'two', /A says: two/);
    await setCurrent('b');
    expect((await versions()).current).toBe('b');

    const fresh = roles.dial();
    await say(fresh, 'hello', /B says: hello/);
    await say(old, 'three', /A says: three/);
    await eventually(async () => {
      expect((await versions()).versions).toEqual([
        expect.objectContaining({ buildId: 'b', status: 'current', openCalls: 1 }),
        expect.objectContaining({ buildId: 'a', status: 'draining', openCalls: 1 }),
      ]);
    });
    old.hangUp();
    fresh.hangUp();
    expect(await outcomeOf(roles, old)).toEqual({ endReason: 'caller-hung-up', turns: 3 });
    expect(await outcomeOf(roles, fresh)).toEqual({ endReason: 'caller-hung-up', turns: 1 });
    expect(await roles.workersOf(roles.callIdOf(old))).toEqual([first.pid]);
    expect(await roles.workersOf(roles.callIdOf(fresh))).toEqual([second.pid]);
  });

  test('may be stopped when drained; going back to one is a rollback', async () => {
    await eventually(
      async () => {
        expect((await versions()).versions).toContainEqual(
          expect.objectContaining({ buildId: 'a', status: 'drained', openCalls: 0 }),
        );
      },
      { withinMs: 40_000, everyMs: 500 },
    );
    expect(await first.terminate()).toEqual({ code: 0, signal: null });
    const before = roles.dial();
    await say(before, 'still here', /B says: still here/);

    first = await roles.launch('worker', versionEnv('a')).isReady();
    await setCurrent('a');
    const after = roles.dial();
    await say(after, 'back again', /A says: back again/);
    await say(before, 'not moved', /B says: not moved/);
    after.hangUp();
    before.hangUp();
    expect(await outcomeOf(roles, before)).toEqual({ endReason: 'caller-hung-up', turns: 2 });
  });

  test('take a share of new calls before all of them, also of those that we place', async () => {
    await eventually(async () => {
      const { out } = await roles.voca('versions', 'ramp', 'b', '100');
      expect(out).toContain('100 % of new calls go to b.');
    });
    const called = roles.nextCalled();
    const placed = await roles.voca('call', CALLER);
    expect(placed.code).toBe(0);
    const ramped = await called;
    await say(ramped, 'ramped', /B says: ramped/);
    expect((await versions()).versions).toContainEqual(
      expect.objectContaining({ buildId: 'b', status: 'ramping', rampPercent: 100 }),
    );
    await roles.voca('versions', 'ramp', 'b', '0');
    const other = roles.dial();
    await say(other, 'no more', /A says: no more/);
    ramped.hangUp();
    other.hangUp();
    await outcomeOf(roles, other);
  });

  test('in an emergency, live calls are moved to another one', async () => {
    const phone = roles.dial();
    await say(phone, 'on a', /A says: on a/);
    await setCurrent('b');
    await eventually(async () => {
      const { out } = await roles.voca('versions', 'move', 'a', 'b');
      expect(out).toBe('1 call goes on with b.\n');
    });
    await first.kill();
    await say(phone, 'on b', /B says: on b/);
    phone.hangUp();
    expect(await outcomeOf(roles, phone)).toEqual({ endReason: 'caller-hung-up', turns: 2 });
  });

  test('a call of workers without a version goes over to the first current one', async () => {
    const unversioned = await roles.launch('worker').isReady();
    await setCurrent('--unversioned');
    const phone = roles.dial();
    await say(phone, 'no version', /A says: no version/);
    await setCurrent('b');
    await say(phone, 'and now', /[AB] says: and now/);
    phone.hangUp();
    expect(await outcomeOf(roles, phone)).toEqual({ endReason: 'caller-hung-up', turns: 2 });
    expect(await roles.workersOf(roles.callIdOf(phone))).toEqual([unversioned.pid, second.pid]);
    await unversioned.terminate();
  });

  test('can be given up: workers without a version get new calls again', async () => {
    roles.launch('worker');
    await setCurrent('--unversioned');
    await roles.untilReady();
    const phone = roles.dial();
    await say(phone, 'no version', /A says: no version/);
    phone.hangUp();
    expect(await outcomeOf(roles, phone)).toEqual({ endReason: 'caller-hung-up', turns: 1 });
  });
});

describe('without versions, workers are changed one after the other while people talk', () => {
  let roles: Roles;
  beforeAll(async () => {
    roles = await Roles.prepare();
    answerWith(roles.model, 'You said', 150);
    roles.launch('api');
  });
  afterAll(() => roles?.stop());

  /** Talks until it is told to stop. @returns what was said, and the longest wait. */
  async function talk(phone: Phone, isOver: () => boolean) {
    let turns = 0;
    let longestMs = 0;
    while (!isOver()) {
      turns += 1;
      const words = `number ${turns}`;
      longestMs = Math.max(longestMs, await say(phone, words, new RegExp(`You said: ${words}$`)));
    }
    phone.hangUp();
    return { turns, longestMs };
  }

  test('no turn is lost, and the next words come soon', async () => {
    const old = [roles.launch('worker'), roles.launch('worker')];
    await Promise.all(old.map((each) => each.isReady()));
    await roles.untilReady();
    let isOver = false;
    const phones = [roles.dial(), roles.dial(), roles.dial()];
    const talks = phones.map((phone) => talk(phone, () => isOver));
    const exits = [];
    for (const worker of old) {
      await roles.launch('worker').isReady();
      exits.push(await worker.terminate());
    }
    isOver = true;
    const told = await Promise.all(talks);
    expect(exits).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    for (const [i, { turns, longestMs }] of told.entries()) {
      expect(longestMs).toBeLessThan(6000);
      const phone = phones[i] as Phone;
      expect(phone.heardApplicationError).toBe(false);
      expect(await outcomeOf(roles, phone)).toEqual({ endReason: 'caller-hung-up', turns });
    }
    // Each was thought about once; what a worker that left gave away was asked for again.
    const said = told.reduce((sum, { turns }) => sum + turns, 0);
    const counts = expectHistoryHolds(await roles.evidence({}));
    expect(counts).toMatchObject({ posted: said, answered: said, replyActivities: said, lost: 0 });
  });
});
