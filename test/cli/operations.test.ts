import { describe, expect, test } from '@jest/globals';
import { NotReadyError } from '../../src/call-manager.ts';
import type { CliOperations } from '../../src/cli/operations.ts';
import { runCli } from '../../src/cli/program.ts';
import { VersionRefusedError } from '../../src/temporal/deployments.ts';
import type { WorkerVersions } from '../../src/temporal/deployments.ts';
import type { ReconcileOutcome } from '../../workflows/reconcile.ts';
import { CALL_ID, NO_API, NO_SEALING } from './fake-manager.ts';

const VERSIONS: WorkerVersions = {
  current: 'b',
  versions: [
    { buildId: 'c', status: 'ramping', rampPercent: 5, openCalls: 1 },
    { buildId: 'b', status: 'current', openCalls: 12, createdAt: '2026-11-24T10:00:00.000Z' },
    { buildId: 'a', status: 'drained', openCalls: 0, createdAt: '2026-11-23T10:00:00.000Z' },
  ],
};

/** Answers from a script and remembers what it was asked. */
class FakeOperations implements CliOperations {
  readonly asked: unknown[][] = [];
  list = VERSIONS;
  outcome: ReconcileOutcome = { outcome: 'agreed', open: 2, live: 2, foreign: 0, differences: [] };
  failure: Error | undefined;

  versions = async () => {
    this.#ask('versions');
    return this.list;
  };
  setCurrentVersion = async (buildId?: string) => this.#ask('setCurrentVersion', buildId);
  rampVersion = async (buildId: string, percent: number) =>
    this.#ask('rampVersion', buildId, percent);
  moveCalls = async (from: string, to: string) => {
    this.#ask('moveCalls', from, to);
    return 1;
  };
  reconcile = async (options: { dryRun: boolean }) => {
    this.#ask('reconcile', options);
    return this.outcome;
  };

  #ask(...asked: unknown[]): void {
    this.asked.push(asked);
    if (this.failure) throw this.failure;
  }
}

async function run(args: string[], changes: Partial<FakeOperations> = {}) {
  const operations = Object.assign(new FakeOperations(), changes);
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli(args, {
    out: (text) => void out.push(text),
    error: (text) => void err.push(text),
    manager: () => Promise.reject(new Error('no call manager is needed')),
    operations: async () => operations,
    ...NO_SEALING,
    ...NO_API,
  });
  return { code, out: out.join('\n'), err: err.join('\n'), asked: operations.asked };
}

describe('voca versions', () => {
  test('lists them with what they are doing', async () => {
    const { code, out } = await run(['versions']);
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['VERSION', 'STATUS', 'OPEN CALLS', 'FIRST SEEN'],
      ['c', 'ramping 5 %', '1'],
      ['b', 'current', '12', '2026-11-24T10:00:00.000Z'],
      ['a', 'drained', '0', '2026-11-23T10:00:00.000Z'],
    ]);
  });

  test('says when there are none, and when none is current', async () => {
    expect((await run(['versions'], { list: { versions: [] } })).out).toBe(
      'No worker with a version has started here.',
    );
    const { versions } = VERSIONS;
    expect((await run(['versions'], { list: { versions } })).out).toContain(
      'No version is current: new calls go to workers without one.',
    );
  });

  test('prints them as JSON for programs', async () => {
    expect(JSON.parse((await run(['versions', '--json'])).out)).toEqual(VERSIONS);
  });

  test('sets one current, or none', async () => {
    expect(await run(['versions', 'set-current', 'b'])).toMatchObject({
      code: 0,
      out: 'New calls go to b.',
      asked: [['setCurrentVersion', 'b']],
    });
    expect((await run(['versions', 'set-current', '--unversioned'])).asked).toEqual([
      ['setCurrentVersion', undefined],
    ]);
  });

  test.each([[[]], [['b', '--unversioned']]])('sets nothing current by %j', async (args) => {
    const { code, asked } = await run(['versions', 'set-current', ...args]);
    expect([code, asked]).toEqual([2, []]);
  });

  test('gives one a share of new calls', async () => {
    expect((await run(['versions', 'ramp', 'c', '12.5'])).asked).toEqual([
      ['rampVersion', 'c', 12.5],
    ]);
  });

  test.each(['101', '-1', 'half', ''])('gives none a share of "%s"', async (percent) => {
    const { code, asked } = await run(['versions', 'ramp', 'c', percent]);
    expect([code, asked]).toEqual([2, []]);
  });

  test('moves the calls of one to another', async () => {
    expect(await run(['versions', 'move', 'a', 'b'])).toMatchObject({
      out: '1 call goes on with b.',
      asked: [['moveCalls', 'a', 'b']],
    });
  });

  test('tells apart what was refused and what was not reached', async () => {
    const refused = await run(['versions', 'set-current', 'x'], {
      failure: new VersionRefusedError('Temporal knows no such version.'),
    });
    expect([refused.code, refused.err]).toEqual([1, 'Temporal knows no such version.']);
    const away = await run(['versions'], { failure: new NotReadyError('away') });
    expect([away.code, away.err]).toEqual([3, 'away']);
  });
});

describe('voca reconcile', () => {
  const difference = { kind: 'closed-here', callId: CALL_ID, callSid: 'CA1' } as const;

  test('says that both sides agree', async () => {
    const { code, out, asked } = await run(['reconcile']);
    expect([code, asked]).toEqual([0, [['reconcile', { dryRun: false }]]]);
    expect(out).toBe('2 open here, 2 live at Twilio on our numbers.\nThey agree.');
  });

  test('only shows the difference in a dry run', async () => {
    const outcome: ReconcileOutcome = {
      outcome: 'differed',
      open: 0,
      live: 3,
      foreign: 2,
      differences: [difference],
    };
    const { code, out, asked } = await run(['reconcile', '--dry-run'], { outcome });
    expect([code, asked]).toEqual([0, [['reconcile', { dryRun: true }]]]);
    expect(out.split('\n')).toEqual([
      '0 open here, 3 live at Twilio on our numbers.',
      '2 of those are not known to be ours: left alone.',
      `${CALL_ID} (CA1) is closed here and live at Twilio`,
    ]);
  });

  test('shows what was done, and fails when something could not be', async () => {
    const outcome = (settlement: 'hung-up' | 'failed'): ReconcileOutcome => ({
      outcome: 'settled',
      differences: [{ ...difference, settlement }],
    });
    const done = await run(['reconcile'], { outcome: outcome('hung-up') });
    expect(done.code).toBe(0);
    expect(done.out).toMatch(/live at Twilio: hung up$/);
    expect((await run(['reconcile'], { outcome: outcome('failed') })).code).toBe(1);
  });

  test('is not ready when Twilio could not be asked', async () => {
    const { code, out } = await run(['reconcile'], { outcome: { outcome: 'not-looked' } });
    expect([code, out]).toEqual([3, 'Twilio or Temporal could not be asked, so nothing was done.']);
  });

  test('prints the outcome as JSON for programs', async () => {
    const { out } = await run(['reconcile', '--json']);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'agreed', open: 2 });
  });
});
