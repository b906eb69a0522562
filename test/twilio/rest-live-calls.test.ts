import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { CarrierError } from '../../src/twilio/rest.ts';
import { createCarrierLine } from '../../src/twilio/rest-live-calls.ts';
import { createUrls } from '../../src/twilio/urls.ts';

const accountSid = `AC${'a1'.repeat(16)}`;
const OURS = '+15005550006';
const ROOT = `/2010-04-01/Accounts/${accountSid}`;

interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  form: Record<string, string>;
}
type Script = (asked: Asked) => { status?: number; body: unknown };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A Twilio that answers by script and remembers what it was asked. */
async function twilio(script: Script) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const url = new URL(request.url ?? '/', 'http://localhost');
      const one: Asked = {
        method: request.method ?? '',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        form: Object.fromEntries(new URLSearchParams(body)),
      };
      asked.push(one);
      const answer = script(one);
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    })();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const line = createCarrierLine({
    accountSid,
    authToken: 'auth-token',
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    urls: createUrls('https://voice.example.com'),
    timeoutMs: 2000,
  });
  return { line, asked };
}

const resource = (sid: string, status: string, more: object = {}) => ({
  sid,
  status,
  direction: 'inbound',
  from: '+14155550123',
  to: OURS,
  date_created: 'Tue, 24 Nov 2026 10:00:00 +0000',
  start_time: null,
  ...more,
});
const page = (calls: unknown[], next: string | null = null) => ({
  body: { calls, next_page_uri: next, page: 0, page_size: 1000 },
});

describe('the live calls', () => {
  test('are those of the three live statuses, each asked for by itself', async () => {
    const { line, asked } = await twilio(({ query }) =>
      page([resource(`CA${query['Status'] ?? ''}`, query['Status'] ?? '')]),
    );
    expect((await line.listLive()).map(({ callSid, status }) => [callSid, status])).toEqual([
      ['CAqueued', 'queued'],
      ['CAringing', 'ringing'],
      ['CAin-progress', 'in-progress'],
    ]);
    expect(asked.map(({ path }) => path)).toEqual(Array(3).fill(`${ROOT}/Calls.json`));
  });

  test('carry their numbers and their age', async () => {
    const { line } = await twilio(({ query }) =>
      page(query['Status'] === 'ringing' ? [resource('CA1', 'ringing')] : []),
    );
    expect(await line.listLive()).toEqual([
      {
        callSid: 'CA1',
        status: 'ringing',
        direction: 'inbound',
        from: '+14155550123',
        to: OURS,
        since: '2026-11-24T10:00:00.000Z',
      },
    ]);
  });

  test('go over several pages', async () => {
    const { line, asked } = await twilio(({ query }) => {
      if (query['Status'] !== 'in-progress') return page([]);
      if (query['Page'] === '1') return page([resource('CA2', 'in-progress')]);
      const next = `${ROOT}/Calls.json?Status=in-progress&Page=1&PageToken=PACA1`;
      return page([resource('CA1', 'in-progress')], next);
    });
    expect((await line.listLive()).map(({ callSid }) => callSid)).toEqual(['CA1', 'CA2']);
    expect(asked).toHaveLength(4);
  });

  test('do not hold one that is over by now, nor one twice that moves on while it is listed', async () => {
    const { line } = await twilio(({ query }) =>
      page([
        resource('CA1', query['Status'] === 'in-progress' ? 'in-progress' : 'ringing'),
        resource('CA2', 'completed'),
      ]),
    );
    expect((await line.listLive()).map(({ callSid, status }) => [callSid, status])).toEqual([
      ['CA1', 'in-progress'],
    ]);
  });

  test('are not there in part: what fails, fails as a whole and says nothing of numbers', async () => {
    const { line } = await twilio(({ query }) =>
      query['Status'] === 'ringing'
        ? { status: 429, body: { code: 20429, message: `too many for ${OURS}` } }
        : page([]),
    );
    const failure = await line.listLive().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CarrierError);
    expect(failure).toMatchObject({ retryable: true, code: '20429' });
    expect(String(failure)).not.toContain(OURS);
  });
});

describe('a number', () => {
  const number = (more: object = {}) => ({
    sid: `PN${'1'.repeat(32)}`,
    phone_number: OURS,
    voice_url: 'https://voice.example.com/webhook/voice#ct=2000&rp=all',
    voice_application_sid: '',
    trunk_sid: null,
    ...more,
  });
  const leads = async (...numbers: object[]) => {
    const { line } = await twilio(() => ({
      body: { incoming_phone_numbers: numbers, next_page_uri: null },
    }));
    return line.leadsToUs(OURS);
  };

  test('leads to us by its URL, with or without overrides and a slash at the end', async () => {
    expect(await leads(number())).toBe(true);
    expect(await leads(number({ voice_url: 'https://voice.example.com/webhook/voice/' }))).toBe(
      true,
    );
  });

  test.each([
    ['another host', { voice_url: 'https://staging.example.com/webhook/voice' }],
    ['another path', { voice_url: 'https://voice.example.com/other' }],
    ['no URL', { voice_url: null }],
    ['an application, which wins over the URL', { voice_application_sid: `AP${'1'.repeat(32)}` }],
    ['a trunk, which wins over everything', { trunk_sid: `TK${'1'.repeat(32)}` }],
  ])('leads elsewhere with %s', async (_what, more) => {
    expect(await leads(number(more))).toBe(false);
  });

  test('is not another one that holds the same digits, nor none', async () => {
    expect(await leads(number({ phone_number: `${OURS}1` }))).toBe(false);
    expect(await leads()).toBe(false);
  });
});

test('a call begins again with our first webhook', async () => {
  const { line, asked } = await twilio(() => ({ body: resource('CA1', 'in-progress') }));
  await line.beginAgain('CA1');
  expect(asked).toMatchObject([
    {
      method: 'POST',
      path: `${ROOT}/Calls/CA1.json`,
      form: {
        Url: 'https://voice.example.com/webhook/voice#ct=2000&rt=5000&tt=15000&rc=2&rp=all',
        Method: 'POST',
        FallbackUrl:
          'https://voice.example.com/webhook/fallback#ct=2000&rt=5000&tt=15000&rc=2&rp=all',
        FallbackMethod: 'POST',
      },
    },
  ]);
});
