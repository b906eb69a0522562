import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { silentProgress } from '../../src/embedded/progress.ts';
import type { Ports } from '../../src/embedded/ports.ts';
import { isAlive } from '../../src/embedded/process-info.ts';
import { startEmbeddedStack } from '../../src/embedded/stack.ts';
import { freshDatabase, stack } from './stack.ts';

const INSTANCE = join(import.meta.dirname, 'fixtures', 'instance.js');

interface Ready {
  event: string;
  reason?: string;
  databaseUrl: string;
  temporalAddress: string;
  temporalUiUrl: string;
}

interface Instance {
  child: ChildProcess;
  said: Promise<Ready>;
  exited: Promise<number | null>;
}

/** Every instance is started in a process group of its own, as a terminal does it. */
function startInstance(dataDir: string, behaviour = ''): Instance {
  const child = spawn(process.execPath, [INSTANCE, dataDir, behaviour], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  return {
    child,
    said: new Promise((resolve) => {
      createInterface({ input: child.stdout }).once('line', (line) =>
        resolve(JSON.parse(line) as Ready),
      );
    }),
    exited: new Promise((resolve) => child.once('exit', resolve)),
  };
}

function newDataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'voca-embedded-'));
  chmodSync(dir, 0o711);
  return dir;
}

async function eventually<T>(
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs: number,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`nothing came in ${deadlineMs} ms of: ${ask.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function pidIn(dataDir: string, name: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(dataDir, 'run', `${name}.pid`), 'utf8'));
    return isAlive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** All pids of an instance, those of the keepers included. */
function allPids(dataDir: string): number[] {
  return readdirSync(join(dataDir, 'run'))
    .filter((file) => file.endsWith('.pid'))
    .flatMap((file) => pidIn(dataDir, file.slice(0, -4)) ?? []);
}

/** Living processes whose command line names the data folder, whatever the pid files say. */
function processesOf(dataDir: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(dataDir) && isAlive(Number(pid)) ? [line] : [];
      } catch {
        return [];
      }
    });
}

async function query<T>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

async function withTemporal<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: '1s' });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

test('the shared stack has a database of its own for each test file, and the search attributes', async () => {
  const database = await freshDatabase();
  expect(await query(database.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await database.drop();
  await expect(query(database.url, 'select 1')).rejects.toThrow('does not exist');
  const attributes = await withTemporal(stack().temporalAddress, async ({ connection }) => {
    const { namespace } = stack();
    return connection.operatorService.listSearchAttributes({ namespace });
  });
  expect(Object.keys(attributes.customAttributes ?? {})).toContain('VocaStatus');
});

describe('an instance', () => {
  let dataDir: string;
  let instance: Instance;
  let ready: Ready;
  const squatters: Server[] = [];

  beforeAll(async () => {
    // Somebody else has Temporal's usual port, be it another test run.
    const squatter = createServer();
    squatters.push(squatter);
    await new Promise<void>((resolve) => {
      squatter.once('error', () => resolve());
      squatter.listen(7233, '127.0.0.1', resolve);
    });
    dataDir = newDataDir();
    instance = startInstance(dataDir);
    ready = await instance.said;
  }, 30_000);

  afterAll(async () => {
    instance.child.kill('SIGKILL');
    await eventually(() => processesOf(dataDir).length === 0, 11_000);
    for (const squatter of squatters) squatter.close();
    rmSync(dataDir, { recursive: true, force: true });
  }, 15_000);

  test('starts beside a taken port and listens on 127.0.0.1 alone', async () => {
    expect(ready.event).toBe('ready');
    expect(ready.temporalAddress).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(ready.temporalAddress).not.toBe('127.0.0.1:7233');
    expect((await fetch(ready.temporalUiUrl)).status).toBe(200);
    const pids = ['voca-postgres', 'voca-temporal'].map((name) => pidIn(dataDir, name) ?? 0);
    expect(pids.flatMap(listeningAddresses).filter((ip) => ip !== '127.0.0.1')).toEqual([]);
    expect(pids.map((pid) => listeningAddresses(pid).length > 0)).toEqual([true, true]);
  });

  test('keeps finished calls for 30 days', async () => {
    const { config } = await withTemporal(ready.temporalAddress, ({ connection }) =>
      connection.workflowService.describeNamespace({ namespace: 'default' }),
    );
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600);
  });

  test('keeps workflows in its memory for as long as any call lasts', async () => {
    const ports = JSON.parse(readFileSync(join(dataDir, 'ports.json'), 'utf8')) as Ports;
    const metrics = await fetch(`http://127.0.0.1:${ports.temporalMetrics}/metrics`);
    const seconds = /^cache_ttl_sum\{cache_type="mutablestate".*\} (\d+)$/m.exec(
      await metrics.text(),
    );
    expect(Number(seconds?.[1])).toBeGreaterThanOrEqual(24 * 3600);
  });

  test('refuses a second one on the same data and names the first', async () => {
    const second = startInstance(dataDir);
    const said = await second.said;
    expect(said).toMatchObject({ event: 'failed', expected: true });
    expect(said.reason).toContain(`process ${instance.child.pid}`);
    expect(said.reason).toContain('VOCA_DATA_DIR');
    expect(await second.exited).toBe(1);
  });

  test('a killed PostgreSQL is back on its port with its data', async () => {
    await query(ready.databaseUrl, 'create table kept as select 42 as answer');
    const before = pidIn(dataDir, 'voca-postgres') ?? 0;
    process.kill(before, 'SIGKILL');
    const rows = await eventually(
      () => query(ready.databaseUrl, 'select answer from kept').catch(() => undefined),
      10_000,
    );
    expect(rows).toEqual([{ answer: 42 }]);
    expect(pidIn(dataDir, 'voca-postgres')).not.toBe(before);
  });

  test('a killed Temporal is back within 2 s on its port with its workflows', async () => {
    await withTemporal(ready.temporalAddress, ({ workflow }) =>
      workflow.start('nobody', { taskQueue: 'nobody', workflowId: 'survivor' }),
    );
    const before = pidIn(dataDir, 'voca-temporal') ?? 0;
    const killedMs = Date.now();
    process.kill(before, 'SIGKILL');
    const status = await eventually(
      () =>
        withTemporal(ready.temporalAddress, async ({ workflow }) => {
          const description = await workflow.getHandle('survivor').describe();
          return description.status.name;
        }).catch(() => undefined),
      10_000,
    );
    expect(status).toBe('RUNNING');
    expect(Date.now() - killedMs).toBeLessThan(2000);
    expect(pidIn(dataDir, 'voca-temporal')).not.toBe(before);
  });

  test.each(['voca-api-1', 'voca-worker-2', 'voca-temporal-keeper', 'voca-postgres-keeper'])(
    'a killed %s is back',
    async (name) => {
      const before = pidIn(dataDir, name) ?? 0;
      process.kill(before, 'SIGKILL');
      const after = await eventually(() => {
        const pid = pidIn(dataDir, name);
        return pid === before ? undefined : pid;
      }, 10_000);
      expect(after).not.toBe(before);
    },
    20_000,
  );

  test('Ctrl-C twice leaves nothing, and the data is there after a restart, on the same ports', async () => {
    const group = -(instance.child.pid ?? 0);
    process.kill(group, 'SIGINT');
    const firstMs = Date.now();
    await eventually(() => Date.now() - firstMs > 300, 1000);
    process.kill(group, 'SIGINT');
    expect(await instance.exited).toBe(0);
    expect(processesOf(dataDir)).toEqual([]);
    expect(readdirSync(join(dataDir, 'run'))).toEqual([]);

    instance = startInstance(dataDir);
    const again = await instance.said;
    expect(again).toEqual(ready);
    expect(await query(ready.databaseUrl, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await withTemporal(ready.temporalAddress, ({ workflow }) =>
      workflow.getHandle('survivor').describe(),
    );
  }, 30_000);

  test('everything is gone soon after a killed supervisor', async () => {
    expect(allPids(dataDir)).toHaveLength(8);
    instance.child.kill('SIGKILL');
    await eventually(() => processesOf(dataDir).length === 0, 5000);
  }, 10_000);

  test('a new instance starts at once after a killed one', async () => {
    instance = startInstance(dataDir);
    expect(await instance.said).toEqual(ready);
    instance.child.kill('SIGKILL');
    await instance.exited;
    instance = startInstance(dataDir);
    const { event, databaseUrl } = await instance.said;
    expect(event).toBe('ready');
    expect(await query(databaseUrl, 'select answer from kept')).toEqual([{ answer: 42 }]);
    instance.child.kill('SIGTERM');
    expect(await instance.exited).toBe(0);
  }, 30_000);

  test('everything is gone within 10 s of a killed supervisor, also when its processes hang', async () => {
    instance = startInstance(dataDir, 'stuck');
    expect((await instance.said).event).toBe('ready');
    const killedMs = Date.now();
    instance.child.kill('SIGKILL');
    await eventually(() => processesOf(dataDir).length === 0, 12_000);
    expect(Date.now() - killedMs).toBeLessThan(10_000);
  }, 30_000);
});

describe('what cannot be had', () => {
  const nothing = { env: { PATH: '/nowhere' }, progress: silentProgress, usualPorts: false };

  test('is reported with what was tried and what to do, and nothing is left running', async () => {
    const dataDir = newDataDir();
    const start = startEmbeddedStack({
      ...nothing,
      dataDir,
      postgres: true,
      temporal: { headless: true, searchAttributes: [] },
      durable: false,
      temporalFinders: [
        { what: 'a look around', find: () => Promise.reject(new Error('nothing in sight')) },
      ],
    });
    await expect(start).rejects.toThrow(
      /No Temporal server was found[\s\S]*a look around: nothing in sight[\s\S]*TEMPORAL_ADDRESS/,
    );
    expect(processesOf(dataDir)).toEqual([]);
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('a server that does not start is reported with its last words', async () => {
    const dataDir = newDataDir();
    const start = startEmbeddedStack({
      ...nothing,
      dataDir,
      postgres: false,
      temporal: { headless: true, searchAttributes: [] },
      temporalFinders: [{ what: 'a wrong program', find: () => '/bin/ls' }],
    });
    await expect(start).rejects.toThrow(/voca-temporal does not start[\s\S]*ls: /);
    expect(processesOf(dataDir)).toEqual([]);
    rmSync(dataDir, { recursive: true, force: true });
  });
});

/** Addresses on which a process listens (IPv4 as usual, IPv6 as the kernel writes it). */
function listeningAddresses(pid: number): string[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => linkOf(`/proc/${pid}/fd/${fd}`)),
  );
  return ['tcp', 'tcp6'].flatMap((family) =>
    readFileSync(`/proc/${pid}/net/${family}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && sockets.has(fields[9] ?? ''))
      .map((fields) => readableAddress(fields[1]?.split(':')[0] ?? '')),
  );
}

function readableAddress(hex: string): string {
  if (hex.length !== 8) return hex;
  return (hex.match(/../g) ?? [])
    .map((byte) => Number.parseInt(byte, 16))
    .toReversed()
    .join('.');
}

/** The inode of the socket behind an open file. */
function linkOf(fd: string): string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(fd))?.slice(1) ?? [];
  } catch {
    return [];
  }
}
