import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Whether a process runs. A killed one whose parent has not yet collected it does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const stat = procStat(pid);
  return stat?.[0] !== 'Z' && stat?.[0] !== 'X';
}

/**
 * When a process started, as an opaque word: equal for the same process, different for a later one
 * that was given the same pid. Undefined when there is no such process.
 */
export function startOf(pid: number): string | undefined {
  const ticks = procStat(pid)?.[19];
  if (ticks !== undefined) return `${bootId()}/${ticks}`;
  return ps(pid, 'lstart');
}

/** The arguments of a process (one string with all of them where the system gives no more). */
export function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [ps(pid, 'command') ?? ''];
  }
}

/** Whether the process was started with this argument. */
export function hasArgument(pid: number, argument: string): boolean {
  const args = commandLine(pid);
  return args.includes(argument) || (args.length === 1 && args[0]!.includes(argument));
}

/** Fields of /proc/PID/stat behind the name (which may hold spaces); the first is the state. */
function procStat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

function ps(pid: number, column: string): string | undefined {
  if (process.platform === 'linux' || process.platform === 'win32') return undefined;
  try {
    const args = ['-o', `${column}=`, '-p', String(pid)];
    const found = execFileSync('ps', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return found.trim() || undefined;
  } catch {
    return undefined;
  }
}
