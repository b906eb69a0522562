/** Calls that we place: the workflow exists first, and Twilio is asked once. */
import { createServer, request } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { CallRequestError } from '../../src/call-manager.ts';
import { newId } from '../../src/ids.ts';
import type { Phone } from '../../src/simulator/phone.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/contract.ts';
import { eventually } from './support/eventually.ts';
import { keepHistory } from './support/histories.ts';
import { ended, spokenTurns } from './support/records.ts';
import type { Voca } from './support/voca.ts';
import { startVoca } from './support/voca.ts';

const SOMEBODY = '+14155550199';

describe('an outbound call', () => {
  let voca: Voca;
  let stopAnswering = () => {};
  beforeAll(async () => {
    voca = await startVoca({
      assistant: { firstMessage: 'Hello from VOCA.', workspaceId: 'ws_test' },
    });
  });
  afterEach(() => stopAnswering());
  afterAll(() => voca.close());

  const when = (handle: (phone: Phone) => void): void => {
    stopAnswering = voca.simulator.onOutboundCall(handle);
  };

  test('is answered, talked through and hung up by the person called', async () => {
    const answered = new Promise<Phone>((resolve) => {
      when((phone) => {
        phone.answer();
        resolve(phone);
      });
    });
    const { callId, dial, callSid } = await voca.manager.makeCall(SOMEBODY);
    const phone = await answered;
    expect(dial).toBe('accepted');
    expect(callSid).toBe(phone.callSid);
    await phone.hearsMatching(/Hello from VOCA/);
    await phone.waitUntilListening();
    phone.say('who is there');
    await phone.hearsMatching(/who is there/);
    phone.hangUp();
    expect((await ended(voca, callId)).reason).toBe('caller-hung-up');
    expect(spokenTurns(voca, callId)).toEqual([['1', 'who is there', 'answered']]);
    // That it rang may be told later than that it was answered; then it is not recorded.
    await eventually(() => {
      const types = voca.events(callId).map(({ type }) => type);
      expect(types.filter((type) => type !== 'call.ringing')).toEqual([
        'call.created',
        'call.queued',
        'call.answered',
        'call.turn.completed',
        'call.ended',
        'call.summarized',
      ]);
    });
    await keepHistory(voca.link, callId, 'outbound-answered');
  });

  test.each([
    ['busy', (phone: Phone) => phone.decline(), 'busy'],
    ['not reachable', (phone: Phone) => phone.fail('404'), 'failed'],
  ])('that is %s ends as such', async (_name, act, reason) => {
    when(act);
    const { callId } = await voca.manager.makeCall(SOMEBODY);
    expect((await ended(voca, callId)).reason).toBe(reason);
    expect(voca.asked.filter((each) => each.callId === callId)).toEqual([]);
    await keepHistory(voca.link, callId, `outbound-${reason}`);
  });

  test('is refused by Twilio and marked so', async () => {
    // Twilio lets nobody call from a number that is not the account's.
    const stranger = voca.managerFrom('+15005550001');
    const { callId, dial } = await stranger.makeCall(SOMEBODY);
    expect(dial).toBe('refused');
    expect((await ended(voca, callId)).reason).toBe('dial-refused');
  });

  test.each(['14155550199', '+0123456789', 'sip:a@b', '', '+1 415 555 0199'])(
    'to "%s" is not placed at all',
    async (number) => {
      await expect(voca.manager.makeCall(number)).rejects.toThrow(CallRequestError);
    },
  );

  test('of one id is placed once, however often and however late it is asked for', async () => {
    const placed: Phone[] = [];
    when((phone) => {
      placed.push(phone);
      phone.answer();
    });
    const callId = newId('call');
    const order = { callId, metadata: { order: '7' } };
    const [first, ...others] = await Promise.all(
      Array.from({ length: 5 }, () => voca.manager.makeCall(SOMEBODY, order)),
    );
    expect(first).toMatchObject({ callId, dial: 'accepted', metadata: { order: '7' } });
    expect(new Set(others.map(({ callSid }) => callSid))).toEqual(new Set([first?.callSid]));
    expect(placed).toHaveLength(1);
    await placed[0]?.waitUntilListening();
    expect(await voca.manager.makeCall(SOMEBODY, order)).toMatchObject({ status: 'listening' });
    placed[0]?.hangUp();
    await ended(voca, callId);
    await voca.link.client.workflow.getHandle(callId).result();
    expect(await voca.manager.makeCall(SOMEBODY, order)).toMatchObject({
      callId,
      status: 'ended',
      callSid: first?.callSid,
    });
    expect(placed).toHaveLength(1);
  });

  test('is placed from the number that is asked for, for a workspace that it is found by', async () => {
    when((phone) => phone.decline());
    const stranger = '+15005550001'; // not the account's, and so refused
    const { callId, from, dial } = await voca.manager.makeCall(SOMEBODY, {
      from: stranger,
      assistantId: 'asst_test',
      workspaceId: 'ws_test',
    });
    expect([from, dial]).toEqual([stranger, 'refused']);
    const { typedSearchAttributes } = await voca.link.client.workflow.getHandle(callId).describe();
    expect(typedSearchAttributes.get(SEARCH_ATTRIBUTES.workspace)).toBe('ws_test');
  });

  test.each([
    ['a call id', { callId: 'call 7' }],
    ['a number of ours', { from: '5550001' }],
  ])('with a strange text for %s is not placed at all', async (_name, order) => {
    await expect(voca.manager.makeCall(SOMEBODY, order)).rejects.toThrow(CallRequestError);
  });

  test('rings until all calls are hung up, like those that are live', async () => {
    when(() => undefined); // rings
    const ringing = await voca.manager.makeCall(SOMEBODY);
    const live = voca.dial();
    await live.waitUntilListening();
    const results = await voca.manager.hangupAllCalls('Closing time.');
    expect(results.map(({ callId }) => callId).sort()).toEqual(
      [ringing.callId, voca.callIdOf(live.callSid)].sort(),
    );
    expect((await ended(voca, ringing.callId)).reason).toBe('operator');
    expect((await ended(voca, voca.callIdOf(live.callSid))).reason).toBe('operator');
    expect((await live.ended).status).toBe('completed');
    expect(await voca.manager.listActive()).toEqual([]);
  });
});

/** Passes requests on, and loses the answers to those that place a call. */
async function startLossyProxy(target: () => string): Promise<{ server: Server; url: string }> {
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const passed = request(new URL(url ?? '/', target()), { method, headers }, (answer) => {
      const isPlacing = method === 'POST' && url?.endsWith('/Calls.json');
      if (isPlacing) {
        answer.resume();
        answer.on('end', () => outgoing.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('a call whose placing has an unclear outcome', () => {
  test('is marked, goes on when Twilio calls back, and is placed exactly once', async () => {
    let simulatorUrl = '';
    const proxy = await startLossyProxy(() => simulatorUrl);
    const voca = await startVoca({
      carrierBaseUrl: (url) => {
        simulatorUrl = url;
        return proxy.url;
      },
    });
    try {
      const placed: Phone[] = [];
      voca.simulator.onOutboundCall((phone) => void placed.push(phone));
      const call = await voca.manager.makeCall(SOMEBODY);
      // Unclear at first; a callback that carries our id may have cleared it up already.
      expect(['unclear', 'accepted']).toContain(call.dial);
      expect(placed).toHaveLength(1);
      placed[0]?.answer();
      await placed[0]?.waitUntilListening();
      expect(await voca.manager.getCallStatus(call.callId)).toMatchObject({
        dial: 'accepted',
        callSid: placed[0]?.callSid,
        status: 'listening',
      });
      placed[0]?.hangUp();
      expect((await ended(voca, call.callId)).reason).toBe('caller-hung-up');
      expect(placed).toHaveLength(1);
    } finally {
      await voca.close();
      proxy.server.close();
    }
  });
});
