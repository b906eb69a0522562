/** What is counted of activities, turns, records, models and requests to Twilio. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { CallEvent } from '../../workflows/events.ts';
import type { ModelTry, Turn } from '../../workflows/contract.ts';
import { countActivity } from '../../src/metrics/activity-metrics.ts';
import { countTry, watchBreakers } from '../../src/metrics/model-metrics.ts';
import { countRecorded } from '../../src/metrics/record-metrics.ts';
import { registry } from '../../src/metrics/registry.ts';
import { countTwilioRequests } from '../../src/metrics/twilio-metrics.ts';
import { createRestClient } from '../../src/twilio/rest-client.ts';
import { valueOf } from './exposition.ts';

beforeEach(() => registry.resetMetrics());

async function count(name: string, labels: Record<string, string> = {}): Promise<number> {
  return valueOf(await registry.metrics(), name, labels) ?? 0;
}

async function run(
  activityType: string,
  work: () => Promise<unknown>,
  attempt = 1,
  args: unknown[] = [],
) {
  const context = { info: { activityType, attempt } } as unknown as Context;
  const execute = countActivity(context).inbound?.execute;
  return execute?.({ args, headers: {} }, work);
}

describe('an activity', () => {
  test('is counted with how it ended, each attempt by itself', async () => {
    await run('hangUp', async () => undefined);
    const failing = run('hangUp', async () => Promise.reject(new Error('no')), 2);
    await expect(failing).rejects.toThrow('no');
    const dropped = run('reply', async () => Promise.reject(new CancelledFailure('no longer')));
    await expect(dropped).rejects.toThrow('no longer');
    const of = (activity: string, outcome: string) =>
      count('voca_activity_duration_seconds_count', { activity, outcome });
    expect(await of('hangUp', 'completed')).toBe(1);
    expect(await of('hangUp', 'failed')).toBe(1);
    expect(await of('reply', 'cancelled')).toBe(1);
    expect(await count('voca_activity_retries_total', { activity: 'hangUp' })).toBe(1);
  });

  test('gives its result and its failure on as they are', async () => {
    const failure = ApplicationFailure.nonRetryable('no', 'ModelFailed', []);
    expect(await run('dial', async () => 'result')).toBe('result');
    await expect(run('reply', async () => Promise.reject(failure))).rejects.toBe(failure);
  });

  test('that replies counts its tokens under its provider', async () => {
    const tries: ModelTry[] = [
      { model: 'anthropic/claude', ms: 900, outcome: 'timeout' },
      { model: 'openai/gpt', ms: 300, outcome: 'answered' },
    ];
    const tokens = { prompt: 210, completion: 14 };
    await run('reply', async () => ({
      text: 'Yes.',
      end: false,
      model: 'gpt-2026',
      tokens,
      tries,
    }));
    const of = (kind: string) => count('voca_model_tokens_total', { provider: 'openai', kind });
    expect([await of('prompt'), await of('completion')]).toEqual([210, 14]);
  });

  test('that records counts what it wrote, and only when it did', async () => {
    const batch = { callId: 'call_x', events: [turnEvent({})] };
    const failing = run('record', async () => Promise.reject(new Error('away')), 1, [batch]);
    await expect(failing).rejects.toThrow('away');
    expect(await count('voca_turns_total')).toBe(0);
    await run('record', async () => undefined, 2, [batch]);
    expect(await count('voca_turns_total', { status: 'answered' })).toBe(1);
  });
});

const HEARD_AT = '2026-03-01T10:00:00.000Z';

function turnEvent(turn: Partial<Turn>): CallEvent {
  return {
    type: 'call.turn.completed',
    sequence: 3,
    at: '2026-03-01T10:00:02.500Z',
    position: 1,
    turn: {
      key: '1',
      heard: { kind: 'silence' },
      status: 'answered',
      reply: 'Yes.',
      replySource: 'model',
      heardAt: HEARD_AT,
      repliedAt: '2026-03-01T10:00:02.500Z',
      ...turn,
    },
  };
}

describe('a record', () => {
  const now = Date.parse('2026-03-01T10:00:03.000Z');

  test('tells how long turns took and how late it was written', async () => {
    countRecorded([turnEvent({}), turnEvent({ replySource: 'apology' })], now);
    expect(await count('voca_turn_duration_seconds_sum', { source: 'model' })).toBe(2.5);
    expect(await count('voca_turn_duration_seconds_count', { source: 'apology' })).toBe(1);
    expect(await count('voca_record_lag_seconds_sum')).toBe(1);
  });

  test.each(['superseded', 'unanswered'] as const)(
    'of a turn that was %s tells no time',
    async (status) => {
      countRecorded([turnEvent({ status })], now);
      expect(await count('voca_turns_total', { status })).toBe(1);
      expect(await count('voca_turn_duration_seconds_count')).toBe(0);
    },
  );

  test('of an end tells the length of the call', async () => {
    const end = { type: 'call.ended', sequence: 9, at: HEARD_AT, reason: 'silence' } as const;
    countRecorded([end, { ...end, durationSeconds: 95 }], now);
    expect(await count('voca_call_duration_seconds_sum')).toBe(95);
    expect(await count('voca_call_duration_seconds_count')).toBe(1);
  });
});

describe('a try of a model', () => {
  test('is counted by provider and outcome, never by the name of a model', async () => {
    countTry({ model: 'openai/ft:secret-project', ms: 400, outcome: 'answered' });
    countTry({ model: 'strange', ms: 10, outcome: 'unavailable' });
    const text = await registry.metrics();
    const name = 'voca_model_try_duration_seconds_count';
    expect(valueOf(text, name, { provider: 'openai', outcome: 'answered' })).toBe(1);
    expect(valueOf(text, name, { provider: 'other', outcome: 'unavailable' })).toBe(1);
    expect(text).not.toContain('secret-project');
  });

  test('shows the breaker of its provider as it is when it is looked at', async () => {
    const open = () => count('voca_model_breaker_open', { provider: 'openai' });
    let state: 'closed' | 'open' | 'half-open' = 'open';
    watchBreakers(() => [{ provider: 'openai', state }]);
    expect(await open()).toBe(1);
    state = 'half-open';
    expect(await open()).toBe(1);
    state = 'closed';
    expect(await open()).toBe(0);
  });
});

describe('a request to Twilio', () => {
  let twilio: Server;
  let other: Server;
  let status = 200;
  beforeAll(async () => {
    twilio = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ sid: `CA${'1'.repeat(32)}` }));
    });
    other = createServer((_request, response) => response.end());
    for (const server of [twilio, other]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    countTwilioRequests(urlOf(twilio));
  });
  afterAll(() => [twilio, other].forEach((server) => server.close()));

  const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fetchCall = (baseUrl: string) =>
    createRestClient({
      accountSid: `AC${'1'.repeat(32)}`,
      authToken: 'a'.repeat(32),
      baseUrl,
      timeoutMs: 2000,
    })
      .calls(`CA${'1'.repeat(32)}`)
      .fetch()
      .catch(() => undefined);

  test.each([200, 404, 429, 503])('is counted with its status: %i', async (answered) => {
    status = answered;
    await fetchCall(urlOf(twilio));
    const labels = { method: 'GET', status: String(answered) };
    expect(await count('voca_twilio_request_duration_seconds_count', labels)).toBe(1);
  });

  test('without an answer is counted as none', async () => {
    const dead = createServer();
    dead.listen(0, '127.0.0.1');
    await once(dead, 'listening');
    const url = urlOf(dead);
    dead.close();
    countTwilioRequests(url);
    await fetchCall(url);
    expect(await count('voca_twilio_request_duration_seconds_count', { status: 'none' })).toBe(1);
  });

  test('is told from requests to others', async () => {
    await fetchCall(urlOf(other));
    expect(await count('voca_twilio_request_duration_seconds_count')).toBe(0);
  });
});
