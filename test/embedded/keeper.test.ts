import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KeptServer } from '../../src/embedded/kept-server.ts';
import { readPidFile } from '../../src/embedded/pid-file.ts';
import type { ServerSpec } from '../../src/embedded/server-spec.ts';
import { eventually, isRunning, RUN_TYPESCRIPT, talkTo } from '../supervisor/fixtures/lines.ts';

const SERVER = join(import.meta.dirname, 'fixtures', 'server.js');
const OWNER = join(import.meta.dirname, 'fixtures', 'owner.ts');

let root: string;
let log: string;
let servers: KeptServer[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'voca-keeper-'));
  log = join(root, 'server.said');
  writeFileSync(log, '');
  servers = [];
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  for (const [pid] of said()) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

function spec(behaviour = '', more: Partial<ServerSpec> = {}): ServerSpec {
  return {
    name: 'voca-thing',
    command: process.execPath,
    args: [SERVER, log, behaviour],
    env: { PATH: process.env.PATH ?? '' },
    cwd: root,
    logFile: join(root, 'logs', 'thing.log'),
    runDir: join(root, 'run'),
    signature: log,
    stop: [
      { signal: 'SIGTERM', waitMs: 500 },
      { signal: 'SIGKILL', waitMs: 500 },
    ],
    outlives: ['voca-api-'],
    graceMs: 1500,
    ...more,
  };
}

function keep(...args: Parameters<typeof spec>): KeptServer {
  const server = new KeptServer(spec(...args), RUN_TYPESCRIPT);
  servers.push(server);
  server.start();
  return server;
}

/** What servers said: pid and words. */
function said(): [number, string][] {
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => [Number(line.split(' ')[0]), line.slice(line.indexOf(' ') + 1)]);
}

function starts(): number[] {
  return said().flatMap(([pid, words]) => (words.startsWith('started') ? pid : []));
}

function running(count: number): Promise<number> {
  return eventually(() => (starts().length >= count ? starts().at(-1) : undefined));
}

function keeperPid(): number {
  return readPidFile(join(root, 'run'), 'voca-thing-keeper') ?? 0;
}

describe('a kept server', () => {
  test('has its own pid in the pid file, a bare environment, and files for nobody else', async () => {
    const server = keep();
    const pid = await running(1);
    await eventually(() => server.pid === pid);
    expect(readPidFile(join(root, 'run'), 'voca-thing')).toBe(pid);
    expect(said()[0]?.[1]).toBe('started umask 77 env PATH');
  });

  test('is back when it is killed', async () => {
    const server = keep();
    const first = await running(1);
    process.kill(first, 'SIGKILL');
    const second = await running(2);
    expect(second).not.toBe(first);
    await eventually(() => readPidFile(join(root, 'run'), 'voca-thing') === second);
    await eventually(() => server.exits === 1 && server.pid === second);
  });

  test('that dies again and again is tried less and less often', async () => {
    const server = keep('dies');
    await eventually(() => server.exits === 4);
    const fourthMs = Date.now();
    await eventually(() => server.exits === 5);
    expect(Date.now() - fourthMs).toBeGreaterThan(400);
  });

  test('that cannot be started at all says why', async () => {
    const server = keep('', { command: join(root, 'nothing') });
    expect(await eventually(() => server.failure)).toContain('ENOENT');
  });

  test('is stopped with the next signal when it does not heed the first', async () => {
    const server = keep('stubborn');
    const pid = await running(1);
    await server.stop();
    expect(isRunning(pid)).toBe(false);
    expect(said().map(([, words]) => words)).toContain('SIGTERM');
    expect(readdirSync(join(root, 'run'))).toEqual([]);
  });

  test('never sees the Ctrl-C of the terminal that it was started from', async () => {
    const owner = talkTo(OWNER, [JSON.stringify(spec())]);
    const pid = await running(1);
    const group = (of: number) =>
      readFileSync(`/proc/${of}/stat`, 'utf8').split(') ')[1]?.split(' ')[2];
    expect(group(pid)).not.toBe(group(owner.child.pid ?? 0));
    owner.child.kill('SIGKILL');
    await eventually(() => !isRunning(pid));
  });
});

describe('when everybody else was killed', () => {
  test('a server that nobody uses is stopped at once', async () => {
    const owner = talkTo(OWNER, [JSON.stringify(spec())]);
    const pid = await running(1);
    owner.child.kill('SIGKILL');
    await eventually(() => !isRunning(pid), 1000);
    expect(await eventually(() => readdirSync(join(root, 'run')).length === 0)).toBe(true);
  });

  test('a server goes on for those who use it, until they are gone or time is up', async () => {
    const user = spawn('sleep', ['60']);
    mkdirSync(join(root, 'run'), { recursive: true });
    writeFileSync(join(root, 'run', 'voca-api-1.pid'), `${user.pid}\n`);
    const owner = talkTo(OWNER, [JSON.stringify(spec('', { graceMs: 5000 }))]);
    const pid = await running(1);
    owner.child.kill('SIGKILL');
    await owner.exited;
    await expect(eventually(() => !isRunning(pid), 300)).rejects.toThrow('nothing came');
    user.kill('SIGKILL');
    await eventually(() => !isRunning(pid), 1000);
  });

  test('the server goes when its time is up, whoever uses it', async () => {
    mkdirSync(join(root, 'run'), { recursive: true });
    writeFileSync(join(root, 'run', 'voca-api-1.pid'), `${process.pid}\n`);
    const owner = talkTo(OWNER, [JSON.stringify(spec('', { graceMs: 200 }))]);
    const pid = await running(1);
    owner.child.kill('SIGKILL');
    expect(await eventually(() => !isRunning(pid), 2000)).toBe(true);
  });
});

describe('a killed keeper', () => {
  test('is replaced, and the server that it left behind makes room for a new one', async () => {
    keep();
    const orphan = await running(1);
    const before = keeperPid();
    process.kill(before, 'SIGKILL');
    await running(2);
    expect(isRunning(orphan)).toBe(false);
    expect(keeperPid()).not.toBe(before);
  });

  test('whose pid file names a process of somebody else harms nobody', async () => {
    const stranger = spawn('sleep', ['60']);
    mkdirSync(join(root, 'run'), { recursive: true });
    writeFileSync(join(root, 'run', 'voca-thing.pid'), `${stranger.pid}\n`);
    keep();
    await running(1);
    expect(isRunning(stranger.pid ?? 0)).toBe(true);
    stranger.kill('SIGKILL');
  });
});
