import type { ChildProcess } from 'node:child_process';

interface ConnectionHandle {
  close(): void;
}

/**
 * The cluster module hands each worker one connection at a time and waits for it to be taken. When
 * the worker is killed in between, the connection stays open in this process and belongs to nobody:
 * the other side would wait for an answer until its own time is up. This closes it, so that the
 * other side notices at once and tries again.
 */
export function releaseUntakenConnection(worker: ChildProcess): void {
  const send = worker.send.bind(worker) as (...args: unknown[]) => boolean;
  let last: ConnectionHandle | undefined;
  worker.send = ((...args: unknown[]) => {
    if (isHandover(args[0]) && isHandle(args[1])) last = args[1];
    return send(...args);
  }) as ChildProcess['send'];
  // Closing a handle that was taken, and therefore closed already, changes nothing.
  worker.once('exit', () => last?.close());
}

function isHandover(message: unknown): boolean {
  return (
    typeof message === 'object' &&
    message !== null &&
    (message as { cmd?: unknown }).cmd === 'NODE_CLUSTER' &&
    (message as { act?: unknown }).act === 'newconn'
  );
}

function isHandle(value: unknown): value is ConnectionHandle {
  return typeof (value as ConnectionHandle | undefined)?.close === 'function';
}
