import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** A Node program that is run as a child. */
export interface Program {
  /** The module's path. */
  exec: string;
  args?: readonly string[];
  /** The child's whole environment; nothing is inherited. */
  env: Readonly<Record<string, string>>;
  /** Options of Node itself. */
  execArgv?: readonly string[];
}

/** Starts a child with a channel to it. */
export function launchFork({ exec, args = [], env, execArgv = [] }: Program): ChildProcess {
  return fork(exec, [...args], { env: { ...env }, execArgv: [...execArgv] });
}
