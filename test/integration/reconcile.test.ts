/**
 * The reconciler with real processes: what Temporal and Twilio do not agree on is settled within two
 * rounds, and what belongs to others is left alone. A round comes every 5 s here.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ScheduleNotFoundError } from '@temporalio/client';
import { dropped } from '../../src/simulator/webhook-tap.ts';
import type { Phone } from '../../src/simulator/index.ts';
import { RECONCILE_SCHEDULE } from '../../src/temporal/schedules.ts';
import type { ReconcileOutcome } from '../../workflows/reconcile.ts';
import { startApp } from '../simulator/customer-app.ts';
import type { CustomerApp } from '../simulator/customer-app.ts';
import { eventually } from './support/eventually.ts';
import { keepLongest } from './support/histories.ts';
import type { RoleProcess } from './support/roles.ts';
import { answerWith, Roles, say } from './support/roles.ts';
import { CALLER, freePort, OUR_NUMBER } from './support/voca.ts';

const EVERY_MS = 5000;
/** Grace, two rounds, the time between two looks, and a slow machine. */
const SETTLED_WITHIN = { withinMs: 6 * EVERY_MS, everyMs: 100 };
const FOREIGN_NUMBER = '+15005550088';
/** Somebody else's application: holds its callers for as long as they like. */
const HOLD = '<Say>Please hold.</Say><Pause length="60"/><Pause length="60"/>';

let roles: Roles;
let otherApp: CustomerApp;
let worker: RoleProcess;
/** Status callbacks of these calls get lost. */
const lost = new Set<string>();

beforeAll(async () => {
  otherApp = await startApp({ '/hold': HOLD });
  roles = await Roles.prepare({
    env: { VOCA_RECONCILE: String(EVERY_MS / 1000) },
    simulator: {
      numbers: [{ phoneNumber: FOREIGN_NUMBER, voiceUrl: `${otherApp.url}/hold` }],
      tap: {
        aroundWebhook: async (webhook, send) =>
          webhook.purpose === 'status' && lost.has(webhook.callSid ?? '') ? dropped() : send(),
      },
    },
  });
  answerWith(roles.model, 'You said');
  roles.launch('api');
  worker = await roles.launch('worker').isReady();
  await roles.untilReady();
});
afterAll(async () => {
  await roles?.stop();
  await otherApp?.close();
});

const callOf = (phone: Phone) => roles.link.client.workflow.getHandle(roles.callIdOf(phone));
const schedule = () => roles.link.client.schedule.getHandle(RECONCILE_SCHEDULE);

/** A caller in the middle of a long sentence: nothing would come from his side for a minute. */
async function inTheMiddle(): Promise<Phone> {
  const phone = roles.dial();
  await say(phone, 'hello', /You said: hello/);
  return phone;
}

function untilOver(phone: Phone): Promise<void> {
  return eventually(() => {
    if (!phone.isOver) throw new Error('the caller is still on the line');
  }, SETTLED_WITHIN);
}

/** Waits until so many rounds have begun and ended. */
async function rounds(count: number): Promise<void> {
  const { info } = await schedule().describe();
  const wanted = info.numActionsTaken + count + 1;
  await eventually(async () => {
    const { info: now } = await schedule().describe();
    if (now.numActionsTaken < wanted) throw new Error('not so many rounds yet');
  }, SETTLED_WITHIN);
}

/** An application of somebody else places a call from our number. */
async function placeForeignCall(): Promise<Phone> {
  const called = roles.nextCalled();
  const { accountSid, baseUrl } = roles.simulator;
  const answer = await fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}/Calls.json`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${accountSid}:${roles.authToken}`).toString('base64')}`,
    },
    body: new URLSearchParams({ From: OUR_NUMBER, To: CALLER, Url: `${otherApp.url}/hold` }),
  });
  expect(answer.status).toBe(201);
  return called;
}

async function looked(...args: string[]): Promise<ReconcileOutcome> {
  const { code, out, err } = await roles.voca('reconcile', ...args, '--json');
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as ReconcileOutcome;
}

describe('by itself', () => {
  test('hangs up on callers whose workflow was terminated, and on nobody else', async () => {
    const mine = await inTheMiddle();
    const theirs = await inTheMiddle();
    const foreign = [
      roles.simulator.dial({ from: CALLER, to: FOREIGN_NUMBER }),
      await placeForeignCall(),
    ];
    await callOf(mine).terminate('an operator pressed the button');
    await untilOver(mine);
    expect((await mine.ended).reason).toBe('rest');
    await rounds(1);
    expect([theirs, ...foreign].map((phone) => phone.isOver)).toEqual([false, false, false]);
    expect(worker.output()).toMatch(
      new RegExp(`"callId":"${roles.callIdOf(mine)}"[^\\n]*"outcome":"hung-up"`),
    );
    theirs.hangUp();
    for (const phone of foreign) phone.hangUp();
    await callOf(theirs).result();
  });

  test('hangs up on a call that we placed', async () => {
    const called = roles.nextCalled();
    const { out } = await roles.voca('call', CALLER, '--json');
    const { callId } = JSON.parse(out) as { callId: string };
    const phone = await called;
    await phone.waitUntilListening();
    phone.startSpeaking();
    await roles.link.client.workflow.getHandle(callId).terminate('an operator pressed the button');
    await untilOver(phone);
    expect((await phone.ended).reason).toBe('rest');
  });

  test('ends a call whose last status callback was lost', async () => {
    const phone = await inTheMiddle();
    lost.add(phone.callSid);
    const hungUpAt = Date.now();
    phone.hangUp();
    expect(await callOf(phone).result()).toEqual({ endReason: 'caller-hung-up', turns: 1 });
    // It lingers for 15 s; by its own deadline it would have asked Twilio after 80 s.
    expect(Date.now() - hungUpAt).toBeLessThan(60_000);
    const { events } = await callOf(phone).fetchHistory();
    const statuses = (events ?? []).filter(
      (event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'status',
    );
    expect(statuses).toHaveLength(1);
  });

  test('lets a call begin that never did, once its number leads to us', async () => {
    const { numbers } = roles.simulator;
    const ours = numbers.byNumber(OUR_NUMBER);
    const voiceUrl = ours?.voiceUrl ?? '';
    numbers.update(ours?.sid ?? '', { voiceUrl: `${otherApp.url}/hold` });
    const phone = roles.dial();
    await eventually(() => expect(phone.status).toBe('in-progress'));
    await rounds(2);
    expect(phone.transcript).toMatchObject([{ text: 'Please hold.' }]);
    numbers.update(ours?.sid ?? '', { voiceUrl });
    await say(phone, 'at last', /You said: at last/);
    phone.hangUp();
    expect(await callOf(phone).result()).toEqual({ endReason: 'caller-hung-up', turns: 1 });
  });

  test('leaves little behind: a round without a difference is a short workflow', async () => {
    await rounds(1);
    const query = `WorkflowType = 'reconcile' AND ExecutionStatus = 'Completed'`;
    const sizes: number[] = [];
    for await (const { historyLength } of roles.link.client.workflow.list({ query })) {
      sizes.push(historyLength);
    }
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.min(...sizes)).toBeLessThanOrEqual(11);
    await keepLongest(roles.link, 'reconcile', 'reconcile');
  });
});

describe('when it is paused', () => {
  beforeAll(async () => {
    await schedule().pause('by an operator');
  });

  test('a worker that starts leaves it so', async () => {
    await (await roles.launch('worker').isReady()).terminate();
    const { state } = await schedule().describe();
    expect(state.paused).toBe(true);
  });

  test('voca reconcile shows the difference, and settles it when it is asked to', async () => {
    const phone = await inTheMiddle();
    const callId = roles.callIdOf(phone);
    await callOf(phone).terminate('an operator pressed the button');
    const found = await eventually(async () => {
      const outcome = await looked('--dry-run');
      expect(outcome.outcome).toBe('differed');
      return outcome;
    }, SETTLED_WITHIN);
    const difference = { kind: 'closed-here', callId, callSid: phone.callSid };
    expect(found).toEqual({
      outcome: 'differed',
      open: 0,
      live: 1,
      foreign: 0,
      differences: [difference],
    });
    expect((await roles.voca('reconcile', '--dry-run')).out).toContain(
      `${callId} (${phone.callSid}) is closed here and live at Twilio\n`,
    );
    expect(phone.isOver).toBe(false);
    expect(await looked()).toMatchObject({
      outcome: 'settled',
      differences: [{ ...difference, settlement: 'hung-up' }],
    });
    await untilOver(phone);
    expect(await looked()).toMatchObject({ outcome: 'agreed', live: 0 });
  });

  test('with Twilio away nothing is done, and that is said', async () => {
    const phone = await inTheMiddle();
    await worker.terminate();
    const blind = await roles
      .launch('worker', { TWILIO_API_BASE_URL: `http://127.0.0.1:${await freePort()}` })
      .isReady();
    const { code, out } = await roles.voca('reconcile');
    expect([code, out]).toEqual([3, expect.stringContaining('nothing was done')]);
    await blind.terminate();
    worker = await roles.launch('worker').isReady();
    await say(phone, 'still here', /You said: still here/);
    phone.hangUp();
  });

  test('off takes the schedule away', async () => {
    await (await roles.launch('worker', { VOCA_RECONCILE: 'off' }).isReady()).terminate();
    await eventually(() => expect(schedule().describe()).rejects.toThrow(ScheduleNotFoundError));
  });
});
