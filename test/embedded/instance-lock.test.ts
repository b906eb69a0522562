import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lockInstance } from '../../src/embedded/instance-lock.ts';
import { eventually, talkTo } from '../supervisor/fixtures/lines.ts';
import type { TalkingProcess } from '../supervisor/fixtures/lines.ts';

const HOLDER = join(import.meta.dirname, 'fixtures', 'lock-holder.ts');

let dataDir: string;
let holders: TalkingProcess[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'voca-lock-'));
  holders = [];
});

afterEach(() => {
  for (const { child } of holders) child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

function hold(): TalkingProcess {
  const holder = talkTo(HOLDER, [dataDir]);
  holders.push(holder);
  return holder;
}

function outcome({ lines }: TalkingProcess): Promise<string> {
  return eventually(() => lines[0]?.event);
}

test('a second process is refused and told whom to stop and how to go elsewhere', async () => {
  const first = hold();
  expect(await outcome(first)).toBe('locked');
  const refusal = await lockInstance(dataDir).then(
    () => '',
    (error: Error) => error.message,
  );
  expect(refusal).toContain(`process ${first.child.pid}`);
  expect(refusal).toContain(dataDir);
  expect(refusal).toContain('VOCA_DATA_DIR');
});

test('the lock of a killed process is taken over by one of those who want it', async () => {
  const first = hold();
  await outcome(first);
  first.child.kill('SIGKILL');
  await first.exited;
  const others = [hold(), hold(), hold(), hold()];
  const outcomes = await Promise.all(others.map(outcome));
  expect(outcomes.filter((event) => event === 'locked')).toHaveLength(1);
  expect(outcomes.filter((event) => event === 'refused')).toHaveLength(3);
});

test('a living process that only has the pid of the dead holder does not keep the folder', async () => {
  const stranger = JSON.stringify({ pid: process.ppid, start: 'another boot/12345' });
  writeFileSync(join(dataDir, 'instance.lock'), stranger);
  const lock = await lockInstance(dataDir);
  expect(JSON.parse(readFileSync(join(dataDir, 'instance.lock'), 'utf8'))).toMatchObject({
    pid: process.pid,
  });
  lock.release();
});

test('a lock file that makes no sense does not keep the folder', async () => {
  writeFileSync(join(dataDir, 'instance.lock'), 'half a');
  const lock = await lockInstance(dataDir);
  lock.release();
  expect(readdirSync(dataDir)).toEqual([]);
});

test('one process may take it twice; it is free after the last release', async () => {
  const [outer, inner] = [await lockInstance(dataDir), await lockInstance(dataDir)];
  inner.release();
  inner.release();
  expect(existsSync(join(dataDir, 'instance.lock'))).toBe(true);
  outer.release();
  expect(existsSync(join(dataDir, 'instance.lock'))).toBe(false);
});
