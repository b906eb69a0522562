import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import twilio from 'twilio';
import type { Bench } from './bench.ts';
import { ACCOUNT_SID, AUTH_TOKEN, CALLER, NUMBER, startBench } from './bench.ts';
import { Rerouted } from './rerouted.ts';

const KEY = { sid: `SK${'1'.repeat(32)}`, secret: 'key-secret' };

let bench: Bench;
let client: twilio.Twilio;
beforeEach(async () => {
  bench = await startBench(
    { '/voice': '<Gather timeout="60"/>', '/status': '' },
    { apiKeys: [KEY], timeScale: 0.05 },
  );
  client = twilio(ACCOUNT_SID, AUTH_TOKEN, { httpClient: new Rerouted(bench.sim.baseUrl) });
});
afterEach(() => bench.close());

const root = () => `${bench.sim.baseUrl}/2010-04-01/Accounts/${ACCOUNT_SID}`;

async function raw(path: string, init: RequestInit & { user?: string } = {}) {
  const { user = `${ACCOUNT_SID}:${AUTH_TOKEN}`, ...rest } = init;
  const headers = { Authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  const response = await fetch(
    path.startsWith('/2010') ? bench.sim.baseUrl + path : root() + path,
    {
      headers,
      ...rest,
    },
  );
  const text = await response.text();
  return {
    status: response.status,
    body: (text === '' ? undefined : JSON.parse(text)) as Record<string, unknown>,
  };
}

const create = (fields: Record<string, string>) =>
  raw('/Calls.json', {
    method: 'POST',
    body: new URLSearchParams({ To: CALLER, From: NUMBER, Twiml: '<Response/>', ...fields }),
  });

describe('authentication', () => {
  test('takes the account with its token and an API key with its secret', async () => {
    expect((await raw('.json')).status).toBe(200);
    expect((await raw('/Calls.json', { user: `${KEY.sid}:${KEY.secret}` })).status).toBe(200);
    const withKey = twilio(KEY.sid, KEY.secret, {
      accountSid: ACCOUNT_SID,
      httpClient: new Rerouted(bench.sim.baseUrl),
    });
    expect(await withKey.calls.list()).toEqual([]);
  });

  test.each([[`${ACCOUNT_SID}:wrong`], [`${KEY.sid}:${AUTH_TOKEN}`], ['someone:x'], ['']])(
    'refuses %p with 20003',
    async (user) => {
      expect(await raw('/Calls.json', { user })).toEqual({
        status: 401,
        body: {
          code: 20003,
          message: 'Authenticate',
          more_info: 'https://www.twilio.com/docs/errors/20003',
          status: 401,
        },
      });
    },
  );

  test('knows nothing of other accounts, resources and calls', async () => {
    for (const path of [
      `/2010-04-01/Accounts/AC${'9'.repeat(32)}/Calls.json`,
      '/Nothing.json',
      `/Calls/CA${'0'.repeat(32)}.json`,
    ]) {
      expect(await raw(path)).toMatchObject({ status: 404, body: { code: 20404, status: 404 } });
    }
    expect(await raw('/Calls.json', { method: 'PUT' })).toMatchObject({ status: 405 });
  });
});

describe('creating a call', () => {
  test.each([
    [{ To: '' }, 21201],
    [{ To: '12345' }, 21211],
    [{ To: '+0123456789' }, 21211],
    [{ From: '' }, 21213],
    [{ From: 'me' }, 21212],
    [{ From: '+15559999999' }, 21210],
    [{ Twiml: '' }, 21205],
    [{ Url: 'ftp://x/' }, 21205],
    [{ Twiml: `<Response>${' '.repeat(4_000)}</Response>` }, 32018],
    [{ Twiml: '<Response>' }, 12100],
    [{ StatusCallback: 'nowhere' }, 21609],
    [{ StatusCallback: 'https://my_host.example.com/' }, 21609],
    [{ StatusCallback: 'https://example.com/', StatusCallbackEvent: 'done' }, 21626],
    [{ Timeout: '601' }, 20001],
    [{ MachineDetection: 'Maybe' }, 20001],
    [{ Method: 'PUT' }, 20001],
  ])('with %p is refused with %d', async (fields, code) => {
    expect(await create(fields as Record<string, string>)).toMatchObject({
      status: 400,
      body: { code, status: 400 },
    });
    expect(await client.calls.list()).toEqual([]);
  });

  test('answers with the whole resource, numbers as strings, the unknown as null', async () => {
    const { status, body } = await create({});
    expect(status).toBe(201);
    expect(body).toMatchObject({
      sid: expect.stringMatching(/^CA[0-9a-f]{32}$/),
      account_sid: ACCOUNT_SID,
      to: CALLER,
      from: NUMBER,
      status: 'queued',
      direction: 'outbound-api',
      parent_call_sid: null,
      start_time: null,
      end_time: null,
      duration: null,
      answered_by: null,
      price: null,
      queue_time: '0',
      api_version: '2010-04-01',
      date_created: expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/),
    });
    expect(body.uri).toBe(`/2010-04-01/Accounts/${ACCOUNT_SID}/Calls/${String(body.sid)}.json`);
  });
});

describe('the list of calls', () => {
  async function threeCalls(): Promise<string[]> {
    const phones = [1, 2, 3].map((last) =>
      bench.sim.dial({ from: `+1555000900${last}`, to: NUMBER }),
    );
    for (const phone of phones) await phone.waitUntilListening();
    phones[0]?.hangUp();
    return phones.map(({ callSid }) => callSid);
  }

  test('filters by its parties, its state and its time', async () => {
    const [first, second, third] = await threeCalls();
    const sids = async (query: Parameters<typeof client.calls.list>[0]) =>
      (await client.calls.list(query)).map(({ sid }) => sid);
    expect(await sids({})).toEqual([third, second, first]);
    expect(await sids({ from: '+15550009002' })).toEqual([second]);
    expect(await sids({ to: CALLER })).toEqual([]);
    expect(await sids({ status: 'completed' })).toEqual([first]);
    expect(await sids({ status: 'in-progress', to: NUMBER })).toEqual([third, second]);
    const hourMs = 3_600_000;
    const [hourAgo, inAnHour] = [new Date(Date.now() - hourMs), new Date(Date.now() + hourMs)];
    expect(await sids({ startTimeAfter: hourAgo, startTimeBefore: inAnHour })).toHaveLength(3);
    expect(await sids({ startTimeAfter: inAnHour })).toEqual([]);
    expect(await sids({ startTimeBefore: hourAgo })).toEqual([]);
    expect(await sids({ parentCallSid: first ?? '' })).toEqual([]);
    const day = new Date().toISOString().slice(0, 10);
    const onDay = await raw(`/Calls.json?StartTime=${day}`);
    expect(onDay.body.calls).toHaveLength(3);
    expect(await raw('/Calls.json?StartTime=tomorrow')).toMatchObject({ status: 400 });
  });

  test('comes in pages', async () => {
    const all = (await threeCalls()).reverse();
    const pages: Record<string, unknown>[] = [];
    for (let next: unknown = '/Calls.json?PageSize=2'; typeof next === 'string';) {
      const { body } = await raw(next);
      pages.push(body);
      next = body.next_page_uri;
    }
    expect(pages).toMatchObject([
      { page: 0, page_size: 2, start: 0, end: 1, previous_page_uri: null },
      { page: 1, page_size: 2, start: 2, end: 2, next_page_uri: null },
    ]);
    const sids = pages.flatMap(({ calls }) => (calls as { sid: string }[]).map(({ sid }) => sid));
    expect(sids).toEqual(all);
    const back = await raw(String(pages[1]?.previous_page_uri));
    expect(back.body.calls).toEqual(pages[0]?.calls);
    expect((await client.calls.list({ pageSize: 1 })).map(({ sid }) => sid)).toEqual(all);
  });

  test('forgets a deleted call, which must be over', async () => {
    const [first, second] = await threeCalls();
    expect(await client.calls(first ?? '').remove()).toBe(true);
    expect(await client.calls.list()).toHaveLength(2);
    await expect(client.calls(second ?? '').remove()).rejects.toMatchObject({ status: 400 });
  });
});

describe('phone numbers', () => {
  test('are listed, fetched and pointed elsewhere, for the next call', async () => {
    const [listed] = await client.incomingPhoneNumbers.list({ phoneNumber: NUMBER });
    expect(listed).toMatchObject({ phoneNumber: NUMBER, voiceUrl: `${bench.app.url}/voice` });
    const sid = listed?.sid ?? '';
    const updated = await client.incomingPhoneNumbers(sid).update({
      voiceUrl: `${bench.app.url}/elsewhere`,
      voiceMethod: 'GET',
      statusCallback: `${bench.app.url}/status`,
      friendlyName: 'Front desk',
    });
    expect(updated).toMatchObject({ friendlyName: 'Front desk', voiceMethod: 'GET' });
    expect((await client.incomingPhoneNumbers(sid).fetch()).voiceUrl).toMatch(/elsewhere$/);
    await bench.call().ended;
    expect(bench.app.at('/elsewhere')).toMatchObject([{ method: 'GET' }]);
  });

  test('refuse a bad URL, and are not found by another name', async () => {
    const [number] = await client.incomingPhoneNumbers.list();
    const change = client.incomingPhoneNumbers(number?.sid ?? '').update({ voiceUrl: 'nowhere' });
    await expect(change).rejects.toMatchObject({ code: 21502, status: 400 });
    expect(await client.incomingPhoneNumbers.list({ phoneNumber: '+1999' })).toEqual([]);
    await expect(client.incomingPhoneNumbers('PN0').fetch()).rejects.toMatchObject({ code: 20404 });
  });

  test('are found by a part in which a star is any digit', async () => {
    for (const phoneNumber of ['15550001***', '+1555*001000', '1000']) {
      expect(await client.incomingPhoneNumbers.list({ phoneNumber })).toHaveLength(1);
    }
    expect(await client.incomingPhoneNumbers.list({ phoneNumber: '1555*****9*' })).toEqual([]);
  });

  test('lead to an application or a trunk in place of their URLs, to one of them at a time', async () => {
    const [number] = await client.incomingPhoneNumbers.list();
    const change = client.incomingPhoneNumbers(number?.sid ?? '');
    expect(number).toMatchObject({ voiceApplicationSid: '', trunkSid: null });
    const applicationSid = `AP${'1'.repeat(32)}`;
    const trunkSid = `TK${'2'.repeat(32)}`;
    await change.update({ voiceApplicationSid: applicationSid });
    expect(() => bench.call()).toThrow(/an application/);
    expect(await change.update({ trunkSid })).toMatchObject({ trunkSid, voiceApplicationSid: '' });
    expect(await change.update({ voiceApplicationSid: applicationSid })).toMatchObject({
      trunkSid: null,
      voiceApplicationSid: applicationSid,
    });
    await change.update({ voiceApplicationSid: '' });
    await bench.call().ended;
    expect(bench.app.at('/voice')).toHaveLength(1);
    await expect(change.update({ trunkSid: applicationSid })).rejects.toMatchObject({
      code: 20001,
    });
  });
});
