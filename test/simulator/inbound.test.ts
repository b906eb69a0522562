import { afterEach, describe, expect, test } from '@jest/globals';
import twilio from 'twilio';
import type { Bench } from './bench.ts';
import { ACCOUNT_SID, AUTH_TOKEN, CALLER, NUMBER, startBench } from './bench.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

const LISTEN = '<Gather input="speech dtmf" action="/heard"><Say>What can I do?</Say></Gather>';

describe('an inbound call', () => {
  test('goes from greeting to answer to hang-up', async () => {
    bench = await startBench({
      '/voice': LISTEN,
      '/heard': ({ form }) => `<Say>You said ${form.get('SpeechResult')}</Say><Hangup/>`,
    });
    const phone = bench.call();
    expect((await phone.hears()).text).toBe('What can I do?');
    await phone.waitUntilListening();
    const spoken = phone.say('a table, please');
    expect(spoken.heard).toBe(true);
    expect((await phone.hears()).text).toBe('You said a table, please');
    expect(await phone.ended).toMatchObject({ status: 'completed', reason: 'hangup' });
    expect(await spoken.delivered).toMatchObject({ answered: true, executed: true });
    expect(phone.transcript.map(({ who, text }) => `${who}: ${text}`)).toEqual([
      'assistant: What can I do?',
      'caller: a table, please',
      'assistant: You said a table, please',
    ]);
  });

  test('is announced with every documented field, empty geography included', async () => {
    bench = await startBench({ '/voice': '<Hangup/>' });
    const phone = bench.call();
    await phone.ended;
    const [request] = bench.app.at('/voice');
    expect(Object.fromEntries(request?.form ?? [])).toEqual({
      AccountSid: ACCOUNT_SID,
      ApiVersion: '2010-04-01',
      CallSid: phone.callSid,
      CallStatus: 'ringing',
      CallToken: expect.stringMatching(/^%7B/),
      Called: NUMBER,
      CalledCity: '',
      CalledCountry: '',
      CalledState: '',
      CalledZip: '',
      Caller: CALLER,
      CallerCity: '',
      CallerCountry: '',
      CallerState: '',
      CallerZip: '',
      Direction: 'inbound',
      From: CALLER,
      FromCity: '',
      FromCountry: '',
      FromState: '',
      FromZip: '',
      StirVerstat: 'TN-Validation-Passed-A',
      To: NUMBER,
      ToCity: '',
      ToCountry: '',
      ToState: '',
      ToZip: '',
    });
    expect(phone.callSid).toMatch(/^CA[0-9a-f]{32}$/);
    expect(request?.headers).toMatchObject({
      'user-agent': 'TwilioProxy/1.1',
      accept: '*/*',
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'i-twilio-idempotency-token': expect.any(String),
    });
  });

  test.each(['POST', 'GET'] as const)('carries a signature that Twilio accepts (%s)', async (m) => {
    bench = await startBench(
      { '/voice': LISTEN, '/heard': '<Hangup/>' },
      { number: { voiceMethod: m, voiceUrl: '/voice?a=1&b=x%20y#rc=1&rp=all' } },
    );
    const phone = bench.call();
    await phone.waitUntilListening();
    phone.say("I'd like “é” & more");
    await phone.ended;
    expect(bench.app.received).toHaveLength(2);
    for (const { headers, target, form } of bench.app.received) {
      const signature = String(headers['x-twilio-signature']);
      const fields = Object.fromEntries(form);
      const url = bench.app.url + target;
      expect(twilio.validateRequest(AUTH_TOKEN, signature, url, fields)).toBe(true);
      expect(twilio.validateRequest('another', signature, url, fields)).toBe(false);
    }
    expect(bench.sim.log.of('request').filter(({ url }) => url.includes('#'))).toEqual([]);
  });

  test('is in progress from its second request on', async () => {
    bench = await startBench({ '/voice': LISTEN, '/heard': '<Hangup/>' });
    const phone = bench.call();
    await phone.waitUntilListening();
    phone.press('12#');
    await phone.ended;
    const [heard] = bench.app.at('/heard');
    expect(heard?.form.get('CallStatus')).toBe('in-progress');
    expect(heard?.form.get('Digits')).toBe('12');
    expect(heard?.form.has('SpeechResult')).toBe(false);
  });

  test("tells the number's status callback once, at the end", async () => {
    bench = await startBench(
      { '/voice': '<Redirect>/more</Redirect>', '/more': '<Say>Bye</Say>', '/status': '' },
      { number: { statusCallback: '/status' } },
    );
    await bench.call().ended;
    await bench.sim.log.waitFor('response', ({ purpose }) => purpose === 'status');
    const callbacks = bench.app.at('/status');
    expect(callbacks).toHaveLength(1);
    expect(callbacks[0]?.form.get('CallStatus')).toBe('completed');
    expect(callbacks[0]?.form.get('CallDuration')).toMatch(/^\d+$/);
    expect(callbacks[0]?.form.has('SequenceNumber')).toBe(false);
  });

  test('ends for the application when the caller hangs up', async () => {
    bench = await startBench(
      { '/voice': LISTEN, '/status': '' },
      { number: { statusCallback: '/status' } },
    );
    const phone = bench.call();
    await phone.waitUntilListening();
    phone.hangUp();
    expect(await phone.ended).toMatchObject({ status: 'completed', reason: 'caller-hung-up' });
    await bench.sim.log.waitFor('response', ({ purpose }) => purpose === 'status');
    expect(bench.app.at('/heard')).toHaveLength(0);
  });
});
