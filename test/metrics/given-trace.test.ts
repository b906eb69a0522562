/** Nobody from outside chooses which trace our lines and spans belong to. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { RUN_TYPESCRIPT } from '../supervisor/fixtures/lines.ts';
import { startFakeCollector } from '../tracing/fake-collector.ts';

test('a webhook begins a trace of its own, whatever traceparent it comes with', async () => {
  const collector = await startFakeCollector();
  const given = 'a1b2c3d4'.repeat(4);
  const file = join(import.meta.dirname, 'fixtures', 'given-trace.ts');
  const traceparent = `00-${given}-00f067aa0ba902b7-01`;
  const args = [...RUN_TYPESCRIPT, file, collector.endpoint, traceparent];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  await collector.close();
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; traceId?: string });
  const answered = lines.find(({ msg }) => msg === 'a webhook was answered');
  expect(answered?.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(collector.spans.map(({ traceId }) => traceId)).toEqual([answered?.traceId]);
  expect(lines.length).toBeGreaterThan(1);
  expect(stdout + collector.raw()).not.toContain(given);
});
