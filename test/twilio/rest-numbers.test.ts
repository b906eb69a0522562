import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CarrierNumbers } from '../../activities/number-ports.ts';
import type { NumberConfig, Simulator } from '../../src/simulator/index.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import { CarrierError } from '../../src/twilio/rest.ts';
import { createCarrierNumbers } from '../../src/twilio/rest-numbers.ts';
import { createUrls } from '../../src/twilio/urls.ts';

const AUTH_TOKEN = 'auth-token';
const OURS = '+15005550006';
const urls = createUrls('https://voice.example.com');
const CONFIGURED: Partial<NumberConfig> = {
  voiceUrl: urls.voice(),
  voiceFallbackUrl: urls.fallback(),
  statusCallback: urls.status(),
};

let simulator: Simulator | undefined;
const servers: Server[] = [];
afterEach(async () => {
  await simulator?.close();
  simulator = undefined;
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

function numbersAt(baseUrl: string, authToken = AUTH_TOKEN): CarrierNumbers {
  const accountSid = simulator?.accountSid ?? `AC${'a1'.repeat(16)}`;
  return createCarrierNumbers({ accountSid, authToken, baseUrl, urls, timeoutMs: 2000 });
}

async function account(...numbers: NumberConfig[]): Promise<CarrierNumbers> {
  await simulator?.close();
  simulator = await startSimulator({ authToken: AUTH_TOKEN, numbers });
  return numbersAt(simulator.baseUrl);
}

const sidOf = (number: string) => simulator?.numbers.byNumber(number)?.sid ?? '';

/** A Twilio that always answers the same. */
async function answering(status: number, body: unknown): Promise<CarrierNumbers> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return numbersAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

describe('the numbers of the account', () => {
  test('are listed with what they are called and what keeps their calls from us', async () => {
    const numbers = await account(
      { phoneNumber: OURS, friendlyName: 'Front desk', ...CONFIGURED },
      { phoneNumber: '+15005550007', takesCalls: false, ...CONFIGURED, voiceMethod: 'GET' },
    );
    expect(await numbers.list()).toEqual([
      {
        carrierSid: sidOf(OURS),
        number: OURS,
        label: 'Front desk',
        takesCalls: true,
        differences: [],
      },
      {
        carrierSid: sidOf('+15005550007'),
        number: '+15005550007',
        label: '+15005550007',
        takesCalls: false,
        differences: [{ setting: 'voice_method', expected: 'POST', found: 'GET' }],
      },
    ]);
  });

  test('are all listed, also when they fill more than a page', async () => {
    const many = Array.from({ length: 2001 }, (_, i) => ({ phoneNumber: `+1555${1_000_000 + i}` }));
    const numbers = await account(...many);
    expect((await numbers.list()).map(({ number }) => number)).toEqual(
      many.map(({ phoneNumber }) => phoneNumber),
    );
  });

  test('are found by the whole number alone', async () => {
    const numbers = await account({ phoneNumber: `${OURS}1` }, { phoneNumber: OURS });
    expect(await numbers.find(OURS)).toMatchObject({ carrierSid: sidOf(OURS), number: OURS });
    expect(await numbers.find('+1500555000')).toBeUndefined();
  });
});

describe('a look at a number', () => {
  const look = async (settings: Partial<NumberConfig>) => {
    const numbers = await account({ phoneNumber: OURS, ...CONFIGURED, ...settings });
    return numbers.check(OURS);
  };

  test('is content with our URLs, however their host is written', async () => {
    expect(await look({})).toEqual({ status: 'ok', differences: [], carrierSid: sidOf(OURS) });
    const voiceUrl = urls.voice().replace('voice.example.com', 'Voice.Example.com:443');
    expect(await look({ voiceUrl })).toMatchObject({ status: 'ok' });
  });

  test('finds a number that the account does not have missing', async () => {
    const numbers = await account({ phoneNumber: OURS });
    expect(await numbers.check('+15005550099')).toEqual({ status: 'missing', differences: [] });
  });

  test('finds every setting that is not as it should be', async () => {
    const numbers = await account({ phoneNumber: OURS, voiceFallbackMethod: 'GET' });
    const { status, differences } = await numbers.check(OURS);
    expect([status, differences]).toEqual([
      'differs',
      [
        { setting: 'voice_url', expected: urls.voice(), found: '' },
        { setting: 'voice_fallback_url', expected: urls.fallback(), found: '' },
        { setting: 'voice_fallback_method', expected: 'POST', found: 'GET' },
        { setting: 'status_callback', expected: urls.status(), found: '' },
      ],
    ]);
  });

  const APPLICATION = `AP${'1'.repeat(32)}`;
  const TRUNK = `TK${'1'.repeat(32)}`;
  test.each([
    [
      'no connection overrides',
      { voiceUrl: 'https://voice.example.com/webhook/voice' },
      'voice_url',
    ],
    ['another host', { voiceUrl: urls.voice().replace('voice.', 'other.') }, 'voice_url'],
    ['another method of callbacks', { statusCallbackMethod: 'GET' }, 'status_callback_method'],
    ['an application, which wins', { voiceApplicationSid: APPLICATION }, 'voice_application_sid'],
    ['a trunk, which wins', { trunkSid: TRUNK }, 'trunk_sid'],
    ['calls taken for faxes', { voiceReceiveMode: 'fax' }, 'voice_receive_mode'],
  ] as const)('finds %s', async (_what, settings, setting) => {
    const { status, differences } = await look(settings);
    expect([status, differences.map((each) => each.setting)]).toEqual(['differs', [setting]]);
  });

  test('does not repeat passwords and tokens of other applications', async () => {
    const { differences } = await look({
      voiceUrl: 'https://user:canary1@other.example.com/voice?token=canary2#rc=2',
    });
    expect(differences).toEqual([
      {
        setting: 'voice_url',
        expected: urls.voice(),
        found: 'https://***@other.example.com/voice?***#rc=2',
      },
    ]);
  });

  test('changes nothing', async () => {
    await look({ voiceUrl: 'https://other.example.com/' });
    expect(simulator?.numbers.byNumber(OURS)).toMatchObject({
      voiceUrl: 'https://other.example.com/',
    });
  });
});

describe('setting a number up', () => {
  beforeEach(async () => {
    await account({ phoneNumber: OURS, friendlyName: 'Front desk', voiceMethod: 'GET' });
  });
  const set = () => simulator?.numbers.byNumber(OURS);
  const configure = () => numbersAt(simulator?.baseUrl ?? '').configure(sidOf(OURS));

  test('brings its calls, their fallback and their callbacks to us, and twice does no harm', async () => {
    for (const _again of [1, 2]) {
      expect(await configure()).toEqual({ status: 'ok', differences: [] });
      expect(set()).toMatchObject({
        ...CONFIGURED,
        voiceMethod: 'POST',
        voiceFallbackMethod: 'POST',
        statusCallbackMethod: 'POST',
        friendlyName: 'Front desk',
      });
    }
  });

  test('takes away what would win over our URLs', async () => {
    simulator?.numbers.update(sidOf(OURS), { trunkSid: `TK${'1'.repeat(32)}` });
    expect(await configure()).toMatchObject({ status: 'ok' });
    simulator?.numbers.update(sidOf(OURS), {
      voiceApplicationSid: `AP${'1'.repeat(32)}`,
      voiceReceiveMode: 'fax',
    });
    expect(await configure()).toMatchObject({ status: 'ok' });
    expect(set()).toMatchObject({
      trunkSid: '',
      voiceApplicationSid: '',
      voiceReceiveMode: 'voice',
    });
  });

  test('of one that the account has no more says so', async () => {
    const numbers = numbersAt(simulator?.baseUrl ?? '');
    const gone = await numbers.configure(`PN${'0'.repeat(32)}`);
    expect(gone).toEqual({ status: 'missing', differences: [] });
  });

  test('says what Twilio has kept in spite of it', async () => {
    const numbers = await answering(200, {
      sid: `PN${'1'.repeat(32)}`,
      phone_number: OURS,
      voice_url: urls.voice(),
      voice_method: 'POST',
      voice_fallback_url: urls.fallback(),
      voice_fallback_method: 'POST',
      status_callback: urls.status(),
      status_callback_method: 'POST',
      voice_application_sid: null,
      trunk_sid: `TK${'1'.repeat(32)}`,
    });
    expect(await numbers.configure(`PN${'1'.repeat(32)}`)).toEqual({
      status: 'differs',
      differences: [{ setting: 'trunk_sid', expected: '', found: `TK${'1'.repeat(32)}` }],
    });
  });
});

describe('giving a number up', () => {
  test('takes our URLs away, and leaves those of others', async () => {
    const numbers = await account({
      phoneNumber: OURS,
      ...CONFIGURED,
      voiceUrl: `${urls.voice().split('#')[0]}/`,
      statusCallback: 'https://other.example.com/status',
    });
    for (const _again of [1, 2]) {
      await numbers.release(sidOf(OURS));
      expect(simulator?.numbers.byNumber(OURS)).toMatchObject({
        voiceUrl: '',
        voiceFallbackUrl: '',
        statusCallback: 'https://other.example.com/status',
      });
    }
  });

  test('that the account has no more is a success', async () => {
    const numbers = await account();
    await expect(numbers.release(`PN${'0'.repeat(32)}`)).resolves.toBeUndefined();
  });
});

describe('a Twilio', () => {
  const ask = {
    list: (numbers: CarrierNumbers) => numbers.list(),
    find: (numbers: CarrierNumbers) => numbers.find(OURS),
    check: (numbers: CarrierNumbers) => numbers.check(OURS),
    configure: (numbers: CarrierNumbers) => numbers.configure(`PN${'1'.repeat(32)}`),
    release: (numbers: CarrierNumbers) => numbers.release(`PN${'1'.repeat(32)}`),
  };
  const questions = Object.entries(ask);

  async function failure(
    question: (numbers: CarrierNumbers) => Promise<unknown>,
    of: CarrierNumbers,
  ) {
    const error = await question(of).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(CarrierError);
    expect(String(error)).not.toContain(OURS.slice(1));
    return error;
  }

  test.each(questions)('that is away can be asked again later: %s', async (_name, question) => {
    expect(await failure(question, numbersAt('http://127.0.0.1:9'))).toMatchObject({
      retryable: true,
      code: 'unreachable',
    });
  });

  test.each(questions)('that has too much to do can be asked again: %s', async (_n, question) => {
    const busy = await answering(429, { code: 20429, message: `not now, ${OURS}` });
    expect(await failure(question, busy)).toMatchObject({ retryable: true, code: '20429' });
  });

  test.each(questions)('that refuses is not asked again: %s', async (_name, question) => {
    const refusing = await answering(401, { code: 20003, message: `no ${OURS}` });
    expect(await failure(question, refusing)).toMatchObject({ retryable: false, code: '20003' });
  });

  test('that answers something else than numbers has failed', async () => {
    const strange = await answering(200, { incoming_phone_numbers: [{ sid: 1 }] });
    expect(await failure(ask.list, strange)).toMatchObject({ retryable: true });
  });
});
