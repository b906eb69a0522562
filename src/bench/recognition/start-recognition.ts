/** Starts the recognition servers in a process of their own. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { RecognitionOrder, RecognitionUrls } from './order.ts';

export interface Recognition extends RecognitionUrls {
  /** For measuring what the servers themselves cost. */
  pid: number;
  stop(): Promise<void>;
}

/** @throws when the process fails */
export async function startRecognition(order: RecognitionOrder = {}): Promise<Recognition> {
  const child = fork(join(import.meta.dirname, 'main.js'), [], { execArgv: [] });
  const told = once(child, 'message') as Promise<[RecognitionUrls]>;
  const gone = once(child, 'exit').then(() => undefined);
  child.send(order, () => undefined);
  const answer = await Promise.race([told, gone]);
  if (!answer) throw new Error('The process of the recognition servers has ended.');
  return { ...answer[0], pid: child.pid ?? 0, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
