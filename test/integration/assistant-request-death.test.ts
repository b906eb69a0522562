/** A worker dies while it asks who answers; the other one goes on within the same 5 s. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDatabase } from '../../src/db/pool.ts';
import * as assistants from '../../src/db/assistants.ts';
import * as numbers from '../../src/db/phone-numbers.ts';
import { FIRST_WORKSPACE, inWorkspace } from '../../src/db/scope.ts';
import { demoAssistant } from '../../src/orchestrator/index.ts';
import { createSecretBox } from '../../src/sealing/index.ts';
import { newRollingSecret } from '../../src/webhooks/rolling-secret.ts';
import { newWebhookSecret } from '../../src/webhooks/signature.ts';
import { WebhookReceiver } from '../fakes/webhook-receiver.ts';
import { eventually } from './support/eventually.ts';
import { Roles } from './support/roles.ts';
import type { RoleProcess } from './support/roles.ts';
import { OUR_NUMBER } from './support/voca.ts';

/** The 5 s of the question, and what a killed worker and a busy machine cost beside it. */
const LATEST_MS = 5_000 + 6_000;

let roles: Roles;
let receiver: WebhookReceiver;
let workers: RoleProcess[];
beforeAll(async () => {
  roles = await Roles.prepare();
  receiver = await WebhookReceiver.start();
  workers = [roles.launch('worker'), roles.launch('worker')];
  const api = roles.launch('api');
  await Promise.all([...workers, api].map((each) => each.isReady()));
  await roles.untilReady();
  await askTheReceiver();
}, 120_000);
afterAll(async () => {
  await roles.stop();
  await receiver.down();
});

async function askTheReceiver(): Promise<void> {
  const db = createDatabase({ url: roles.databaseUrl, applicationName: 'voca-test' });
  try {
    await inWorkspace(db, FIRST_WORKSPACE, 'Testing', async (scope) => {
      const draft = { ...demoAssistant, firstMessage: 'The chosen voice.' };
      await assistants.create(scope, 'asst_chosen', draft);
      const number = await numbers.findByNumber(scope, OUR_NUMBER);
      if (!number) throw new Error('our number is not there');
      const secret = createSecretBox([]).seal(newRollingSecret(newWebhookSecret()), number.id);
      await numbers.setAssistantRequest(scope, number.id, { url: receiver.url(), secret });
    });
  } finally {
    await db.destroy();
  }
}

test('the caller is greeted by whom the server names, not later than otherwise', async () => {
  const chosen = { status: 200, body: JSON.stringify({ assistant_id: 'asst_chosen' }) };
  receiver.behave = () => (receiver.received.length === 1 ? 'hang' : chosen);
  const dialledAt = Date.now();
  const phone = roles.dial();
  await eventually(async () => expect(receiver.received).toHaveLength(1));
  const pid = await eventually(async () => {
    const { raw } = await roles.link.client.workflow.getHandle(roles.callIdOf(phone)).describe();
    const [asking] = raw.pendingActivities ?? [];
    const found = Number(asking?.lastWorkerIdentity?.split('@')[0]);
    if (!found) throw new Error('nobody is asking yet');
    return found;
  });
  const victim = workers.find((worker) => worker.pid === pid);
  await victim?.kill();
  expect(victim?.isGone).toBe(true);
  const heard = await phone.hearsMatching(/The chosen voice/, { timeoutMs: 30_000 });
  expect(heard.atMs - dialledAt).toBeLessThan(LATEST_MS);
  expect(receiver.received).toHaveLength(2);
  expect(new Set(receiver.ids()).size).toBe(1);
  phone.hangUp();
});

test('what goes wrong is logged by its code, and nothing of the answer', async () => {
  receiver.behave = () => ({ status: 200, body: '{"canary":"of the answer"}' });
  const phone = roles.dial();
  await phone.hearsMatching(/./, { timeoutMs: 30_000 });
  phone.hangUp();
  await eventually(async () => {
    const logs = workers.map((worker) => worker.output()).join('\n');
    expect(logs).toMatch(/"code":"bad-answer".*"msg":"nobody said who answers: the default does"/);
    expect(logs).not.toContain('canary');
    expect(logs).not.toContain(receiver.url());
  });
});
