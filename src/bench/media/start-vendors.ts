/** Starts the vendors in a process of their own. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Delays } from './delays.ts';

/** Base URLs. */
export interface VendorUrls {
  recogniser: string;
  voice: string;
  model: string;
}

export interface Vendors extends VendorUrls {
  pid: number;
  stop(): Promise<void>;
}

/** @throws when the process fails */
export async function startVendors(delays: Delays): Promise<Vendors> {
  const child = fork(join(import.meta.dirname, 'vendors-main.js'), [], { execArgv: [] });
  const told = once(child, 'message') as Promise<[VendorUrls]>;
  const gone = once(child, 'exit').then(() => undefined);
  child.send(delays, () => undefined);
  const answer = await Promise.race([told, gone]);
  if (!answer) throw new Error('The process of the vendors has ended.');
  return { ...answer[0], pid: child.pid ?? 0, stop: () => stop(child) };
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
