/** The looks at Twilio's settings of our numbers, by a real worker and its schedule. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ScheduleNotFoundError } from '@temporalio/client';
import { createOwnNumbers } from '../../src/db/number-checks.ts';
import { createDatabase } from '../../src/db/pool.ts';
import type { Database } from '../../src/db/pool.ts';
import { CHECK_NUMBERS_SCHEDULE } from '../../src/temporal/schedules.ts';
import type { CheckNumbersOutcome } from '../../workflows/check-numbers.ts';
import { eventually } from './support/eventually.ts';
import { keepLongest } from './support/histories.ts';
import type { RoleProcess } from './support/roles.ts';
import { Roles } from './support/roles.ts';
import { OUR_NUMBER } from './support/voca.ts';

const THEIRS = 'https://other.example.com/voice?token=canary';

let roles: Roles;
let worker: RoleProcess;
let db: Database;

beforeAll(async () => {
  roles = await Roles.prepare({ env: { VOCA_CHECK_NUMBERS: '60' } });
  worker = await roles.launch('worker').isReady();
  db = createDatabase({ url: roles.databaseUrl, applicationName: 'voca-test', role: 'system' });
});
afterAll(async () => {
  await db?.destroy();
  await roles?.stop();
});

const schedule = () => roles.link.client.schedule.getHandle(CHECK_NUMBERS_SCHEDULE);

/** What a round that is begun now has found. */
async function round(): Promise<CheckNumbersOutcome> {
  const before = (await eventually(() => schedule().describe())).info.numActionsTaken;
  await schedule().trigger();
  const runId = await eventually(async () => {
    const { info } = await schedule().describe();
    const last = info.recentActions.at(-1);
    if (info.numActionsTaken <= before || !last) throw new Error('the round has not begun');
    return last.action.workflow;
  });
  const { workflowId, firstExecutionRunId } = runId;
  return (await roles.link.client.workflow
    .getHandle(workflowId, firstExecutionRunId)
    .result()) as CheckNumbersOutcome;
}

/** What is kept of the last look, once our number is in the database. */
async function kept() {
  const [number] = await createOwnNumbers(db).list();
  return number?.check;
}

test('our number is looked at; what was changed at Twilio is kept and said once', async () => {
  await eventually(async () => {
    if ((await createOwnNumbers(db).list()).length === 0) throw new Error('no number yet');
  });
  expect(await round()).toEqual({ outcome: 'agreed', looked: 1, wrong: [] });
  expect(await kept()).toMatchObject({ status: 'ok', differences: [] });

  const sid = roles.simulator.numbers.byNumber(OUR_NUMBER)?.sid ?? '';
  roles.simulator.numbers.update(sid, { voiceUrl: THEIRS });
  for (const _again of [1, 2]) {
    expect(await round()).toMatchObject({
      outcome: 'differed',
      wrong: [{ status: 'differs', settings: ['voice_url'] }],
    });
  }
  expect(await kept()).toMatchObject({
    status: 'differs',
    differences: [{ setting: 'voice_url', found: 'https://other.example.com/voice?***' }],
  });
  expect(roles.simulator.numbers.byNumber(OUR_NUMBER)?.voiceUrl).toBe(THEIRS);
  await keepLongest(roles.link, 'checkNumbers', 'check-numbers');
  const lines = worker.output().split('\n');
  const said = lines.filter((line) => line.includes('"numberId":"pn_'));
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/"level":"warn".*"reason":"voice_url"/);
  expect(worker.output()).not.toMatch(new RegExp(`canary|${OUR_NUMBER.slice(1)}`));
});

test('the schedule goes when the looks are turned off', async () => {
  await roles.launch('worker', { VOCA_CHECK_NUMBERS: 'off' }).isReady();
  await eventually(async () => {
    const gone = await schedule()
      .describe()
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(gone).toBeInstanceOf(ScheduleNotFoundError);
  });
});
