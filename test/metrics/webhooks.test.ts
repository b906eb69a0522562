/** What is counted and logged of webhooks, with the real app on a real socket. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '../../src/log.ts';
import { registry } from '../../src/metrics/registry.ts';
import type { Server } from '../http/harness.ts';
import {
  BASE,
  CALL_SID,
  FIELDS,
  INBOUND_ID,
  listenStep,
  OUTBOUND_FIELDS,
  OUTBOUND_ID,
  signatureOf,
  startApp,
} from '../http/harness.ts';
import { valueOf } from './exposition.ts';

const SPEECH = 'aardvarks and marzipan';
const TOKEN = '1b7f7a5e-6c1b-4a52-9d2b-6f0a3c1d2e4f';

let server: Server;
beforeEach(async () => {
  registry.resetMetrics();
  server = await startApp();
});
afterEach(() => server.close());

const turnPath = (query: string) => `/process_speech/${CALL_SID}?call=${INBOUND_ID}${query}`;

async function count(name: string, labels: Record<string, string> = {}): Promise<number> {
  return valueOf(await registry.metrics(), name, labels) ?? 0;
}

/** Hooks run after the answer has left. */
async function counted(kind: string, answer: string): Promise<number> {
  const end = Date.now() + 2000;
  for (;;) {
    const found = await count('voca_webhook_duration_seconds_count', { kind, answer });
    if (found > 0 || Date.now() > end) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('a webhook is counted', () => {
  test.each([
    ['/webhook/voice', FIELDS, 'voice'],
    [`/outbound?call=${OUTBOUND_ID}`, OUTBOUND_FIELDS, 'outbound'],
    [turnPath('&turn=3'), FIELDS, 'speech'],
    [turnPath('&turn=3&wait=2'), FIELDS, 'wait'],
    [turnPath('&wait=1'), FIELDS, 'resume'],
  ] as const)('%s as %s %s, with its step', async (path, fields, kind) => {
    await server.twilio('POST', path, fields);
    expect(await counted(kind, 'step')).toBe(1);
    expect(await count('voca_webhooks_in_flight')).toBe(0);
    expect(await count('voca_fillers_total')).toBe(0);
  });

  test.each(['wait', 'over'] as const)('with its answer: %s', async (kind) => {
    server.gateway.script = () => ({ kind });
    await server.twilio('POST', turnPath('&turn=3'));
    expect(await counted('speech', kind)).toBe(1);
  });

  test('status callbacks as taken, or as an error when Temporal did not take them', async () => {
    await server.twilio('POST', `/call/status?call=${INBOUND_ID}`);
    expect(await counted('status', 'taken')).toBe(1);
    server.gateway.script = () => false;
    await server.twilio('POST', `/call/status?call=${INBOUND_ID}`);
    expect(await counted('status', 'error')).toBe(1);
    expect(await count('voca_fillers_total')).toBe(0);
  });

  test('below the path of the public URL as well', async () => {
    await server.close();
    server = await startApp({ base: 'https://voice.example.com/a/b' });
    await server.twilio('POST', '/webhook/voice', FIELDS, {
      base: 'https://voice.example.com/a/b',
    });
    expect(await counted('voice', 'step')).toBe(1);
  });

  test('and what is none of Twilio is not', async () => {
    await server.send({ method: 'GET', target: '/healthz' });
    await server.twilio('POST', '/webhook/voice');
    await counted('voice', 'step');
    expect(await count('voca_webhook_duration_seconds_count')).toBe(1);
  });
});

describe('what callers notice is counted', () => {
  test('words that were refused', async () => {
    server.gateway.script = () => ({ kind: 'ask-again', key: '3-2' });
    await server.twilio('POST', turnPath('&turn=3'));
    expect(await counted('speech', 'ask-again')).toBe(1);
    expect(await count('voca_refused_words_total')).toBe(1);
  });

  test('fillers, by how many were heard', async () => {
    server.gateway.script = () => ({ kind: 'wait' });
    for (const wait of ['', '&wait=1', '&wait=2', '&wait=7']) {
      await server.twilio('POST', turnPath(`&turn=3${wait}`));
    }
    await counted('wait', 'wait');
    expect(await count('voca_fillers_total', { round: '1' })).toBe(1);
    expect(await count('voca_fillers_total', { round: '2' })).toBe(1);
    expect(await count('voca_fillers_total', { round: '3+' })).toBe(2);
  });

  test('a fault of ours, which is heard as a filler', async () => {
    server.gateway.script = () => {
      throw new Error('broken');
    };
    await server.twilio('POST', turnPath('&turn=3'));
    expect(await counted('speech', 'error')).toBe(1);
    expect(await count('voca_fillers_total', { round: '1' })).toBe(1);
  });

  test('a webhook for whose answer Twilio did not wait', async () => {
    let answer = (): void => undefined;
    server.gateway.script = () =>
      new Promise((resolve) => (answer = () => resolve({ kind: 'wait' })));
    const aborted = new AbortController();
    const path = turnPath('&turn=3');
    const { port } = server;
    const asking = fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      body: new URLSearchParams(FIELDS),
      headers: signatureOf(BASE + path, FIELDS),
      signal: aborted.signal,
    });
    while (server.gateway.asked.length === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    aborted.abort();
    await expect(asking).rejects.toThrow('abort');
    expect(await counted('speech', 'abandoned')).toBe(1);
    answer();
    expect(await count('voca_webhooks_in_flight')).toBe(0);
  });

  test('a request that Twilio did not sign, without a line that it was answered', async () => {
    await server.send({ target: turnPath('&turn=3'), form: FIELDS });
    expect(await counted('speech', '403')).toBe(1);
    expect(await count('voca_webhook_forged_total', { kind: 'speech' })).toBe(1);
    expect(server.logged()).not.toContain('a webhook was answered');
  });
});

describe('a line about a webhook', () => {
  const lines = () =>
    server
      .logged()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test('names the call, the turn, the answer, the time and the id of Twilio', async () => {
    await server.twilio(
      'POST',
      turnPath('&turn=3-2'),
      { ...FIELDS, SpeechResult: SPEECH },
      {
        headers: { 'I-Twilio-Idempotency-Token': TOKEN },
      },
    );
    await counted('speech', 'step');
    const line = lines().find(({ msg }) => msg === 'a webhook was answered');
    expect(line).toMatchObject({
      callId: INBOUND_ID,
      callSid: CALL_SID,
      turn: '3-2',
      type: 'speech',
      outcome: 'step',
      httpStatus: 200,
      ms: expect.any(Number),
      twilioRequest: TOKEN,
    });
  });

  test('that the gateway or anybody below writes names them too', async () => {
    const written: string[] = [];
    const log = createLogger({
      level: 'info',
      role: 'api',
      destination: { write: (line) => void written.push(line) },
    });
    server.gateway.script = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      log.info('deep down');
      return { kind: 'step', step: listenStep('Hello.') };
    };
    await server.twilio('POST', turnPath('&turn=4'));
    expect(JSON.parse(written[0] ?? '{}')).toMatchObject({ callId: INBOUND_ID, turn: '4' });
  });

  test('holds nothing of what was said', async () => {
    await server.twilio('POST', turnPath('&turn=3'), {
      ...FIELDS,
      SpeechResult: SPEECH,
      Digits: '8472913',
    });
    await counted('speech', 'step');
    expect(server.logged() + (await registry.metrics())).not.toMatch(/aardvark|8472913|5005550/);
  });
});
