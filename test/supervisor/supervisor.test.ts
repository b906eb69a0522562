import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually, isRunning } from './fixtures/lines.ts';
import { TestInstance } from './fixtures/test-instance.ts';

let instance: TestInstance;
afterEach(() => instance.clear());

async function start(...args: string[]): Promise<void> {
  instance = new TestInstance(...args);
  await instance.ready();
}

const get = (path: string) => instance.get(path);

async function allGone(deadlineMs: number): Promise<void> {
  await eventually(() => !Object.values(instance.pids).some(isRunning), deadlineMs);
}

describe('an instance', () => {
  test('two api processes share one port, and each child has a pid file and a bare environment', async () => {
    await start();
    expect(readdirSync(instance.runDir).sort()).toEqual(
      ['api-1', 'api-2', 'worker-1', 'worker-2'].map((name) => `voca-${name}.pid`),
    );
    const seen = new Set<number>();
    for (let i = 0; i < 8; i++) seen.add(Number((await get('/')).body));
    expect(seen).toEqual(new Set([instance.pids['voca-api-1'], instance.pids['voca-api-2']]));
    const env = JSON.parse((await get('/env')).body ?? '{}') as Record<string, string>;
    expect(env).toMatchObject({ VOCA_TEST: 'given' });
    expect(Object.keys(env)).not.toContain('VOCA_SECRET_OF_THE_PARENT');
  });

  test('a killed process is back at once, under the same name and with another pid', async () => {
    await start();
    for (const name of ['voca-api-2', 'voca-worker-1']) {
      const before = instance.pids[name] ?? 0;
      process.kill(before, 'SIGKILL');
      const after = await eventually(() => {
        const pid = instance.pidIn(name);
        return pid !== undefined && pid !== before && isRunning(pid) ? pid : undefined;
      }, 1500);
      instance.pids[name] = after;
    }
    expect(instance.process.lines.filter((line) => line.level === 'warn')).toHaveLength(2);
  });

  test('a process that dies again and again is still tried, and does not take the others along', async () => {
    await start();
    for (let i = 0; i < 3; i++) {
      const pid = await eventually(() => instance.pidIn('voca-worker-2'));
      process.kill(pid, 'SIGKILL');
      await eventually(() => instance.pidIn('voca-worker-2') !== pid);
    }
    const last = await eventually(() => instance.pidIn('voca-worker-2'));
    instance.pids['voca-worker-2'] = last;
    expect(instance.pidIn('voca-worker-1')).toBe(instance.pids['voca-worker-1']);
  });

  test('a killed process rests while another of its kind is ready, and not when none is', async () => {
    const restMs = 3000;
    await start('', String(restMs));
    const [first, second] = ['voca-worker-1', 'voca-worker-2'] as const;
    const killedAt = Date.now();
    const warnings = () => instance.process.lines.filter(({ level }) => level === 'warn');
    for (const [at, name] of [first, second].entries()) {
      process.kill(instance.pids[name] ?? 0, 'SIGKILL');
      await eventually(() => warnings().length === at + 1);
    }
    expect(warnings()).toMatchObject([
      { process: first, delayMs: restMs },
      { process: second, delayMs: 0 },
    ]);
    const isBack = (name: string) => {
      const pid = instance.pidIn(name);
      return pid !== undefined && pid !== instance.pids[name] && isRunning(pid) ? pid : undefined;
    };
    const secondPid = await eventually(() => isBack(second));
    const firstPid = await eventually(() => isBack(first));
    expect(Date.now() - killedAt).toBeGreaterThanOrEqual(restMs - 50);
    Object.assign(instance.pids, { [first]: firstPid, [second]: secondPid });
  });

  test('a program that cannot start is reported with its name', async () => {
    instance = new TestInstance('broken');
    const failed = await eventually(() => instance.event('failed'));
    expect(failed.reason).toMatch(/^voca-worker-[12] ended 3 times before it was ready$/);
    expect((await instance.process.exited).code).toBe(3);
  });
});

describe('stopping', () => {
  test('SIGTERM drains api, then workers, then the services; an open request is answered', async () => {
    await start();
    const open = get('/?ms=300');
    await eventually(async () => (await get('/')).body);
    instance.process.child.kill('SIGTERM');
    expect((await open).body).toMatch(/^\d+$/);
    expect((await instance.process.exited).code).toBe(0);
    const order = instance.process.lines
      .filter((line) => /^(stopping|stopped|database)/.test(line.event ?? ''))
      .map((line) => `${line.kind ?? 'service'} ${line.event}`);
    expect(order.indexOf('worker stopping')).toBeGreaterThan(order.lastIndexOf('api stopped'));
    expect(order.at(-1)).toBe('service database stopped');
    expect(instance.event('database stopped')?.pids).toEqual({});
    await allGone(100);
    expect(readdirSync(instance.runDir)).toEqual([]);
  });

  test('a process that does not leave is killed after its time', async () => {
    await start('stubborn');
    const worker = instance.pids['voca-worker-1'] ?? 0;
    process.kill(worker, 'SIGSTOP');
    instance.process.child.kill('SIGTERM');
    expect((await instance.process.exited).code).toBe(0);
    await allGone(100);
  });

  test('a second Ctrl-C kills the processes and still stops the services in order', async () => {
    await start();
    process.kill(instance.pids['voca-worker-1'] ?? 0, 'SIGSTOP');
    const startedMs = Date.now();
    instance.process.child.kill('SIGINT');
    await eventually(() => instance.process.lines.some((line) => line.message === 'stopping'));
    // Signals close together count as one: npm passes on what the terminal has sent already.
    await eventually(() => Date.now() - startedMs > 300);
    instance.process.child.kill('SIGINT');
    expect((await instance.process.exited).code).toBe(0);
    expect(Date.now() - startedMs).toBeLessThan(1900);
    expect(instance.event('database stopped')).toBeDefined();
    await allGone(100);
  });

  test('when the supervisor is killed its children drain and leave', async () => {
    await start();
    const open = get('/?ms=400');
    await eventually(async () => (await get('/')).body);
    instance.process.child.kill('SIGKILL');
    expect((await open).body).toMatch(/^\d+$/);
    await allGone(5000);
    const why = instance.process.lines
      .filter((line) => line.event === 'stopping')
      .map((line) => line.why);
    expect(why).toEqual(Array(4).fill('supervisor-gone'));
  });
});
