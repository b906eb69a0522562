import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { dropped } from '../../src/simulator/webhook-tap.ts';
import type { WebhookTap } from '../../src/simulator/webhook-tap.ts';
import type { Bench } from './bench.ts';
import { startBench } from './bench.ts';
import type { Answer } from './customer-app.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

async function callWith(
  fragment: string,
  voice: Answer,
  options: Partial<SimulatorOptions> = {},
): Promise<{ attempts: number; failed: boolean; tookMs: number; bench: Bench }> {
  bench = await startBench(
    { '/voice': voice },
    { number: { voiceUrl: `/voice${fragment}` }, ...options },
  );
  const startedMs = Date.now();
  const phone = bench.call();
  await phone.ended;
  return {
    attempts: bench.sim.log.of('request').length,
    failed: phone.heardApplicationError,
    tookMs: Date.now() - startedMs,
    bench,
  };
}

const status =
  (code: number): Answer =>
  (_, response) =>
    response.writeHead(code).end();
const silent: Answer = () => undefined;
const cut: Answer = (_, response) => response.destroy();

/** Fails so many times, then answers. */
function failingTimes(times: number, failure: Answer): Answer {
  let left = times;
  return (received, response) => {
    left -= 1;
    if (left < 0) return '<Hangup/>';
    return typeof failure === 'string' ? failure : failure(received, response);
  };
}

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A port that takes no new connection: its backlog is full and its process stands still. */
async function fullPort(): Promise<{ port: number; close: () => void }> {
  const program = `const server = require('node:net').createServer(() => {});
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', program]);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  child.kill('SIGSTOP');
  const sockets = Array.from({ length: 4 }, () => connect(port, '127.0.0.1'));
  for (const socket of sockets) socket.on('error', () => {});
  await once(sockets[1] as Socket, 'connect');
  return {
    port,
    close() {
      for (const socket of sockets) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}

describe('without connection overrides', () => {
  test.each([
    ['a server error', status(503)],
    ['a refusal', status(403)],
    ['a cut connection', cut],
  ])('%s is not repeated', async (_, answer) => {
    expect(await callWith('', answer)).toMatchObject({ attempts: 1, failed: true });
  });

  test('a refused connection is repeated once', async () => {
    const port = await closedPort();
    bench = await startBench({}, { number: { voiceUrl: `http://127.0.0.1:${port}/` } });
    await bench.call().ended;
    expect(bench.sim.log.of('request-failed')).toMatchObject([
      { attempt: 1, code: 11205 },
      { attempt: 2, code: 11205 },
    ]);
  });
});

describe('with connection overrides', () => {
  test.each([
    ['#rc=2&rp=5xx', status(500), 3],
    ['#rc=2&rp=4xx', status(500), 1],
    ['#rc=2&rp=4xx,5xx', status(404), 3],
    ['#rc=2&rp=all', cut, 3],
    ['#rc=2&rp=rt', cut, 1],
    ['#rc=0&rp=all', status(500), 1],
    ['#rt=100&rc=1&rp=rt', silent, 2],
    ['#rt=100&rc=1', silent, 1],
    ['#rc=5&rp=all', status(500), 6],
  ])('%s makes the attempts it says', async (fragment, answer, attempts) => {
    expect(await callWith(fragment, answer)).toMatchObject({ attempts, failed: true });
  });

  test('a connection must stand within its own time', async () => {
    const full = await fullPort();
    const voiceUrl = `http://127.0.0.1:${full.port}/#ct=200&rc=1`;
    bench = await startBench({}, { number: { voiceUrl } });
    const startedMs = Date.now();
    await bench.call().ended;
    const tookMs = Date.now() - startedMs;
    full.close();
    expect(bench.sim.log.of('request-failed')).toMatchObject([
      { attempt: 1, code: 11205, message: 'TCP connect timeout' },
      { attempt: 2, code: 11205, message: 'TCP connect timeout' },
    ]);
    expect(tookMs).toBeGreaterThanOrEqual(390);
    expect(tookMs).toBeLessThan(2_000);
  });

  test('a later attempt saves the call, with the same token and signature', async () => {
    const result = await callWith('#rc=2&rp=all', failingTimes(2, status(502)));
    expect(result).toMatchObject({ attempts: 3, failed: false });
    const requests = result.bench.app.at('/voice');
    const headers = (name: string) => new Set(requests.map((one) => one.headers[name]));
    expect(headers('i-twilio-idempotency-token').size).toBe(1);
    expect(headers('x-twilio-signature').size).toBe(1);
    expect(requests.map(({ target }) => target)).toEqual(Array(3).fill('/voice'));
  });

  test('the total time bounds all attempts together', async () => {
    const result = await callWith('#rt=200&tt=500&rc=5&rp=all', silent);
    expect(result).toMatchObject({ attempts: 3, failed: true });
    expect(result.tookMs).toBeGreaterThanOrEqual(490);
    expect(result.tookMs).toBeLessThan(2_000);
  });

  test.each([
    ['#rp=never', 'connection override rp must be of ct, rt, 4xx, 5xx, all'],
    ['#ct=5', 'connection override ct must be from 100 to 10000'],
    ['#rc=6', 'connection override rc must be from 0 to 5'],
    ['#tt=20000', 'connection override tt must be from 100 to 15000'],
    ['#zz=1', 'unknown connection override'],
  ])('%s is refused, and the default stands', async (fragment, message) => {
    const result = await callWith(fragment, '<Hangup/>');
    expect(result.failed).toBe(false);
    expect(result.bench.sim.log.of('error')).toMatchObject([
      { level: 'warning', code: 11243, message },
    ]);
  });
});

describe('a webhook', () => {
  test('follows redirects without its form fields, and signs what it sends', async () => {
    bench = await startBench({
      '/voice': (_, response) => response.writeHead(307, { Location: '/moved?a=1' }).end(),
      '/moved': ({ method, form }) => `<Say>${method} ${form.size}</Say>`,
    });
    const phone = bench.call();
    expect((await phone.hears()).text).toBe('GET 0');
    await phone.ended;
  });

  test('gives up after ten redirects', async () => {
    const result = await callWith('', (_, response) => {
      response.writeHead(302, { Location: '/voice' }).end();
    });
    expect(result).toMatchObject({ attempts: 11, failed: true });
    expect(result.bench.sim.log.of('error')).toMatchObject([{ code: 11215 }]);
  });

  test('brings back the cookies of its call, and of no other', async () => {
    bench = await startBench({
      '/voice': (received, response) => {
        response.setHeader('Set-Cookie', ['id=7; Path=/', 'gone=1; Max-Age=0']);
        return `<Say>${received.headers.cookie ?? 'none'}</Say><Redirect>/next</Redirect>`;
      },
      '/next': ({ headers }) => `<Say>${headers.cookie}</Say>`,
    });
    for (let calls = 0; calls < 2; calls += 1) {
      const phone = bench.call();
      await phone.ended;
      expect(phone.transcript.map(({ text }) => text)).toEqual(['none', 'id=7']);
    }
  });

  test('understands gzip', async () => {
    const result = await callWith('', (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/xml', 'Content-Encoding': 'gzip' });
      response.end(gzipSync('<Response><Hangup/></Response>'));
    });
    expect(result.failed).toBe(false);
  });
});

describe('a tap', () => {
  const tapped = (tap: WebhookTap, answers: Record<string, Answer> = {}) =>
    startBench(
      {
        '/voice': '<Gather input="speech" action="/heard"/>',
        '/heard': '<Say>ok</Say>',
        ...answers,
      },
      { tap },
    );

  test.each([
    ['one after the other', false],
    ['at once', true],
  ])(
    'sends a request twice, %s, the same to the byte, and sees both answers',
    async (_, atOnce) => {
      const answers: string[] = [];
      bench = await tapped({
        async aroundWebhook(webhook, send) {
          if (webhook.purpose !== 'action') return send();
          const first = send();
          if (!atOnce) await first;
          const both = await Promise.all([first, send()]);
          answers.push(...both.map((answer) => (answer.ok ? answer.body.toString() : 'failed')));
          return both[0];
        },
      });
      const phone = bench.call();
      await phone.waitUntilListening();
      phone.say('hello');
      await phone.ended;
      expect(answers).toEqual(Array(2).fill('<Response><Say>ok</Say></Response>'));
      const [first, second] = bench.sim.log.of('request').filter((one) => one.purpose === 'action');
      expect(second).toMatchObject({ body: first?.body, headers: first?.headers, sending: 2 });
      expect(phone.transcript.filter(({ text }) => text === 'ok')).toHaveLength(1);
    },
  );

  test('drops a request, so that the call fails as if nobody was there', async () => {
    bench = await tapped({ aroundWebhook: () => Promise.resolve(dropped()) });
    const phone = bench.call();
    await phone.ended;
    expect(phone.heardApplicationError).toBe(true);
    expect(bench.app.received).toEqual([]);
  });

  test('that throws fails its webhook, and nothing else', async () => {
    bench = await tapped({ aroundWebhook: () => Promise.reject(new Error('boom')) });
    const phone = bench.call();
    expect(await phone.ended).toMatchObject({ reason: 'application-error' });
    expect(bench.sim.log.of('error')).toMatchObject([{ message: 'the tap failed: boom' }]);
  });

  test('holds single attempts back, which are then retried', async () => {
    bench = await tapped({
      aroundAttempt: (_, attempt, send) => (attempt === 1 ? Promise.resolve(dropped()) : send()),
    });
    const phone = bench.call();
    await phone.waitUntilListening();
    expect(bench.sim.log.of('request')).toMatchObject([{ attempt: 2 }]);
  });
});

describe('a forged or repeated request', () => {
  test('is sent again to the byte', async () => {
    bench = await startBench({ '/voice': '<Hangup/>' });
    await bench.call().ended;
    const [entry] = bench.sim.log.of('request');
    if (!entry) throw new Error('nothing was requested');
    expect(await bench.sim.replay(entry)).toMatchObject({ ok: true, status: 200 });
    const [first, second] = bench.app.at('/voice');
    expect(second?.headers).toEqual(first?.headers);
    expect(second?.form).toEqual(first?.form);
  });

  test('goes unsigned or wrongly signed', async () => {
    bench = await startBench({ '/voice': '<Hangup/>' });
    const url = `${bench.app.url}/voice`;
    await bench.sim.forge({ url, fields: [['CallSid', 'CA1']], signWith: null });
    await bench.sim.forge({ url, fields: [['CallSid', 'CA1']], signWith: 'guess' });
    await bench.sim.forge({ url, fields: [['CallSid', 'CA1']] });
    const signatures = bench.app.received.map(({ headers }) => headers['x-twilio-signature']);
    expect(signatures[0]).toBeUndefined();
    expect(signatures[1]).not.toBe(signatures[2]);
  });

  test('reports a state that the call does not have', async () => {
    bench = await startBench(
      { '/voice': '<Gather input="speech"/>', '/status': '' },
      { number: { statusCallback: '/status' } },
    );
    const phone = bench.call();
    await phone.waitUntilListening();
    await bench.sim.sendStatus(phone.callSid, { CallStatus: 'busy', SequenceNumber: '9' });
    const [callback] = bench.app.at('/status');
    expect(callback?.form.get('CallStatus')).toBe('busy');
    expect(callback?.form.get('SequenceNumber')).toBe('9');
    expect(phone.status).toBe('in-progress');
  });
});

describe('the truth log', () => {
  test('is on disk as it is in memory, in order', async () => {
    const truthLogPath = join(mkdtempSync(join(tmpdir(), 'truth-')), 'truth.jsonl');
    const { bench: used } = await callWith('', '<Say>Hi</Say>', { truthLogPath });
    const lines = readFileSync(truthLogPath, 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(used.sim.log.entries);
    expect(used.sim.log.entries.map(({ kind }) => kind)).toEqual([
      'call',
      'request',
      'response',
      'call',
      'heard',
      'call',
    ]);
    expect(used.sim.log.entries.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
