/** The command line of `npm run bench`. Pure. */
import { parseArgs } from 'node:util';
import type { Benchmark, NumberOption } from './benchmark.ts';

/** The command line cannot be carried out; the message says what can. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Order {
  benchmark: Benchmark;
  options: Record<string, number>;
  texts: Record<string, string>;
}

/** @throws UsageError when the benchmark or an option is unknown or a number does not fit. */
export function readArguments(args: string[], benchmarks: Record<string, Benchmark>): Order {
  const [name, ...rest] = args;
  const benchmark =
    name !== undefined && Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
  if (!benchmark) {
    const problem = name === undefined ? 'Which benchmark?' : 'There is no such benchmark.';
    throw new UsageError(`${problem}\n${usage(benchmarks)}`);
  }
  const { options, texts = {} } = benchmark;
  const names = [...Object.keys(options), ...Object.keys(texts)];
  const given = readGiven(rest, names, usage(benchmarks));
  const numbers = Object.entries(options).map(([each, option]) => [
    each,
    numberOf(each, given[each], option),
  ]);
  const written = Object.keys(texts).flatMap((each) => {
    const text = given[each];
    return typeof text === 'string' && text !== '' ? [[each, text]] : [];
  });
  return {
    benchmark,
    options: Object.fromEntries(numbers) as Record<string, number>,
    texts: Object.fromEntries(written) as Record<string, string>,
  };
}

function readGiven(args: string[], names: string[], help: string): Record<string, unknown> {
  try {
    const entries = names.map((name) => [name, { type: 'string' }] as const);
    return parseArgs({ args, options: Object.fromEntries(entries) }).values;
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'The options cannot be read.';
    throw new UsageError(`${problem}\n${help}`);
  }
}

function numberOf(name: string, given: unknown, option: NumberOption): number {
  if (typeof given !== 'string') return option.default;
  const number = /^\d{1,9}$/.test(given) ? Number(given) : NaN;
  if (number >= option.min && number <= option.max) return number;
  throw new UsageError(`--${name} is a whole number from ${option.min} to ${option.max}.`);
}

/** What there is, for whoever asked for something else. */
export function usage(benchmarks: Record<string, Benchmark>): string {
  const lines = Object.entries(benchmarks).flatMap(([name, { summary, options, texts = {} }]) => [
    `  ${name.padEnd(12)} ${summary}`,
    ...Object.entries(options).map(
      ([option, { what, default: usual }]) =>
        `    ${`--${option} N`.padEnd(16)} ${what} (default ${usual})`,
    ),
    ...Object.entries(texts).map(([text, what]) => `    ${`--${text} TEXT`.padEnd(16)} ${what}`),
  ]);
  return ['Usage: npm run bench -- NAME [OPTION...]', ...lines].join('\n');
}
