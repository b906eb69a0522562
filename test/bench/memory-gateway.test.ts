/** The in-memory bot answers as VOCA does, over the same HTTP application. */
import type { FastifyInstance } from 'fastify';
import { setMaxListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CallSoFar } from '../../activities/ports.ts';
import type { Heard } from '../../workflows/contract.ts';
import { MemoryGateway } from '../../src/bench/in-memory-bot/memory-gateway.ts';
import { replyTo } from '../../src/bench/instant-model.ts';
import { LiveCalls } from '../../src/bench/live-calls.ts';
import { figuresOf, measureLiveMemory, turnsOf } from '../../src/bench/live-memory.ts';
import { callAgainAndAgain, manyAtOnce, newPlayed, oneAtATime } from '../../src/bench/load.ts';
import type { Target } from '../../src/bench/load.ts';
import { measurePhase } from '../../src/bench/phase.ts';
import { measureThroughput } from '../../src/bench/throughput.ts';
import { buildApp } from '../../src/http/app.ts';
import { createLogger } from '../../src/log.ts';
import { demoAssistant } from '../../src/orchestrator/index.ts';
import { createUrls } from '../../src/twilio/urls.ts';
import { freePort } from '../../src/demo/free-port.ts';

const assistant = { id: 'asst_test', version: 1, ...demoAssistant };
const words = (heard: Heard) => (heard.kind === 'speech' ? heard.text : heard.kind);
const pids = { bot: process.pid, generator: process.pid };

let app: FastifyInstance;
let target: Target;
let asked: CallSoFar[];
let stop: AbortController;

beforeEach(async () => {
  asked = [];
  const mind = {
    generateReply: async (call: CallSoFar, heard: Heard) => {
      asked.push(call);
      return { text: replyTo(words(heard)), end: false, model: 'test' };
    },
  };
  const port = await freePort(20_000 + Math.floor(Math.random() * 10_000));
  const webhookUrl = `http://127.0.0.1:${port}`;
  app = buildApp({
    gateway: new MemoryGateway(mind, assistant),
    account: { authToken: 'secret', webhookUrl },
    urls: createUrls(webhookUrl),
    readiness: async () => [],
    log: createLogger({ level: 'silent', role: 'test' }),
  });
  await app.listen({ host: '127.0.0.1', port });
  stop = new AbortController();
  setMaxListeners(0, stop.signal);
  target = {
    urls: createUrls(webhookUrl),
    accountSid: `AC${'0'.repeat(32)}`,
    authToken: 'secret',
    stopping: stop.signal,
  };
});
afterEach(() => app.close());

describe('the bot in memory', () => {
  test('plays whole calls, and remembers what was said in each', async () => {
    const { samples } = await oneAtATime(target, { turns: 3, pauseMs: 0 }, 2);
    expect(samples.problems()).toEqual([]);
    expect(samples.figures()).toMatchObject({
      first: { count: 2 },
      turn: { count: 6 },
      status: { count: 2 },
    });
    expect(asked.map(({ utterances }) => utterances.length)).toEqual([1, 3, 5, 1, 3, 5]);
  });

  test('refuses what Twilio did not sign', async () => {
    const forger = { ...target, authToken: 'another' };
    const { samples } = await oneAtATime(forger, { turns: 1, pauseMs: 0 }, 1);
    expect(samples.problems().join()).toContain('HTTP status 403');
  });

  test('answers a repeated webhook as before, and asks nobody twice', async () => {
    const mind = {
      generateReply: async () => ({ text: `reply ${(count += 1)}`, end: false, model: '' }),
    };
    let count = 0;
    const gateway = new MemoryGateway(mind, assistant);
    const parties = { from: '+1', to: '+2', accountSid: 'AC', callSid: 'CA' };
    const call = { callId: 'call_1', direction: 'inbound' as const, ...parties };
    await gateway.begin(call);
    const heard: Heard = { kind: 'speech', text: 'hello' };
    const both = await Promise.all([
      gateway.hear(call, '1', heard),
      gateway.hear(call, '1', heard),
    ]);
    expect(both[0]).toEqual(both[1]);
    expect(count).toBe(1);
    expect(await gateway.resume(call)).toEqual(both[0]);
    await gateway.status('call_1', { callSid: 'CA', callStatus: 'completed' });
    expect(await gateway.hear(call, '2', heard)).toEqual({ kind: 'over' });
  });
});

describe('load', () => {
  test('of many calls at once is timed, and what it costs is known', async () => {
    const shape = { turns: 2, pauseMs: 20, calls: 10 };
    const { figures, played } = await measurePhase(manyAtOnce, target, shape, pids);
    expect(figures).toMatchObject({ calls: 10, turns: 2, errors: 0, turn: { count: 20 } });
    expect(figures.cpuMsPerWebhook['generator']).toBeGreaterThan(0);
    expect(new Set(played.callers.map(({ callSid }) => callSid)).size).toBe(10);
  });

  test('without a pause is measured in its window alone', async () => {
    const options = { callers: 3, seconds: 1, settleMs: 300, pids };
    const { figures, played } = await measureThroughput(target, options);
    expect(figures.errors).toBe(0);
    expect(figures.webhooks).toBeGreaterThan(10);
    expect(figures.webhooks).toBeLessThan(played.samples.count);
    const rate = figures.webhooks / figures.seconds; // both are rounded
    expect(Math.abs(figures.perSecond / rate - 1)).toBeLessThan(0.1);
    expect(figures.first.count + figures.turn.count + figures.status.count).toBe(figures.webhooks);
  });

  test('ends at once when it is to stop, and that is no error', async () => {
    const played = newPlayed();
    const load = callAgainAndAgain(target, { turns: 50, pauseMs: 10_000 }, 3, {
      until: new Promise((resolve) => stop.signal.addEventListener('abort', resolve)),
      played,
    });
    setTimeout(() => stop.abort(), 100);
    await load;
    expect(played.samples.errors).toBe(0);
  });

  test('stays on the line until it hangs up', async () => {
    const calls = new LiveCalls(target, (index) => 1 + (index % 2));
    await calls.growTo(11);
    expect(calls.count).toBe(11);
    expect(calls.samples.figures()).toMatchObject({ turn: { count: 16 }, status: { count: 0 } });
    await calls.hangUp();
    calls.close();
    expect(calls.samples.figures()).toMatchObject({ status: { count: 11 } });
    expect(calls.samples.problems()).toEqual([]);
  });

  test('is weighed while it is live', async () => {
    stop.abort(); // looks once, without the waits in between
    const { figures } = await measureLiveMemory(target, { live: 5, turns: 0, part: 'bot', pids });
    expect(figures).toMatchObject({ live: 0, kbPerCall: null, errors: 0 });
    expect(figures.steps[0]?.residentKb).toBeGreaterThan(10_000);
  });
});

describe('memory per live call', () => {
  test('is that of calls somewhere in ten turns, or after so many', () => {
    const mixed = Array.from({ length: 20 }, (_each, index) => turnsOf(index, 0));
    expect(mixed.slice(0, 10).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(mixed.slice(10)).toEqual(mixed.slice(0, 10));
    expect(turnsOf(7, 3)).toBe(3);
  });

  test('is the slope after the warm-up, whose calls are told apart', () => {
    const steps = [
      { live: 0, residentKb: 1000 },
      { live: 10, residentKb: 6000 },
      { live: 15, residentKb: 7000 },
      { live: 20, residentKb: 8000 },
    ];
    const figures = { steps, live: 20, warmUp: 10, kbPerCall: 200, firstKbPerCall: 500 };
    expect(figuresOf(steps)).toEqual(figures);
  });

  test('is unknown where the calls were stopped', () => {
    expect(figuresOf([{ live: 0, residentKb: 1000 }])).toMatchObject({
      kbPerCall: null,
      firstKbPerCall: null,
    });
  });
});
