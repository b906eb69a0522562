/** Who answers is asked of a customer's server: whole calls, on a real Temporal, database and receiver. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { createAssistantRequests } from '../../src/assistant-request/index.ts';
import { findAssistantRequest } from '../../src/db/assistant-requests.ts';
import { createAssistantsForCalls } from '../../src/db/assistants-for-calls.ts';
import * as assistants from '../../src/db/assistants.ts';
import { createCallRecords } from '../../src/db/call-records.ts';
import * as calls from '../../src/db/calls.ts';
import * as numbers from '../../src/db/phone-numbers.ts';
import { createSafeFetch } from '../../src/safe-fetch/index.ts';
import type { SafeFetch } from '../../src/safe-fetch/index.ts';
import { createSecretBox } from '../../src/sealing/index.ts';
import { newRollingSecret } from '../../src/webhooks/rolling-secret.ts';
import { newWebhookSecret } from '../../src/webhooks/signature.ts';
import { demoAssistant } from '../../src/orchestrator/index.ts';
import { WebhookReceiver } from '../fakes/webhook-receiver.ts';
import type { ReceiverBehaviour } from '../fakes/webhook-receiver.ts';
import { testDatabase, WS_A, WS_B } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { keepHistory } from './support/histories.ts';
import { CALLER, OUR_NUMBER, startVoca } from './support/voca.ts';
import type { Voca } from './support/voca.ts';

const NUMBER = 'pn_asking';
const SECRET = newWebhookSecret();
/** The 5 s of the question, and what a call takes by itself on a busy machine. */
const LATEST_MS = 5_000 + 4_000;

let base: TestDatabase;
let receiver: WebhookReceiver;
let http: SafeFetch;
let voca: Voca;

beforeAll(async () => {
  base = await testDatabase();
  receiver = await WebhookReceiver.start();
  http = createSafeFetch({ allowLocal: true });
  const box = createSecretBox([]);
  const forCalls = createAssistantsForCalls(base.system);
  const make = (id: string, firstMessage: string, workspaceId: string) =>
    base.within(
      (scope) => assistants.create(scope, id, { ...demoAssistant, firstMessage }),
      workspaceId,
    );
  await make('asst_own', 'The usual voice.', WS_A);
  await make('asst_chosen', 'Hello {{name}}, the chosen voice.', WS_A);
  await make('asst_foreign', 'A foreign voice.', WS_B);
  await base.within(async (scope) => {
    await numbers.create(scope, { id: NUMBER, number: OUR_NUMBER, assistantId: 'asst_own' });
  });
  voca = await startVoca({
    assistants: forCalls,
    assistantRequests: createAssistantRequests({
      find: (number) => findAssistantRequest(base.system, number),
      assistants: forCalls,
      box,
      http,
    }),
    records: createCallRecords(base.app, base.system),
  });
});
afterAll(async () => {
  await voca.close();
  await http.close();
  await receiver.down();
  await base.drop();
});

beforeEach(async () => {
  receiver.received.length = 0;
  const secret = createSecretBox([]).seal(newRollingSecret(SECRET), NUMBER);
  await base.within((scope) =>
    numbers.setAssistantRequest(scope, NUMBER, { url: receiver.url('/who'), secret }),
  );
});
afterEach(() => base.within((scope) => numbers.update(scope, NUMBER, { assistantId: 'asst_own' })));

const answers = (body: unknown): ReceiverBehaviour => ({
  status: 200,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const CHOICE = {
  assistant_id: 'asst_chosen',
  variables: { name: 'Ada' },
  metadata: { order: 'A-17' },
};

function recorded(callId: string) {
  return eventually(async () => {
    const call = await base.within((scope) => calls.findCall(scope, callId));
    if (call?.status !== 'ended') throw new Error('not recorded yet');
    return call;
  });
}

/** Hangs up when he has heard the first words. */
async function play(first: RegExp) {
  const phone = voca.dial();
  const heard = await phone.hearsMatching(first, { timeoutMs: 30_000 });
  const callId = voca.callIdOf(phone.callSid);
  phone.hangUp();
  return { phone, heard, callId, call: await recorded(callId) };
}

describe('a server that answers well', () => {
  test('chooses the assistant, fills its texts, and says what is noted', async () => {
    receiver.behave = () => answers(CHOICE);
    const { call, callId, phone } = await play(/Hello Ada, the chosen voice/);
    expect(call).toMatchObject({
      assistant: { id: 'asst_chosen', version: 1 },
      metadata: { order: 'A-17' },
      endReason: 'caller-hung-up',
    });
    const [request] = receiver.received;
    const { headers, body = '' } = request ?? {};
    expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toMatchObject({
      id: `req_${callId.slice('call_'.length)}`,
      type: 'assistant_request',
      data: {
        call: { id: callId, from: CALLER, to: OUR_NUMBER, provider: { call_sid: phone.callSid } },
        phone_number_id: NUMBER,
        default_assistant_id: 'asst_own',
      },
    });
    expect(receiver.received).toHaveLength(1);
    await keepHistory(voca.link, callId, 'inbound-assistant-chosen');
  });

  test('is told of nothing that Temporal keeps: neither the URL nor the secret', async () => {
    receiver.behave = () => answers(CHOICE);
    const { callId } = await play(/chosen voice/);
    const history = await voca.link.client.workflow.getHandle(callId).fetchHistory();
    const kept = JSON.stringify(history).replaceAll(/"data":"([^"]*)"/g, (_all, data: string) =>
      Buffer.from(data, 'base64').toString(),
    );
    expect(kept).toContain('asst_chosen');
    expect(kept).toContain('Ask who answers');
    expect(kept).not.toContain('/who');
    expect(kept).not.toContain('whsec_');
  });

  test('may leave it to the usual assistant', async () => {
    receiver.behave = () => answers({ metadata: { seen: 'yes' } });
    const { call } = await play(/The usual voice/);
    expect(call).toMatchObject({ assistant: { id: 'asst_own' }, metadata: { seen: 'yes' } });
  });

  test('names one for a number that has none of its own', async () => {
    await base.within((scope) => numbers.update(scope, NUMBER, { assistantId: null }));
    receiver.behave = () => answers(CHOICE);
    const { call } = await play(/chosen voice/);
    expect(call).toMatchObject({ assistant: { id: 'asst_chosen' }, phoneNumberId: NUMBER });
    receiver.behave = () => ({ status: 204 });
    const phone = voca.dial();
    await phone.ended;
    const nobody = await recorded(voca.callIdOf(phone.callSid));
    expect(nobody).toMatchObject({ endReason: 'no-assistant', phoneNumberId: NUMBER });
  });
});

describe('a server that does not answer well', () => {
  test.each<[string, ReceiverBehaviour, number, string]>([
    ['fails', { status: 500 }, 2, 'server-error'],
    ['breaks off', 'cut', 2, 'unreachable'],
    ['refuses', { status: 404 }, 1, 'refused'],
    ['leads elsewhere', { status: 307, headers: { location: '/elsewhere' } }, 1, 'refused'],
    ['answers nonsense', answers('<html>'), 1, 'bad-answer'],
    ['answers without end', answers('x'.repeat(300_000)), 1, 'too-large'],
    ['names a stranger', answers({ assistant_id: 'asst_foreign' }), 1, 'unknown-assistant'],
    ['forgets a variable', answers({ assistant_id: 'asst_chosen' }), 1, 'missing-variable'],
  ])('that %s leaves it to the usual assistant', async (_what, behaviour, asked, code) => {
    receiver.behave = () => behaviour;
    const { call, callId } = await play(/The usual voice/);
    expect(call).toMatchObject({ assistant: { id: 'asst_own' }, metadata: {} });
    expect(receiver.received).toHaveLength(asked);
    expect(new Set(receiver.ids()).size).toBe(1);
    expect(await failureOf(callId)).toBe(code);
  });

  test('is asked once more when it fails, and taken at its word then', async () => {
    receiver.behave = () => (receiver.received.length === 1 ? { status: 503 } : answers(CHOICE));
    const { call } = await play(/chosen voice/);
    expect(call).toMatchObject({ assistant: { id: 'asst_chosen' } });
    expect(receiver.received).toHaveLength(2);
  });

  test('and hangs costs the caller 5 s, and he hears something meanwhile', async () => {
    receiver.behave = () => 'hang';
    const dialledAt = Date.now();
    const { phone, heard, callId } = await play(/The usual voice/);
    expect(heard.atMs - dialledAt).toBeLessThan(LATEST_MS);
    const said = phone.transcript.filter(({ who }) => who === 'assistant').map(({ text }) => text);
    expect(said[0]).toBe('One moment, please.');
    expect(await failureOf(callId)).toBe('no-answer');
    expect(receiver.received).toHaveLength(1);
    await keepHistory(voca.link, callId, 'inbound-nobody-said-who');
  });

  test('is not heard any more when it answers too late', async () => {
    receiver.behave = () => ({ status: 200, body: JSON.stringify(CHOICE), afterMs: 5_200 });
    const { call } = await play(/The usual voice/);
    expect(call).toMatchObject({ assistant: { id: 'asst_own' }, metadata: {} });
  });
});

describe('while the question is open', () => {
  test('a caller who hangs up ends the call in order', async () => {
    receiver.behave = () => ({ status: 200, body: JSON.stringify(CHOICE), afterMs: 2_000 });
    const phone = voca.dial();
    await eventually(async () => expect(receiver.received).toHaveLength(1));
    phone.hangUp();
    const call = await recorded(voca.callIdOf(phone.callSid));
    expect(call).toMatchObject({ endReason: 'no-answer', assistant: { id: 'asst_chosen' } });
    expect(phone.heardApplicationError).toBe(false);
  });

  test('an operator ends it in order', async () => {
    receiver.behave = () => ({ status: 200, body: JSON.stringify(CHOICE), afterMs: 1_500 });
    const phone = voca.dial();
    await eventually(async () => expect(receiver.received).toHaveLength(1));
    const callId = voca.callIdOf(phone.callSid);
    expect((await voca.manager.hangupCall(callId, 'We are closed.')).result).not.toBe('unknown');
    expect((await phone.ended).status).toBe('completed');
    expect(await recorded(callId)).toMatchObject({ endReason: 'operator' });
  });
});

describe('nobody is asked', () => {
  test('when the owner has taken that back', async () => {
    await base.within((scope) => numbers.setAssistantRequest(scope, NUMBER, null));
    receiver.behave = () => answers(CHOICE);
    await play(/The usual voice/);
    expect(receiver.received).toHaveLength(0);
  });

  test('when we place a call from that number', async () => {
    receiver.behave = () => answers(CHOICE);
    const { callId } = await voca.manager.makeCall('+15005550009', { from: OUR_NUMBER });
    const call = await eventually(async () => {
      const found = await base.within((scope) => calls.findCall(scope, callId));
      if (!found?.assistant) throw new Error('not recorded yet');
      return found;
    });
    expect(call.assistant).toMatchObject({ id: 'asst_own' });
    expect(receiver.received).toHaveLength(0);
  });
});

/** The type of the last failure of the question, as the Temporal UI shows it. */
async function failureOf(callId: string): Promise<string | null | undefined> {
  const { events } = await voca.link.client.workflow.getHandle(callId).fetchHistory();
  const failed = events?.find((event) => event.activityTaskFailedEventAttributes);
  return failed?.activityTaskFailedEventAttributes?.failure?.applicationFailureInfo?.type;
}
