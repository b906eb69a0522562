import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import cluster from 'node:cluster';
import { releaseUntakenConnection } from './untaken-connection.ts';

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

/**
 * Starts a cluster worker: this process holds the listening socket that all of them share, so a
 * killed worker is never a refused connection while another lives.
 * @param inherited names in this process's own environment; the cluster module would hand them all
 *   to the child
 */
export function launchWorker(program: Program, inherited: readonly string[]): ChildProcess {
  const { exec, args = [], env, execArgv = [] } = program;
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ exec, args: [...args], execArgv: [...execArgv] });
  const none = Object.fromEntries(inherited.map((name) => [name, undefined]));
  const worker = cluster.fork({ ...none, ...env });
  releaseUntakenConnection(worker.process);
  return worker.process;
}
