import { describe, expect, test } from '@jest/globals';
import { readArguments, usage, UsageError } from '../../src/bench/arguments.ts';
import type { Benchmark } from '../../src/bench/benchmark.ts';
import { recoveryBenchmark } from '../../src/bench/recovery/recovery.ts';
import { webhookBenchmark } from '../../src/bench/webhook.ts';

const BENCHMARKS: Record<string, Benchmark> = { webhook: webhookBenchmark };

const messageOf = (args: string[]): string => {
  try {
    readArguments(args, BENCHMARKS);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'accepted';
};

describe('the command line of the benchmarks', () => {
  test('takes the usual numbers where none are given', () => {
    const { benchmark, options } = readArguments(['webhook'], BENCHMARKS);
    expect(benchmark).toBe(webhookBenchmark);
    expect(options).toMatchObject({ calls: 40, turns: 10, warmup: 10, pause: 100 });
    expect(options).toMatchObject({ many: 50, every: 5000, callers: 8, live: 200, bot: 1 });
  });

  test('takes the numbers that are given', () => {
    const args = ['webhook', '--calls', '3', '--turns=7', '--warmup', '0'];
    expect(readArguments(args, BENCHMARKS).options).toMatchObject({
      calls: 3,
      turns: 7,
      warmup: 0,
    });
  });

  test.each([[[]], [['soak']], [['toString']], [['--calls', '1']]])(
    'lists the benchmarks when asked for %j',
    (args) => {
      expect(messageOf(args)).toContain(usage(BENCHMARKS));
      expect(messageOf(args)).toMatch(/^ {2}webhook /m);
      expect(messageOf(args)).toMatch(/^ {4}--turns N /m);
    },
  );

  test.each([['0'], ['-1'], ['1.5'], ['many'], ['1e3'], ['100001'], ['']])(
    'refuses %j calls and says what fits',
    (calls) => {
      expect(messageOf(['webhook', `--calls=${calls}`])).toBe(
        '--calls is a whole number from 1 to 100000.',
      );
    },
  );

  test('takes text where an option is text, and leaves out what was not given', () => {
    const benchmarks = { ...BENCHMARKS, recovery: recoveryBenchmark };
    const given = readArguments(['recovery', '--kills', '8', '--logdir', 'a folder'], benchmarks);
    expect(given.options).toMatchObject({ kills: 8, seed: 1, away: 300, 'away-calls': 20 });
    expect(given.texts).toEqual({ logdir: 'a folder' });
    expect(readArguments(['recovery'], benchmarks).texts).toEqual({});
    expect(usage(benchmarks)).toMatch(/^ {4}--logdir TEXT /m);
  });

  test('refuses unknown options, a missing number and words too many', () => {
    for (const rest of [['--rate', '3'], ['--calls'], ['more']]) {
      expect(messageOf(['webhook', ...rest])).toContain(usage(BENCHMARKS));
    }
  });
});
