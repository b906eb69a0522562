import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { silentProgress } from '../../src/embedded/progress.ts';
import { startEmbeddedStack } from '../../src/embedded/stack.ts';
import type { StackService } from '../../src/embedded/stack.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'voca-stack-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test('a stack that is stopped while a program is still being got starts nothing', async () => {
  let adopted: StackService | undefined;
  let found: (program: string) => void = () => undefined;
  const program = new Promise<string>((resolve) => (found = resolve));
  const start = startEmbeddedStack({
    dataDir,
    env: {},
    postgres: false,
    temporal: { searchAttributes: [] },
    progress: silentProgress,
    temporalFinders: [{ what: 'slowly', find: () => program }],
    supervisor: { adopt: (service) => (adopted = service) },
  });
  const outcome = start.then(
    () => 'started',
    (error: Error) => error.message,
  );
  while (adopted === undefined) await new Promise((resolve) => setImmediate(resolve));
  expect(existsSync(join(dataDir, 'instance.lock'))).toBe(true);
  await adopted.stop();
  found('/bin/sleep');
  expect(await outcome).toContain('Stopped');
  expect(readdirSync(dataDir)).toEqual(['run']);
  expect(readdirSync(join(dataDir, 'run'))).toEqual([]);
});

test('a stack of nothing holds the data folder and no more', async () => {
  const stack = await startEmbeddedStack({
    dataDir,
    env: {},
    postgres: false,
    temporal: false,
    progress: silentProgress,
  });
  expect(stack.databaseUrl).toBeUndefined();
  expect(stack.temporalAddress).toBeUndefined();
  expect(existsSync(join(dataDir, 'instance.lock'))).toBe(true);
  await stack.stop();
  expect(existsSync(join(dataDir, 'instance.lock'))).toBe(false);
});
