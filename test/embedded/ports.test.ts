import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { choosePorts, USUAL_PORTS } from '../../src/embedded/ports.ts';

let dataDir: string;
const taken: Server[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'voca-ports-'));
});

afterEach(async () => {
  for (const server of taken.splice(0)) await new Promise((resolve) => server.close(resolve));
  rmSync(dataDir, { recursive: true, force: true });
});

async function take(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  taken.push(server);
  return (server.address() as AddressInfo).port;
}

function remember(ports: unknown): void {
  writeFileSync(join(dataDir, 'ports.json'), JSON.stringify(ports));
}

test('a taken usual port is passed over for one behind it', async () => {
  const busy = await take(USUAL_PORTS.temporalMetrics).catch(() => USUAL_PORTS.temporalMetrics);
  const { temporalMetrics } = await choosePorts(dataDir, ['temporalMetrics']);
  expect(temporalMetrics).toBeGreaterThan(busy);
});

test('the ports of last time are kept, and are in the data folder', async () => {
  const first = await choosePorts(dataDir, ['postgres', 'temporal'], { usual: false });
  expect(JSON.parse(readFileSync(join(dataDir, 'ports.json'), 'utf8'))).toEqual(first);
  expect(await choosePorts(dataDir, ['postgres', 'temporal'])).toEqual(first);
});

test('a remembered port that somebody took is replaced, the others stay remembered', async () => {
  const busy = await take(0);
  remember({ postgres: busy, temporal: 4567 });
  const { postgres } = await choosePorts(dataDir, ['postgres'], { usual: false });
  expect(postgres).not.toBe(busy);
  expect(JSON.parse(readFileSync(join(dataDir, 'ports.json'), 'utf8'))).toEqual({
    postgres,
    temporal: 4567,
  });
});

test.each([
  ['no JSON', '{'],
  ['no ports', '[]'],
  ['impossible ports', '{"postgres":70000,"temporal":"7233","temporalUi":-1}'],
])('a ports file with %s is written anew', async (_what, text) => {
  writeFileSync(join(dataDir, 'ports.json'), text);
  const ports = await choosePorts(dataDir, ['postgres'], { usual: false });
  expect(ports.postgres).toBeLessThan(65536);
  expect(JSON.parse(readFileSync(join(dataDir, 'ports.json'), 'utf8'))).toEqual(ports);
});

test('the ports of one choice differ', async () => {
  const names = ['postgres', 'temporal', 'temporalUi', 'temporalHttp', 'temporalMetrics'] as const;
  const ports = await choosePorts(dataDir, names, { usual: false });
  expect(new Set(Object.values(ports)).size).toBe(5);
});
