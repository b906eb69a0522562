/** Plays callers in a process of their own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CallersOrder, CallersTimes } from './callers-order.ts';

/** @returns undefined when it was stopped before its time. @throws when the process fails. */
export async function playCallers(
  order: CallersOrder,
  stopping: AbortSignal,
): Promise<CallersTimes | undefined> {
  if (stopping.aborted) return undefined;
  const child = fork(join(import.meta.dirname, 'callers-main.js'), [], { execArgv: [] });
  const stop = () => void child.kill('SIGKILL');
  stopping.addEventListener('abort', stop, { once: true });
  try {
    const told = once(child, 'message') as Promise<[CallersTimes]>;
    const gone = once(child, 'exit').then(() => undefined);
    child.send(order, () => undefined);
    const answer = await Promise.race([told, gone]);
    if (answer) return answer[0];
    if (stopping.aborted) return undefined;
    throw new Error('The process of the callers has ended.');
  } finally {
    stopping.removeEventListener('abort', stop);
    stop();
  }
}
