/** Whole calls: webhook → workflow → reply → TwiML → status, on real parts. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keepHistory } from './support/histories.ts';
import { ended, recordedTurns } from './support/records.ts';
import type { Voca } from './support/voca.ts';
import { startVoca } from './support/voca.ts';

describe('an inbound call', () => {
  let voca: Voca;
  beforeAll(async () => {
    voca = await startVoca({
      assistant: {
        firstMessage: 'Hello there.',
        ending: { phrases: ['goodbye'], message: 'Bye!' },
      },
    });
  });
  afterAll(() => voca.close());

  test('is greeted, answered and ended by its caller', async () => {
    const phone = voca.dial();
    await phone.hearsMatching(/Hello there/);
    for (const words of ['one', 'two', 'three']) {
      await phone.waitUntilListening();
      phone.say(words);
      await phone.hearsMatching(new RegExp(`You said: ${words}`));
    }
    phone.hangUp();
    const callId = voca.callIdOf(phone.callSid);
    const end = await ended(voca, callId);

    expect(end.reason).toBe('caller-hung-up');
    expect(
      recordedTurns(voca, callId).map(({ key, heard, reply, status }) => [
        key,
        heard.kind === 'speech' && heard.text,
        reply,
        status,
      ]),
    ).toEqual([
      ['1', 'one', 'You said: one', 'answered'],
      ['2', 'two', 'You said: two', 'answered'],
      ['3', 'three', 'You said: three', 'answered'],
    ]);
    expect(voca.asked.filter((each) => each.callId === callId)).toHaveLength(3);
    expect(phone.heardApplicationError).toBe(false);
    await keepHistory(voca.link, callId, 'inbound-three-turns');
  });

  test('takes keys as an answer', async () => {
    const phone = voca.dial();
    await phone.waitUntilListening();
    phone.press('42#');
    await phone.hearsMatching(/You pressed keys/);
    phone.hangUp();
    const callId = voca.callIdOf(phone.callSid);
    await ended(voca, callId);
    expect(recordedTurns(voca, callId)[0]?.heard).toEqual({ kind: 'keys', digits: '42' });
    await keepHistory(voca.link, callId, 'inbound-keys');
  });

  test('is ended by an end phrase, with the last words said', async () => {
    const phone = voca.dial();
    await phone.waitUntilListening();
    phone.say('Goodbye!');
    await phone.hearsMatching(/Bye!/);
    expect((await phone.ended).status).toBe('completed');
    const callId = voca.callIdOf(phone.callSid);
    expect((await ended(voca, callId)).reason).toBe('end-phrase');
    await keepHistory(voca.link, callId, 'inbound-end-phrase');
  });

  test('prompts a silent caller twice, then says farewell and ends', async () => {
    const phone = voca.dial();
    for (let round = 0; round < 3; round += 1) await phone.staySilent();
    expect((await phone.ended).status).toBe('completed');
    const callId = voca.callIdOf(phone.callSid);
    expect((await ended(voca, callId)).reason).toBe('silence');
    const heard = phone.transcript.filter(({ who }) => who === 'assistant').map(({ text }) => text);
    expect(heard).toHaveLength(4); // the greeting, two prompts, the farewell
    await keepHistory(voca.link, callId, 'inbound-silence');
  });

  test('shows where it stands, while it lasts and afterwards', async () => {
    const phone = voca.dial();
    await phone.waitUntilListening();
    phone.say('remember this');
    await phone.hearsMatching(/remember this/);
    const callId = voca.callIdOf(phone.callSid);
    const live = await voca.manager.getCallStatus(callId);
    expect(live).toMatchObject({
      status: 'listening',
      callSid: phone.callSid,
      turns: [{ key: '1' }],
    });
    expect((await voca.manager.listActive()).map((call) => call.callId)).toContain(callId);
    phone.hangUp();
    await ended(voca, callId);
    expect(await voca.manager.getCallStatus(callId)).toMatchObject({
      status: 'ended',
      endReason: 'caller-hung-up',
    });
    expect((await voca.manager.listActive()).map((call) => call.callId)).not.toContain(callId);
  });

  test('is ended by an operator, who is heard', async () => {
    const phone = voca.dial();
    await phone.waitUntilListening();
    const callId = voca.callIdOf(phone.callSid);
    expect(await voca.manager.hangupCall(callId, 'We close now.')).toEqual({
      callId,
      result: 'ended',
    });
    await phone.hearsMatching(/We close now/);
    expect((await phone.ended).status).toBe('completed');
    expect((await ended(voca, callId)).reason).toBe('operator');
    expect((await voca.manager.hangupCall(callId)).result).not.toBe('unknown');
    await keepHistory(voca.link, callId, 'inbound-operator');
  });
});

describe('who answers', () => {
  const readings = async (readsAhead: boolean, name?: string): Promise<number> => {
    const voca = await startVoca({ assistant: { firstMessage: 'Hello there.' }, readsAhead });
    try {
      const phone = voca.dial();
      await phone.hearsMatching(/Hello there/);
      await phone.waitUntilListening();
      phone.say('one');
      await phone.hearsMatching(/You said: one/);
      phone.hangUp();
      const callId = voca.callIdOf(phone.callSid);
      await ended(voca, callId);
      if (name) await keepHistory(voca.link, callId, name);
      const { events } = await voca.link.client.workflow.getHandle(callId).fetchHistory();
      const markers = (events ?? []).map(
        (event) => event.markerRecordedEventAttributes?.markerName,
      );
      return markers.filter((marker) => marker === 'core_local_activity').length;
    } finally {
      await voca.close();
    }
  };

  test('is read by the api, and the workflow has nothing to load', async () => {
    expect(await readings(true)).toBe(0);
  });

  test('is read by the workflow when the api could not', async () => {
    expect(await readings(false, 'inbound-assistant-loaded')).toBe(1);
  });
});
