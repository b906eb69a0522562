import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { SupervisedChild } from '../../src/supervisor/supervised-child.ts';

class FakeProcess extends EventEmitter {
  readonly pid = 4711;

  saysReady(): void {
    this.emit('message', { type: 'ready' });
  }

  dies(): void {
    this.emit('exit', null, 'SIGKILL');
  }
}

const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const noFiles = { write: () => {}, remove: () => {} };

function supervised(restMs?: () => number) {
  const launched: FakeProcess[] = [];
  const child = new SupervisedChild({
    name: 'voca-test-1',
    launch: () => {
      const process = new FakeProcess();
      launched.push(process);
      return process as unknown as ChildProcess;
    },
    stopMs: 1000,
    ...(restMs && { restMs }),
    pidFiles: noFiles,
    log: quiet,
  });
  void child.start();
  return { child, launched };
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('is ready from when it says so until it ends', () => {
  const { child, launched } = supervised();
  expect(child.isReady).toBe(false);
  launched[0]?.saysReady();
  expect(child.isReady).toBe(true);
  launched[0]?.dies();
  expect(child.isReady).toBe(false);
});

test('is started again at once', () => {
  const { launched } = supervised();
  launched[0]?.saysReady();
  launched[0]?.dies();
  expect(launched).toHaveLength(2);
});

test('is started again only after a rest, while another one does its work', () => {
  let isAnotherReady = true;
  const { launched } = supervised(() => (isAnotherReady ? 2500 : 0));
  launched[0]?.saysReady();
  launched[0]?.dies();
  jest.advanceTimersByTime(2400);
  expect(launched).toHaveLength(1);
  jest.advanceTimersByTime(200);
  expect(launched).toHaveLength(2);
  isAnotherReady = false;
  launched[1]?.dies();
  jest.advanceTimersByTime(100);
  expect(launched).toHaveLength(3);
});
