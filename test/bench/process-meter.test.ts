import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { cpuPerWebhook } from '../../src/bench/cpu-cost.ts';
import {
  changedProcesses,
  byPart,
  instancePids,
  measureProcesses,
  parentOf,
  partOf,
} from '../../src/bench/process-meter.ts';
import type { Usage } from '../../src/bench/process-meter.ts';

const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach(killTree));

/** Where the system does not tell, there is nothing to compare. */
const filesOf = ({ openFiles = Infinity }: Usage): number => openFiles;
const socketsMore = (before: Usage, after: Usage): number =>
  after.sockets === undefined ? Infinity : after.sockets - (before.sockets ?? 0);

/** With what it has started, in its process group. */
function killTree(child: ChildProcess): void {
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
}

/** A process that runs a script and then says so. */
async function running(script: string): Promise<number> {
  const child = spawn(process.execPath, ['-e', `${script}; console.log('there')`], {
    detached: true,
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

describe('what processes use', () => {
  test('is seen from outside: time, memory and open files of a process', async () => {
    const busy = `const end = Date.now() + 400; while (Date.now() < end); setInterval(() => {}, 1000)`;
    const pid = await running(busy);
    const idle = await running('setInterval(() => {}, 1000)');
    const { one, other } = measureProcesses({ one: pid, other: idle });
    expect(one!.cpuSeconds).toBeGreaterThan(other!.cpuSeconds);
    expect(one!.residentKb).toBeGreaterThan(10_000);
    expect(filesOf(one!)).toBeGreaterThan(3);
  });

  test('counts what a process has started to it', async () => {
    const busy = 'for (;;);';
    const script = `require('node:child_process').spawn(process.execPath, ['-e', '${busy}']).unref()`;
    const parent = await running(`${script}; setInterval(() => {}, 1000)`);
    expect(parentOf(parent)).toBe(process.pid);
    const cpu = () => measureProcesses({ parent })['parent']!.cpuSeconds;
    const before = cpu();
    const end = Date.now() + 10_000;
    while (cpu() < before + 0.3 && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(cpu()).toBeGreaterThanOrEqual(before + 0.3);
  });

  test('of this process grows with what it opens and computes', async () => {
    const before = measureProcesses({ generator: process.pid })['generator'];
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const end = Date.now() + 50;
    while (Date.now() < end);
    const after = measureProcesses({ generator: process.pid })['generator'];
    server.close();
    expect(after!.cpuSeconds).toBeGreaterThan(before!.cpuSeconds);
    expect(socketsMore(before!, after!)).toBeGreaterThan(0);
  });

  test('of one that is gone is not known', () => {
    expect(measureProcesses({ gone: 2 ** 30 })).toEqual({});
  });
});

describe('the processes of an instance', () => {
  const before = {
    'voca-api-1': 1,
    'voca-api-2': 2,
    'voca-worker-1': 3,
    'voca-worker-2': 4,
    'voca-media-1': 8,
    'voca-media-2': 9,
    'voca-temporal': 5,
    'voca-postgres': 6,
    generator: 7,
  };

  test('are to be the same at the end as at the start', () => {
    expect(changedProcesses(before, before)).toEqual([]);
    const { 'voca-postgres': _gone, ...left } = before;
    expect(changedProcesses(before, { ...left, 'voca-api-2': 8 })).toEqual([
      'voca-api-2 is another process than at the start',
      'voca-postgres is gone',
    ]);
  });

  test('that were never there are missed', () => {
    const { 'voca-api-1': _gone, ...left } = before;
    expect(changedProcesses(left, left)).toEqual(['voca-api-1 is gone']);
  });
});

describe('the parts of an instance', () => {
  test('are named after their pid files, numbers left away', () => {
    expect(['voca-api-1', 'voca-worker-2', 'voca-temporal', 'bot'].map(partOf)).toEqual([
      'api',
      'worker',
      'temporal',
      'bot',
    ]);
  });

  test('are found by the pid files that are there', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'voca-meter-'));
    try {
      mkdirSync(join(dataDir, 'run'));
      writeFileSync(join(dataDir, 'run', 'voca-api-2.pid'), '4711\n');
      expect(instancePids(dataDir)).toEqual({ 'voca-api-2': 4711, generator: process.pid });
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });

  test('add up their processes', () => {
    const usage = { cpuSeconds: 1, residentKb: 100, openFiles: 5, sockets: 2 };
    const unknown = { cpuSeconds: 2, residentKb: 50 };
    expect(byPart({ 'voca-api-1': usage, 'voca-api-2': usage, 'voca-postgres': unknown })).toEqual({
      api: { cpuSeconds: 2, residentKb: 200, openFiles: 10, sockets: 4 },
      postgres: unknown,
    });
    expect(byPart({ 'voca-api-1': usage, 'voca-api-2': unknown })['api']).toEqual({
      cpuSeconds: 3,
      residentKb: 150,
    });
  });
});

describe('processor time per webhook', () => {
  const at = (api: number, generator: number) => ({
    api: { cpuSeconds: api, residentKb: 1 },
    generator: { cpuSeconds: generator, residentKb: 1 },
  });

  test('is what was used in between, the load generator not counted to the whole', () => {
    expect(cpuPerWebhook(at(1, 5), at(1.5, 6), 100)).toEqual({ api: 5, generator: 10, total: 5 });
  });

  test('is unknown without webhooks, and for parts that were not there before', () => {
    expect(cpuPerWebhook(at(1, 5), at(2, 6), 0)).toEqual({});
    const { api } = at(1, 1);
    expect(cpuPerWebhook({ api }, { api, worker: api }, 10)).toEqual({ api: 0, total: 0 });
  });
});
