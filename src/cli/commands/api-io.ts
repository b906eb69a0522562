/** What the commands that ask the API share: how they speak, and the options that they all have. */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { ApiClient } from '../api-client.ts';

export interface ApiIo {
  /** The result, and nothing else. */
  out(text: string): void;
  /** What a person should know beside it. */
  error(text: string): void;
  /** Signs in when a command needs it. */
  api(): Promise<ApiClient>;
  /** The text of a file, or of the standard input for `-`. */
  input(file: string): Promise<string>;
  /** Somebody looks at it: long cells are cut to fit. */
  isTerminal: boolean;
  /** Sets the exit code. */
  fail(code: number): void;
}

export interface JsonOption {
  json?: boolean;
}

export interface ListOptions extends JsonOption {
  limit: number;
  all?: boolean;
}

export function withJson(command: Command): Command {
  return command.option('--json', 'for programs: the answer of the API as one JSON document');
}

export function withList(command: Command): Command {
  return command
    .option('--limit <n>', 'how many, the newest first', countOf, 20)
    .option('--all', 'as many as there are')
    .option('--json', 'for programs: one JSON array');
}

export function countOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}

export function wholeOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

export function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** Examples below the help of a command, one a line. */
export function withExamples(command: Command, ...lines: string[]): Command {
  return command.addHelpText(
    'after',
    `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`,
  );
}

/** For `--var name=value`, which may come several times. */
export function pairs(
  text: string,
  before: Record<string, string> | undefined,
): Record<string, string> {
  const [, name, value] = /^([^=]+)=([^]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('It must have the form name=value.');
  }
  if (name === '__proto__') throw new InvalidArgumentError('That cannot be a name.');
  return { ...before, [name]: value };
}
