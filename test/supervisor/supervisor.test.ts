import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually, isRunning, talkTo } from './fixtures/lines.ts';
import type { Line, TalkingProcess } from './fixtures/lines.ts';

const INSTANCE = join(import.meta.dirname, 'fixtures', 'instance.ts');

let runDir: string;
let port: number;
let instance: TalkingProcess;
let pids: Record<string, number>;

beforeEach(async () => {
  runDir = mkdtempSync(join(tmpdir(), 'voca-supervisor-'));
  port = await freePort();
});

afterEach(() => {
  instance.child.kill('SIGKILL');
  for (const pid of Object.values(pids ?? {})) {
    if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  }
  rmSync(runDir, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as { port: number };
      server.close(() => resolve(free));
    });
  });
}

async function start(...args: string[]): Promise<void> {
  pids = {};
  instance = talkTo(INSTANCE, [runDir, String(port), ...args]);
  const ready = await eventually(() => event('ready'));
  pids = ready.pids ?? {};
}

function event(name: string): Line | undefined {
  return instance.lines.find((line) => line.event === name);
}

function pidIn(name: string): number | undefined {
  try {
    return Number(readFileSync(join(runDir, `${name}.pid`), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

/** One request on a connection of its own: the body, or the code of the error. */
function get(path: string): Promise<{ body?: string; error?: string }> {
  return new Promise((resolve) => {
    const call = request({ port, path, agent: new Agent(), timeout: 5000 }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      response.on('end', () => resolve({ body }));
      response.on('error', (error: NodeJS.ErrnoException) => resolve({ error: error.code ?? '' }));
    });
    call.on('timeout', () => call.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })));
    call.on('error', (error: NodeJS.ErrnoException) => resolve({ error: error.code ?? '' }));
    call.end();
  });
}

async function allGone(deadlineMs: number): Promise<void> {
  await eventually(() => !Object.values(pids).some(isRunning), deadlineMs);
}

describe('an instance', () => {
  test('two api processes share one port, and each child has a pid file and a bare environment', async () => {
    await start();
    expect(readdirSync(runDir).sort()).toEqual(
      ['api-1', 'api-2', 'worker-1', 'worker-2'].map((name) => `voca-${name}.pid`),
    );
    const seen = new Set<number>();
    for (let i = 0; i < 8; i++) seen.add(Number((await get('/')).body));
    expect(seen).toEqual(new Set([pids['voca-api-1'], pids['voca-api-2']]));
    const env = JSON.parse((await get('/env')).body ?? '{}') as Record<string, string>;
    expect(env).toMatchObject({ VOCA_TEST: 'given' });
    expect(Object.keys(env)).not.toContain('VOCA_SECRET_OF_THE_PARENT');
  });

  test('a killed process is back at once, under the same name and with another pid', async () => {
    await start();
    for (const name of ['voca-api-2', 'voca-worker-1']) {
      const before = pids[name] ?? 0;
      process.kill(before, 'SIGKILL');
      const after = await eventually(() => {
        const pid = pidIn(name);
        return pid !== undefined && pid !== before && isRunning(pid) ? pid : undefined;
      }, 1500);
      pids[name] = after;
    }
    expect(instance.lines.filter((line) => line.level === 'warn')).toHaveLength(2);
  });

  test('an api process killed under load refuses nobody and leaves nobody waiting', async () => {
    await start();
    const answers: Promise<{ body?: string; error?: string }>[] = [];
    for (let i = 0; i < 200; i++) {
      answers.push(get(`/?ms=${(i % 5) * 10}`));
      if (i === 60) process.kill(pids['voca-api-1'] ?? 0, 'SIGKILL');
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const results = await Promise.all(answers);
    const errors = results.flatMap(({ error }) => error ?? []);
    expect(errors.filter((code) => code !== 'ECONNRESET')).toEqual([]);
    expect(results.filter(({ body }) => body !== undefined).length).toBeGreaterThan(100);
  });

  test('a connection that a killed process had not taken yet is closed at once', async () => {
    await start();
    const stuck = pids['voca-api-1'] ?? 0;
    process.kill(stuck, 'SIGSTOP');
    // The stopped process is handed one of these and never takes it.
    const answers = Array.from({ length: 10 }, () => get('/'));
    const answered = Promise.all(answers.map((answer) => answer.then(() => count++)));
    let count = 0;
    await eventually(() => count === 9);
    const killedMs = Date.now();
    process.kill(stuck, 'SIGKILL');
    await answered;
    expect(Date.now() - killedMs).toBeLessThan(1000);
    const errors = (await Promise.all(answers)).flatMap(({ error }) => error ?? []);
    expect(errors).toEqual(['ECONNRESET']);
  });

  test('a process that dies again and again is still tried, and does not take the others along', async () => {
    await start();
    for (let i = 0; i < 3; i++) {
      const pid = await eventually(() => pidIn('voca-worker-2'));
      process.kill(pid, 'SIGKILL');
      await eventually(() => pidIn('voca-worker-2') !== pid);
    }
    const last = await eventually(() => pidIn('voca-worker-2'));
    pids['voca-worker-2'] = last;
    expect(pidIn('voca-worker-1')).toBe(pids['voca-worker-1']);
  });

  test('a program that cannot start is reported with its name', async () => {
    pids = {};
    instance = talkTo(INSTANCE, [runDir, String(port), 'broken']);
    const failed = await eventually(() => event('failed'));
    expect(failed.reason).toMatch(/^voca-worker-[12] ended 3 times before it was ready$/);
    expect((await instance.exited).code).toBe(3);
  });
});

describe('stopping', () => {
  test('SIGTERM drains api, then workers, then the services; an open request is answered', async () => {
    await start();
    const open = get('/?ms=300');
    await eventually(async () => (await get('/')).body);
    instance.child.kill('SIGTERM');
    expect((await open).body).toMatch(/^\d+$/);
    expect((await instance.exited).code).toBe(0);
    const order = instance.lines
      .filter((line) => /^(stopping|stopped|database)/.test(line.event ?? ''))
      .map((line) => `${line.kind ?? 'service'} ${line.event}`);
    expect(order.indexOf('worker stopping')).toBeGreaterThan(order.lastIndexOf('api stopped'));
    expect(order.at(-1)).toBe('service database stopped');
    expect(event('database stopped')?.pids).toEqual({});
    await allGone(100);
    expect(readdirSync(runDir)).toEqual([]);
  });

  test('a process that does not leave is killed after its time', async () => {
    await start('stubborn');
    const worker = pids['voca-worker-1'] ?? 0;
    process.kill(worker, 'SIGSTOP');
    instance.child.kill('SIGTERM');
    expect((await instance.exited).code).toBe(0);
    await allGone(100);
  });

  test('a second Ctrl-C kills the processes and still stops the services in order', async () => {
    await start();
    process.kill(pids['voca-worker-1'] ?? 0, 'SIGSTOP');
    const startedMs = Date.now();
    instance.child.kill('SIGINT');
    await eventually(() => instance.lines.some((line) => line.message === 'stopping'));
    // Signals close together count as one: npm passes on what the terminal has sent already.
    await eventually(() => Date.now() - startedMs > 300);
    instance.child.kill('SIGINT');
    expect((await instance.exited).code).toBe(0);
    expect(Date.now() - startedMs).toBeLessThan(1900);
    expect(event('database stopped')).toBeDefined();
    await allGone(100);
  });

  test('when the supervisor is killed its children drain and leave', async () => {
    await start();
    const open = get('/?ms=400');
    await eventually(async () => (await get('/')).body);
    instance.child.kill('SIGKILL');
    expect((await open).body).toMatch(/^\d+$/);
    await allGone(5000);
    const why = instance.lines.filter((line) => line.event === 'stopping').map((line) => line.why);
    expect(why).toEqual(Array(4).fill('supervisor-gone'));
  });
});
