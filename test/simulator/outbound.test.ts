import { afterEach, describe, expect, test } from '@jest/globals';
import twilio from 'twilio';
import RequestClient from 'twilio/lib/base/RequestClient.js';
import type { Bench } from './bench.ts';
import { ACCOUNT_SID, AUTH_TOKEN, CALLER, NUMBER, startBench } from './bench.ts';
import type { Answer } from './customer-app.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

/** Sends the real client's requests to the simulator. */
class Rerouted extends RequestClient {
  readonly #base: string;

  constructor(base: string) {
    super();
    this.#base = base;
  }

  override request<T>(options: Parameters<RequestClient['request']>[0]) {
    const uri = options.uri.replace('https://api.twilio.com', this.#base);
    return super.request<T>({ ...options, uri } as never);
  }
}

async function open(answers: Record<string, Answer> = {}) {
  bench = await startBench({ '/outbound': '<Say>Hello</Say>', '/status': '', ...answers });
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
});
