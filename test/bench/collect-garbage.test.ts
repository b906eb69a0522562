import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { collectGarbage } from '../../src/bench/collect-garbage.ts';
import { measureProcesses } from '../../src/bench/process-meter.ts';

/** 100 MB of garbage in each of two threads, and then nothing happens. */
const LITTERING = `
  const litter = 'let kept = []; for (let at = 0; at < 1.5e6; at += 1) kept.push({ at }); kept = null;';
  const { Worker } = require('node:worker_threads');
  const wait = ';setInterval(() => {}, 1000);';
  const told = wait + "require('node:worker_threads').parentPort.postMessage('done')";
  new Worker(litter + told, { eval: true }).on('message', () => console.log('littered'));
  eval(litter + wait);
`;

let child: ChildProcess;
beforeAll(async () => {
  child = spawn(process.execPath, ['-e', LITTERING], { stdio: ['ignore', 'pipe', 'ignore'] });
  if (child.stdout) await once(child.stdout, 'data');
});
afterAll(() => void child.kill('SIGKILL'));

function residentMb(): number {
  const { pid = 0 } = child;
  return (measureProcesses({ child: pid })['child']?.residentKb ?? 0) / 1024;
}

test('garbage of all threads of a process is gone, as often as it is asked for', async () => {
  const before = residentMb();
  expect(await collectGarbage([child.pid ?? 0])).toBe(true);
  expect(residentMb()).toBeLessThan(before - 60);
  expect(await collectGarbage([child.pid ?? 0])).toBe(true);
});

test('a process that is gone is told of, and keeps nobody waiting', async () => {
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  expect(await collectGarbage([gone.pid ?? 0])).toBe(false);
});
