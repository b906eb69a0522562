import { findExecutable, pathFolders } from './find-executable.ts';
import type { MachineEnv } from './machine.ts';

/**
 * Where the system can do it (Linux with util-linux), asks it to send the server a signal should
 * its keeper be killed, so that not even that leaves the server running. The pid stays the server's.
 */
export function boundToParent(
  command: string,
  args: readonly string[],
  signal: NodeJS.Signals,
  env: MachineEnv,
): { command: string; args: string[] } {
  const setpriv =
    process.platform === 'linux' ? findExecutable('setpriv', pathFolders(env)) : undefined;
  if (setpriv === undefined) return { command, args: [...args] };
  return { command: setpriv, args: ['--pdeathsig', signal.slice(3), '--', command, ...args] };
}
