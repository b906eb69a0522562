import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '../../src/log.ts';
import { collectProcessMetrics } from '../../src/metrics/registry.ts';
import { startMetricsServer } from '../../src/metrics/server.ts';
import type { MetricsServer, MetricsServerOptions } from '../../src/metrics/server.ts';
import { parseExposition, valueOf } from './exposition.ts';

let server: MetricsServer | undefined;
afterEach(() => server?.close());

function start(more: Partial<MetricsServerOptions> = {}): { logged: () => string } {
  const lines = new PassThrough();
  const chunks: Buffer[] = [];
  lines.on('data', (chunk: Buffer) => chunks.push(chunk));
  const log = createLogger({ level: 'info', role: 'api', destination: lines });
  server = startMetricsServer({
    host: '127.0.0.1',
    port: 0,
    isHealthy: () => true,
    log,
    ...more,
  });
  return { logged: () => Buffer.concat(chunks).toString() };
}

async function base(): Promise<string> {
  const end = Date.now() + 5000;
  for (;;) {
    const port = server?.port();
    if (port !== undefined) return `http://127.0.0.1:${port}`;
    if (Date.now() > end) throw new Error('it does not listen');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('the metrics of a process', () => {
  test('tell its memory, its event loop and its sockets, under its name', async () => {
    collectProcessMetrics('api', 'voca-api-1');
    start();
    const answer = await fetch(`${await base()}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const text = await answer.text();
    const mine = { role: 'api', process: 'voca-api-1' };
    expect(valueOf(text, 'process_resident_memory_bytes', mine)).toBeGreaterThan(1e6);
    expect(valueOf(text, 'nodejs_eventloop_lag_p99_seconds', mine)).toBeDefined();
    expect(valueOf(text, 'nodejs_active_resources', { type: 'TCPSocketWrap' })).toBeGreaterThan(0);
  });

  test('come in one piece with those of others', async () => {
    start({ others: async () => '# TYPE temporal_x counter\ntemporal_x{a="b"} 3\n' });
    const text = await (await fetch(`${await base()}/metrics`)).text();
    expect(valueOf(text, 'temporal_x')).toBe(3);
    expect(parseExposition(text).types.get('voca_x')).toBeUndefined();
  });

  test('are for GET alone, and nothing else is there', async () => {
    start();
    const url = await base();
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${url}/other`)).status).toBe(404);
    expect((await fetch(`${url}/metrics?x=1`)).status).toBe(200);
  });
});

describe('the health of a process', () => {
  test('is 200 only while it does its work', async () => {
    let isHealthy = false;
    start({ isHealthy: () => isHealthy });
    const url = `${await base()}/healthz`;
    expect((await fetch(url)).status).toBe(503);
    isHealthy = true;
    expect((await fetch(url)).status).toBe(200);
  });
});

describe('a port that is taken', () => {
  test('is complained about loudly, once, and had as soon as it is free', async () => {
    const holder = createServer();
    holder.listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const { logged } = start({ port, retryMs: 20 });
    const end = Date.now() + 5000;
    while (!logged().includes('NO METRICS') && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(logged()).toContain('"level":"error"');
    holder.close();
    await once(holder, 'close');
    expect(await base()).toBe(`http://127.0.0.1:${port}`);
    expect(logged().split('NO METRICS')).toHaveLength(2);
  });
});
