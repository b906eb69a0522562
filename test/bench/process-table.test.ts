import { describe, expect, test } from '@jest/globals';
import {
  parseProportionalKb,
  parsePs,
  parseResidentKb,
  parseStat,
  treeBelow,
} from '../../src/bench/process-table.ts';

/** As /proc/PID/stat shows it: 120 + 30 ticks of its own, 7 + 3 of children seen off. */
const STAT = (name: string) =>
  `4321 (${name}) S 17 4321 17 0 -1 4194560 9 9 0 0 120 30 7 3 20 0 11 0 88 1000 250 1844674 1 1`;

describe('/proc/PID/stat', () => {
  test('tells pid, parent and processor time, children included', () => {
    expect(parseStat(STAT('node'), 100)).toEqual({ pid: 4321, parent: 17, cpuSeconds: 1.6 });
    expect(parseStat(STAT('node'), 1000)?.cpuSeconds).toBeCloseTo(0.16);
  });

  test('is read behind the last bracket, whatever the name is', () => {
    for (const name of ['voca-worker-1', 'a b', 'x) S 1 (y', '((']) {
      expect(parseStat(STAT(name), 100)).toMatchObject({ pid: 4321, parent: 17 });
    }
  });

  test.each([[''], ['gone'], ['12 (half'], ['12 (short) S 1']])('is none: %j', (text) => {
    expect(parseStat(text, 100)).toBeUndefined();
  });
});

describe('/proc/PID/status', () => {
  test('tells the resident memory', () => {
    expect(parseResidentKb('Name:\tnode\nVmHWM:\t 99 kB\nVmRSS:\t  51234 kB\nThreads:\t3\n')).toBe(
      51234,
    );
  });

  test('of a kernel thread tells none', () => {
    expect(parseResidentKb('Name:\tkthreadd\n')).toBeUndefined();
  });
});

describe('/proc/PID/smaps_rollup', () => {
  test('tells the share of what is shared', () => {
    expect(parseProportionalKb('00400000-7fff [rollup]\nRss:  900 kB\nPss:   300 kB\n')).toBe(300);
    expect(parseProportionalKb('')).toBeUndefined();
  });
});

describe('ps', () => {
  test('tells the same, with times in each of its forms', () => {
    const rows = parsePs(
      '    1     0   4100   0:01.25\n  77     1  88000 1:02:03\n 78 77 12 2-00:00:01\n\n',
    );
    expect(rows).toEqual([
      { pid: 1, parent: 0, residentKb: 4100, cpuSeconds: 1.25 },
      { pid: 77, parent: 1, residentKb: 88000, cpuSeconds: 3723 },
      { pid: 78, parent: 77, residentKb: 12, cpuSeconds: 172_801 },
    ]);
  });

  test('leaves out what is no process', () => {
    expect(parsePs('PID PPID RSS TIME\n<defunct>\n')).toEqual([]);
  });
});

describe('a process with all below it', () => {
  const row = (pid: number, parent: number) => ({ pid, parent, cpuSeconds: 1 });
  const rows = [row(1, 0), row(10, 1), row(11, 10), row(12, 11), row(20, 1), row(13, 10)];

  test('is found by parents, each once', () => {
    expect(
      treeBelow(rows, 10)
        .map(({ pid }) => pid)
        .sort((a, b) => a - b),
    ).toEqual([10, 11, 12, 13]);
    expect(treeBelow(rows, 20).map(({ pid }) => pid)).toEqual([20]);
  });

  test('is nothing when it is gone', () => {
    expect(treeBelow(rows, 99)).toEqual([]);
  });
});
