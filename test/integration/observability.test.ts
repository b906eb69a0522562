/**
 * What an operator sees of a real instance: the metrics of all its processes, their log lines and
 * their traces, and that nothing of what callers say or dial is in any of them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Phone } from '../../src/simulator/index.ts';
import { TASK_QUEUE } from '../../workflows/contract.ts';
import { alertExpressions, dashboardExpressions } from '../metrics/deployed.ts';
import { namesIn, parseExposition, valueOf } from '../metrics/exposition.ts';
import { sdkMetricsInTrouble } from './support/sdk-in-trouble.ts';
import { startFakeCollector } from '../tracing/fake-collector.ts';
import type { CollectedSpan, FakeCollector } from '../tracing/fake-collector.ts';
import { eventually } from './support/eventually.ts';
import { RunningInstance } from './support/instance.ts';
import { CALLER, freePort, OUR_NUMBER } from './support/voca.ts';

const SPEECH = 'My aardvark collects marzipan trombones';
const ANSWER = 'Splendid marzipan indeed';
const DIGITS = '8472913';
const COLLECTOR_KEY = 'canary-of-the-collector';
const CANARIES = [
  ...['aardvark', 'marzipan', 'trombones', DIGITS, COLLECTOR_KEY, 'sk-canary-of-the-drill'],
  ...[CALLER.slice(1), OUR_NUMBER.slice(1)],
];

const PORTS = { 'voca-api-1': 0, 'voca-api-2': 1, 'voca-worker-1': 2, 'voca-worker-2': 3 } as const;
type Process = keyof typeof PORTS;
const NAMES = Object.keys(PORTS) as Process[];

let collector: FakeCollector;
let instance: RunningInstance;
let basePort: number;
let callId: string;

beforeAll(async () => {
  basePort = await freePorts(4);
  collector = await startFakeCollector();
  instance = await RunningInstance.start({
    METRICS_PORT: String(basePort),
    LOG_LEVEL: 'debug',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: `x-key=${COLLECTOR_KEY}`,
  });
  instance.model.always({ kind: 'answer', text: ANSWER });
  const phone = instance.dial();
  callId = instance.callIdOf(phone);
  await say(phone, SPEECH);
  await phone.waitUntilListening();
  phone.press(DIGITS);
  await eventually(() => {
    if (instance.model.completions().length < 2) throw new Error('the model was not asked');
  });
  await phone.waitUntilListening();
  phone.hangUp();
  // The workflow closes a while after the call, and is counted then.
  await instance.link.client.workflow.getHandle(callId).result();
});
afterAll(async () => {
  await instance?.stop();
  await collector?.close();
});

async function say(phone: Phone, words: string): Promise<void> {
  await phone.waitUntilListening({ timeoutMs: 30_000 });
  phone.say(words);
  await phone.hearsMatching(new RegExp(ANSWER), { timeoutMs: 30_000 });
}

const address = (name: Process) => `http://127.0.0.1:${basePort + PORTS[name]}`;

async function scrape(name: Process): Promise<string> {
  const answer = await fetch(`${address(name)}/metrics`);
  if (!answer.ok) throw new Error(`no metrics: ${answer.status}`);
  return answer.text();
}

/** The same sample, summed over all processes of a role. */
async function sumOf(role: 'api' | 'worker', name: string, labels: Record<string, string> = {}) {
  const texts = await Promise.all(NAMES.filter((each) => each.includes(role)).map(scrape));
  return texts.reduce((sum, text) => sum + (valueOf(text, name, labels) ?? 0), 0);
}

describe('metrics', () => {
  test.each(NAMES)('of %s are on its own port, well-formed, under its name', async (name) => {
    const { samples } = parseExposition(await scrape(name));
    const ours = samples.filter((sample) => sample.name.startsWith('nodejs_eventloop_lag'));
    expect(ours.length).toBeGreaterThan(0);
    expect(new Set(ours.map(({ labels }) => labels['process']))).toEqual(new Set([name]));
    expect((await fetch(`${address(name)}/healthz`)).status).toBe(200);
  });

  test('count the call, its webhooks, its turns and what the model was asked', async () => {
    expect(await sumOf('api', 'voca_webhook_duration_seconds_count', { kind: 'voice' })).toBe(1);
    expect(await sumOf('api', 'voca_webhook_duration_seconds_count', { kind: 'speech' })).toBe(2);
    expect(
      await sumOf('api', 'voca_webhook_duration_seconds_count', {
        kind: 'status',
        answer: 'taken',
      }),
    ).toBeGreaterThan(0);
    const { total, direction } = { total: '_total', direction: 'inbound' };
    expect(await sumOf('worker', `voca_calls_started${total}`, { direction })).toBe(1);
    const end = { direction, reason: 'caller-hung-up' };
    await eventually(async () =>
      expect(await sumOf('worker', 'voca_calls_ended_total', end)).toBe(1),
    );
    expect(await sumOf('worker', 'voca_turns_total', { status: 'answered' })).toBe(2);
    expect(await sumOf('worker', 'voca_turn_duration_seconds_count', { source: 'model' })).toBe(2);
    const answered = { provider: 'openai', outcome: 'answered' };
    // Two replies, and what was said in short, for the next call.
    await eventually(async () =>
      expect(await sumOf('worker', 'voca_model_try_duration_seconds_count', answered)).toBe(3),
    );
    expect(await sumOf('worker', 'voca_model_tokens_total', { kind: 'prompt' })).toBeGreaterThan(0);
    const replies = { activity: 'reply', outcome: 'completed' };
    expect(await sumOf('worker', 'voca_activity_duration_seconds_count', replies)).toBe(2);
    expect(await sumOf('worker', 'voca_record_lag_seconds_count')).toBeGreaterThan(3);
  });

  test('of the whole installation: how many calls are going on', async () => {
    const phone = instance.dial();
    await phone.waitUntilListening();
    const live = { status: 'in-progress' };
    // Asked at most every few seconds, of an index that is written a moment later.
    await eventually(
      async () => expect(valueOf(await scrape('voca-api-1'), 'voca_live_calls', live)).toBe(1),
      { withinMs: 20_000 },
    );
    phone.hangUp();
    await eventually(
      async () => expect(valueOf(await scrape('voca-api-2'), 'voca_live_calls', live)).toBe(0),
      { withinMs: 20_000 },
    );
  });

  test('have every name that the dashboard and the alerts ask for', async () => {
    const rare = await sdkMetricsInTrouble();
    await restartEveryWorker();
    const expressions = [...dashboardExpressions(), ...alertExpressions()];
    const wanted = new Set(expressions.flatMap(namesIn));
    expect(wanted.size).toBeGreaterThan(30);
    await eventually(
      async () => {
        const texts = await Promise.all(NAMES.map(scrape));
        const there = new Set([...texts, rare].flatMap(allNames));
        expect([...wanted].filter((name) => !there.has(name))).toEqual([]);
      },
      { withinMs: 30_000, everyMs: 500 },
    );
  });

  test('hold no call, no number and no word', async () => {
    const text = (await Promise.all(NAMES.map(scrape))).join('\n');
    expect(canariesIn(text)).toEqual([]);
    expect(text).not.toMatch(/\bcall_[0-9A-Za-z]{20}|CA[0-9a-f]{32}|AC[0-9a-f]{32}|asst_/);
  });
});

/** Calls are replayed, and a workflow task fails. */
async function restartEveryWorker(): Promise<void> {
  const { client } = instance.link;
  const phone = instance.dial();
  await say(phone, 'before the kill');
  for (const name of ['voca-worker-1', 'voca-worker-2'] as const) {
    const pid = instance.kill(name);
    await say(phone, `after the kill of ${name}`);
    await instance.isBack(name, pid);
  }
  phone.hangUp();
  const strange = await client.workflow.start('no-such-workflow', {
    taskQueue: TASK_QUEUE,
    workflowId: 'observed-strange',
  });
  // The counts of those who were killed are gone.
  const another = instance.dial();
  await say(another, 'once more');
  another.hangUp();
  await strange.terminate('only to be seen');
}

/** With the parts of histograms, which an expression asks for by their own names. */
function allNames(text: string): string[] {
  const { samples, types } = parseExposition(text);
  const declared = [...types].flatMap(([name, type]) =>
    type === 'histogram' ? [name, `${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
  );
  return [...declared, ...samples.map(({ name }) => name)];
}

describe('log lines', () => {
  const lines = () =>
    instance
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test('are JSON and name their process', () => {
    const named = new Set(lines().map((line) => line['process']));
    expect([...named]).toEqual(expect.arrayContaining(NAMES));
  });

  test('about the call carry its id, and the turn where there is one', () => {
    const ofCall = lines().filter((line) => line['callId'] === callId);
    const of = (role: string) => ofCall.filter((line) => line['role'] === role);
    const webhooks = of('api').filter((line) => line['msg'] === 'a webhook was answered');
    const speech = webhooks.filter((line) => line['type'] === 'speech');
    expect(speech.map((line) => line['turn'])).toEqual(['1', '2']);
    expect(speech[0]).toMatchObject({
      outcome: 'step',
      httpStatus: 200,
      callSid: expect.stringMatching(/^CA/),
    });
    const replies = of('worker').filter((line) => line['name'] === 'reply');
    expect(new Set(replies.map((line) => line['turn']))).toEqual(new Set(['1', '2']));
    expect(of('worker').some((line) => line['msg'] === 'the call is over')).toBe(true);
  });

  test('name every call that they are about', () => {
    const loose = lines().filter(
      (line) =>
        line['callId'] === undefined &&
        (line['msg'] === 'a webhook was answered' || line['component'] === 'activity'),
    );
    expect(loose).toEqual([]);
  });

  test('hold no number, no digit that was pressed, no word and no secret', () => {
    expect(canariesIn(instance.output())).toEqual([]);
  });
});

describe('traces', () => {
  test('lead from the webhook over the workflow to the model, and to the record', async () => {
    const trace = await eventually(() => {
      const of = (name: string) =>
        collector.spans.find(
          (span) => span.name === name && span.attributes['voca.turn'] === '1' && isOfCall(span),
        );
      const webhook = of('webhook');
      const reply = of('activity reply');
      if (!webhook || !reply) throw new Error('the spans are not there yet');
      return { webhook, reply };
    });
    const { webhook, reply } = trace;
    expect(webhook.parentSpanId).toBeFalsy();
    expect(webhook.attributes).toMatchObject({ 'voca.type': 'speech', 'voca.outcome': 'step' });
    expect(pathTo(reply)).toEqual(['webhook', 'temporal spoke', 'activity reply']);
    const tried = collector.spans.find(
      (span) => span.name === 'model try' && span.traceId === webhook.traceId,
    );
    expect(tried && pathTo(tried)).toEqual([
      'webhook',
      'temporal spoke',
      'activity reply',
      'model reply',
      'model try',
    ]);
    expect(tried?.attributes).toMatchObject({ 'voca.outcome': 'answered' });
    const record = collector.spans.find(
      (span) => span.name === 'activity record' && span.traceId === webhook.traceId,
    );
    expect(record?.attributes['voca.callId']).toBe(callId);
    expect(reply.resource['service.name']).toBe('voca');
    expect(reply.resource['service.instance.id']).toMatch(/^voca-worker-[12]$/);
    expect(webhook.resource['service.instance.id']).toMatch(/^voca-api-[12]$/);
  });

  test('are found from the log', () => {
    const webhook = collector.spans.find((span) => span.name === 'webhook' && isOfCall(span));
    expect(instance.output()).toContain(`"traceId":"${webhook?.traceId}"`);
  });

  test('go with the headers that the collector wants, and hold nothing that was said', () => {
    expect(collector.headers[0]?.['x-key']).toBe(COLLECTOR_KEY);
    expect(canariesIn(collector.raw())).toEqual([]);
  });

  test('that nobody takes any more disturb no call', async () => {
    await collector.close();
    const phone = instance.dial();
    await say(phone, 'nobody listens');
    await say(phone, 'still nobody');
    phone.hangUp();
    expect(phone.heardApplicationError).toBe(false);
    await eventually(() => expect(instance.output()).toContain('traces are lost'), {
      withinMs: 30_000,
    });
  });
});

describe('a process that runs alone, as in a container', () => {
  /** Temporal and the database are nowhere to be found. */
  async function alone(
    role: 'api' | 'worker',
    metricsPort: number,
    work: (log: () => string) => Promise<void>,
  ) {
    const main = join(import.meta.dirname, '..', '..', 'dist', 'src', 'main.js');
    const nowhere = await freePort();
    const child = spawn(process.execPath, [main, '--role', role, '--name', `voca-${role}-2`], {
      env: {
        TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`,
        TWILIO_AUTH_TOKEN: 'a'.repeat(32),
        TWILIO_PHONE_NUMBER: OUR_NUMBER,
        TWILIO_WEBHOOK_URL: 'https://voice.example.com',
        TEMPORAL_ADDRESS: `127.0.0.1:${nowhere}`,
        DATABASE_URL: `postgres://voca@127.0.0.1:${nowhere}/voca`,
        PORT: String(await freePort()),
        METRICS_PORT: String(metricsPort),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    let log = '';
    child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
    try {
      await work(() => log);
    } finally {
      child.kill('SIGKILL');
      await exited;
    }
  }

  test('has METRICS_PORT itself, and a worker is not healthy before it takes work', async () => {
    const port = await freePort();
    await alone('worker', port, async () => {
      const url = `http://127.0.0.1:${port}`;
      const health = await eventually(() => fetch(`${url}/healthz`), { withinMs: 20_000 });
      expect(health.status).toBe(503);
      const text = await (await fetch(`${url}/metrics`)).text();
      expect(valueOf(text, 'voca_process_healthy', { process: 'voca-worker-2' })).toBe(0);
    });
  });

  test('takes calls also when somebody else has its metrics port', async () => {
    const holder = createServer();
    holder.listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    try {
      await alone('api', port, async (log) => {
        await eventually(
          () => {
            if (!log().includes('"msg":"ready"')) throw new Error('not ready');
          },
          { withinMs: 20_000 },
        );
        expect(log()).toContain('NO METRICS');
      });
    } finally {
      holder.close();
    }
  });
});

const isOfCall = (span: CollectedSpan) => span.attributes['voca.callId'] === callId;

/** The names of a span's ancestors, from the root to itself. */
function pathTo(span: CollectedSpan): string[] {
  const parent = collector.spans.find(
    (each) => each.spanId === span.parentSpanId && each.traceId === span.traceId,
  );
  return parent ? [...pathTo(parent), span.name] : [span.name];
}

function canariesIn(text: string): string[] {
  return CANARIES.filter((canary) => text.includes(canary));
}

/** The first of so many free ports in a row, below those that outgoing connections take. */
async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = randomInt(20_000, 30_000);
    const tries = Array.from({ length: count }, (_, index) => listening(first + index));
    const servers = await Promise.all(tries);
    servers.forEach((server) => server?.close());
    if (servers.every((server) => server !== undefined)) return first;
  }
}

function listening(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
