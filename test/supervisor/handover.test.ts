/** Connections reach a process, whatever happens to the processes. */
import { readdirSync } from 'node:fs';
import { Agent } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually, isRunning } from './fixtures/lines.ts';
import { TestInstance } from './fixtures/test-instance.ts';
import type { Answer } from './fixtures/test-instance.ts';

const API = ['voca-api-1', 'voca-api-2'];
const GET = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

let instance: TestInstance;
beforeEach(async () => {
  instance = new TestInstance();
  await instance.ready();
});
afterEach(() => instance.clear());

const get = (path: string) => instance.get(path);
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Asks 200 times, and calls back in the middle of it. */
async function underLoad(at60: () => void): Promise<{ before: Answer[]; after: Answer[] }> {
  const answers: Promise<Answer>[] = [];
  for (let i = 0; i < 200; i++) {
    answers.push(get(`/?ms=${(i % 5) * 10}`));
    if (i % 10 === 0) await nextTurn();
    if (i === 60) at60();
  }
  const all = await Promise.all(answers);
  return { before: all.slice(0, 61), after: all.slice(61) };
}

const errorsOf = (answers: Answer[]) => answers.flatMap(({ error }) => error ?? []);

/** The pid of the process that has taken the place of a former one. */
async function replaced(name: string): Promise<number> {
  const before = instance.pids[name];
  const pid = await eventually(() => {
    const now = instance.pidIn(name);
    return now !== before && now;
  });
  instance.pids[name] = pid;
  return pid;
}

describe('killed processes', () => {
  test('one that is killed under load refuses nobody and leaves nobody waiting', async () => {
    const { before, after } = await underLoad(() => instance.signal('voca-api-1', 'SIGKILL'));
    // Only what it was answering is cut off.
    expect(errorsOf([...before, ...after]).filter((code) => code !== 'ECONNRESET')).toEqual([]);
    expect(errorsOf([...before, ...after]).length).toBeLessThan(60);
  });

  test('when all are killed under load, all who come afterwards are answered', async () => {
    const { before, after } = await underLoad(() => {
      for (const name of API) instance.signal(name, 'SIGKILL');
    });
    expect(errorsOf(before).filter((code) => code !== 'ECONNRESET')).toEqual([]);
    expect(errorsOf(after)).toEqual([]);
  });

  test('one that is killed before it has taken its connections is replaced by another', async () => {
    instance.signal('voca-api-1', 'SIGSTOP');
    // The stopped process is handed some of these and never takes them.
    let count = 0;
    const answers = Array.from({ length: 10 }, async () => {
      const answer = await get('/');
      count += 1;
      return answer;
    });
    await eventually(() => count >= 6);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(count).toBeLessThan(10);
    const killedMs = Date.now();
    instance.signal('voca-api-1', 'SIGKILL');
    const bodies = (await Promise.all(answers)).map(({ body }) => Number(body));
    expect(Date.now() - killedMs).toBeLessThan(1000);
    expect(new Set(bodies)).toEqual(new Set([instance.pids['voca-api-2']]));
  });

  test('what was sent while no process lived is read by the next one', async () => {
    for (const name of API) instance.signal(name, 'SIGKILL');
    const { socket, all } = instance.connect();
    const bytes = 300_000;
    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n`,
    );
    socket.write(Buffer.alloc(bytes));
    expect(await all).toMatch(new RegExp(`^HTTP/1.1 200 OK[^]*\\b${bytes}\\b`));
  });

  test('when the supervisor is killed, its processes answer and leave', async () => {
    const agent = new Agent({ keepAlive: true });
    await instance.get('/', { agent });
    let begun = 0;
    const open = Array.from({ length: 10 }, () =>
      instance.get('/?ms=1000&begin', {}, () => (begun += 1)),
    );
    // What the supervisor itself still has is gone with it.
    await eventually(() => begun === 10);
    instance.process.child.kill('SIGKILL');
    expect(errorsOf(await Promise.all(open))).toEqual([]);
    await eventually(() => !Object.values(instance.pids).some(isRunning), 5000);
    expect(instance.process.lines.filter(({ level }) => level === 'error')).toEqual([]);
    agent.destroy();
  });
});

describe('leaving', () => {
  test('SIGTERM for the instance answers everybody, on new and on used connections', async () => {
    const agent = new Agent({ keepAlive: true });
    await Promise.all(Array.from({ length: 10 }, () => instance.get('/', { agent })));
    const open = [
      ...Array.from({ length: 10 }, () => instance.get('/?ms=500', { agent })),
      ...Array.from({ length: 20 }, () => get('/?ms=500')),
    ];
    await get('/');
    instance.process.child.kill('SIGTERM');
    expect(errorsOf(await Promise.all(open))).toEqual([]);
    expect((await instance.process.exited).code).toBe(0);
    expect(instance.process.lines.filter(({ level }) => level === 'error')).toEqual([]);
    agent.destroy();
  });

  test('SIGTERM for one process loses no request, and closes used connections only at rest', async () => {
    const agents = Array.from({ length: 20 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    let isOver = false;
    const failed: Answer[] = [];
    let answered = 0;
    const clients = agents.map(async (agent, i) => {
      while (!isOver) {
        const answer = await instance.get(`/?ms=${i * 5}`, { agent });
        if (answer.error !== undefined) failed.push(answer);
        else answered += 1;
      }
    });
    await eventually(() => answered > 50);
    instance.signal('voca-api-1', 'SIGTERM');
    const pid = await replaced('voca-api-1');
    await eventually(async () => Number((await get('/')).body) === pid);
    isOver = true;
    await Promise.all(clients);
    expect(failed.filter(({ reused, error }) => !reused || error !== 'ECONNRESET')).toEqual([]);
    expect(failed.length).toBeLessThanOrEqual(agents.length);
    expect(instance.process.lines.filter(({ level }) => level === 'error')).toEqual([]);
    for (const agent of agents) agent.destroy();
  });

  test('who has just connected to a process that leaves may still ask', async () => {
    const both = [instance.connect(), instance.connect()];
    // In turn: both are with a process when this later one is answered by each.
    await Promise.all([get('/'), get('/')]);
    instance.signal('voca-api-1', 'SIGTERM');
    await eventually(() => instance.event('stopping'));
    for (const { socket } of both) socket.write(GET);
    for (const { all } of both) expect(await all).toContain('HTTP/1.1 200 OK');
  });

  test('who connects and never asks does not hold a process that leaves', async () => {
    const both = [instance.connect(), instance.connect()];
    await Promise.all([get('/'), get('/')]);
    instance.signal('voca-api-1', 'SIGTERM');
    await eventually(() => instance.event('stopped'));
    expect(instance.process.lines.filter(({ level }) => level === 'error')).toEqual([]);
    for (const { socket } of both) socket.destroy();
  });

  test('a connection on its way to a process that leaves goes to the other one', async () => {
    instance.signal('voca-api-1', 'SIGSTOP');
    const answers = Array.from({ length: 10 }, () => get('/'));
    await eventually(async () => (await get('/')).body);
    instance.signal('voca-api-1', 'SIGTERM');
    instance.signal('voca-api-1', 'SIGCONT');
    expect(errorsOf(await Promise.all(answers))).toEqual([]);
  });
});

describe('a connection that was handed over', () => {
  test('is cut when its headers come too slowly', async () => {
    const { socket, all } = instance.connect();
    const startedMs = Date.now();
    socket.write('GET / HTTP/1.1\r\nHost:');
    expect(await all).toMatch(/^HTTP\/1.1 408 /);
    expect(Date.now() - startedMs).toBeLessThan(7000);
  });

  test('shows who is at the other end', async () => {
    const { socket, all } = instance.connect();
    await new Promise((resolve) => socket.once('connect', resolve));
    const { localPort } = socket;
    socket.write(GET.replace('/', '/from'));
    expect(await all).toContain(`127.0.0.1 ${localPort}`);
  });

  test('is answered when its sender closes that side at once', async () => {
    const { socket, all } = instance.connect();
    socket.end(GET.replace('/', '/from'));
    expect(await all).toContain('HTTP/1.1 200 OK');
  });

  test('leaves nothing behind, in the supervisor and in its process', async () => {
    if (process.platform !== 'linux') return console.warn('not run: it needs /proc');
    const pids = [instance.process.child.pid, ...API.map((name) => instance.pids[name])];
    const open = () => pids.map((pid) => readdirSync(`/proc/${pid}/fd`).length);
    await get('/');
    const before = open();
    for (let i = 0; i < 50; i++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => get('/')));
      expect(errorsOf(answers)).toEqual([]);
    }
    await eventually(() => open().every((count, i) => count <= (before[i] ?? 0)));
  });
});
