import { afterEach, describe, expect, test } from '@jest/globals';
import twilio from 'twilio';
import type { Bench } from './bench.ts';
import { ACCOUNT_SID, AUTH_TOKEN, CALLER, NUMBER, startBench } from './bench.ts';
import type { Answer } from './customer-app.ts';
import { Rerouted } from './rerouted.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

async function open(answers: Record<string, Answer> = {}) {
  bench = await startBench(
    { '/outbound': '<Say>Hello</Say>', '/status': '', ...answers },
    { timeScale: 0.05 },
  );
  const client = twilio(ACCOUNT_SID, AUTH_TOKEN, { httpClient: new Rerouted(bench.sim.baseUrl) });
  return { ...bench, client };
}

const ALL_EVENTS = ['initiated', 'ringing', 'answered', 'completed'];

describe('an outbound call', () => {
  test('is placed by the real client, answered, and reports its progress', async () => {
    const { app, sim, client } = await open();
    sim.onOutboundCall((phone) => phone.answer());
    const created = await client.calls.create({
      to: CALLER,
      from: NUMBER,
      url: `${app.url}/outbound`,
      statusCallback: `${app.url}/status`,
      statusCallbackEvent: ALL_EVENTS,
    });
    expect(created).toMatchObject({ status: 'queued', direction: 'outbound-api', to: CALLER });
    const phone = sim.phone(created.sid);
    expect((await phone?.hears())?.text).toBe('Hello');
    expect(await phone?.ended).toMatchObject({ status: 'completed' });
    await sim.log.waitFor('response', () => app.at('/status').length === 4);
    const callbacks = app
      .at('/status')
      .map(({ form }) => ({ status: form.get('CallStatus'), number: form.get('SequenceNumber') }))
      .sort((a, b) => Number(a.number) - Number(b.number));
    expect(callbacks).toEqual([
      { status: 'initiated', number: '0' },
      { status: 'ringing', number: '1' },
      { status: 'in-progress', number: '2' },
      { status: 'completed', number: '3' },
    ]);
    const [request] = app.at('/outbound');
    expect(request?.form.get('CallStatus')).toBe('in-progress');
    expect(request?.form.has('CallToken')).toBe(false);
    expect(await client.calls(created.sid).fetch()).toMatchObject({ status: 'completed' });
  });

  test.each([
    ['busy', '486'],
    ['no-answer', '487'],
    ['failed', '503'],
  ])('that ends %s runs no document and says why', async (status, sip) => {
    const { app, sim, client } = await open();
    sim.onOutboundCall((phone) => {
      if (status === 'busy') phone.decline();
      else if (status === 'failed') phone.fail(sip);
      else phone.ignore();
    });
    const { sid } = await client.calls.create({
      to: CALLER,
      from: NUMBER,
      url: `${app.url}/outbound`,
      statusCallback: `${app.url}/status`,
    });
    expect(await sim.phone(sid)?.ended).toMatchObject({ status, durationSeconds: 0 });
    await sim.log.waitFor('response', ({ purpose }) => purpose === 'status');
    const [callback, ...others] = app.at('/status');
    expect(others).toEqual([]);
    expect(callback?.form.get('CallStatus')).toBe(status);
    expect(callback?.form.get('SequenceNumber')).toBe('2');
    expect(callback?.form.get('SipResponseCode')).toBe(sip);
    expect(app.at('/outbound')).toEqual([]);
  });

  test('is cancelled in the queue without any callback', async () => {
    bench = await startBench({ '/status': '' }, { callsPerSecond: 0.5 });
    const slow = twilio(ACCOUNT_SID, AUTH_TOKEN, { httpClient: new Rerouted(bench.sim.baseUrl) });
    const order = {
      to: CALLER,
      from: NUMBER,
      url: `${bench.app.url}/outbound`,
      statusCallback: `${bench.app.url}/status`,
      statusCallbackEvent: ALL_EVENTS,
    };
    const first = await slow.calls.create(order);
    const second = await slow.calls.create(order);
    await slow.calls(second.sid).update({ status: 'canceled' });
    expect(await bench.sim.phone(second.sid)?.ended).toMatchObject({ status: 'canceled' });
    await slow.calls(first.sid).update({ status: 'completed' });
    await bench.sim.log.waitFor(
      'request',
      (one) => one.callSid === first.sid && /canceled/.test(one.body),
    );
    const told = new Set(bench.app.at('/status').map(({ form }) => form.get('CallSid')));
    expect([...told]).toEqual([first.sid]);
  });

  test('that rings too long counts as not answered', async () => {
    const { app, sim, client } = await open();
    const { sid } = await client.calls.create({
      to: CALLER,
      from: NUMBER,
      twiml: '<Response/>',
      timeout: 1,
      statusCallback: `${app.url}/status`,
    });
    expect(await sim.phone(sid)?.ended).toMatchObject({ status: 'no-answer' });
  });

  test('that lasts too long is ended', async () => {
    const { sim, client } = await open();
    sim.onOutboundCall((phone) => phone.answer());
    const twiml = '<Response><Pause length="60"/></Response>';
    const { sid } = await client.calls.create({ to: CALLER, from: NUMBER, twiml, timeLimit: 1 });
    expect(await sim.phone(sid)?.ended).toMatchObject({
      status: 'completed',
      reason: 'time-limit',
    });
  });

  test('is moved to other TwiML while it goes on', async () => {
    const { app, sim, client } = await open({ '/other': '<Say>Elsewhere</Say>' });
    sim.onOutboundCall((phone) => phone.answer());
    const twiml = '<Response><Gather input="speech"/></Response>';
    const { sid } = await client.calls.create({ to: CALLER, from: NUMBER, twiml });
    const phone = sim.phone(sid);
    await phone?.waitUntilListening();
    await client.calls(sid).update({ url: `${app.url}/other` });
    expect((await phone?.hears())?.text).toBe('Elsewhere');
    await phone?.ended;
    await expect(client.calls(sid).update({ status: 'completed' })).rejects.toMatchObject({
      code: 21220,
      status: 400,
    });
  });

  test('is hung up over REST', async () => {
    const { sim, client } = await open();
    sim.onOutboundCall((phone) => phone.answer());
    const twiml = '<Response><Gather/></Response>';
    const { sid } = await client.calls.create({ to: CALLER, from: NUMBER, twiml });
    await sim.phone(sid)?.waitUntilListening();
    await expect(client.calls(sid).update({ status: 'canceled' })).rejects.toMatchObject({
      code: 21220,
    });
    const updated = await client.calls(sid).update({ status: 'completed' });
    expect(updated.status).toBe('completed');
    expect(await sim.phone(sid)?.ended).toMatchObject({ reason: 'rest' });
  });

  test('cannot resolve a relative action of TwiML given over REST', async () => {
    const { sim, client } = await open();
    sim.onOutboundCall((phone) => phone.answer());
    const twiml = '<Response><Gather input="speech" action="/heard"/></Response>';
    const { sid } = await client.calls.create({ to: CALLER, from: NUMBER, twiml });
    const phone = sim.phone(sid);
    await phone?.waitUntilListening();
    phone?.say('hello');
    await phone?.ended;
    expect(sim.log.of('error')).toMatchObject([{ code: 11100 }]);
    expect(phone?.heardApplicationError).toBe(true);
  });

  test('to a machine says so in its first request', async () => {
    const { app, sim, client } = await open();
    sim.onOutboundCall((phone) => phone.voicemail());
    const url = `${app.url}/outbound`;
    const order = { to: CALLER, from: NUMBER, url, machineDetection: 'Enable' };
    const { sid } = await client.calls.create(order);
    await sim.phone(sid)?.ended;
    expect(app.at('/outbound')[0]?.form.get('AnsweredBy')).toBe('machine_start');
    expect(app.at('/outbound')[0]?.form.has('MachineDetectionDuration')).toBe(true);
  });

  test('reports an asynchronous verdict to its callback', async () => {
    const { app, sim, client } = await open({ '/amd': '' });
    sim.onOutboundCall((phone) => phone.answer());
    const { sid } = await client.calls.create({
      to: CALLER,
      from: NUMBER,
      url: `${app.url}/outbound`,
      machineDetection: 'DetectMessageEnd',
      asyncAmd: 'true',
      asyncAmdStatusCallback: `${app.url}/amd`,
    });
    await sim.phone(sid)?.ended;
    await sim.log.waitFor('response', ({ purpose }) => purpose === 'amd');
    expect(app.at('/outbound')[0]?.form.has('AnsweredBy')).toBe(false);
    expect(app.at('/amd')[0]?.form.get('AnsweredBy')).toBe('human');
  });
});
