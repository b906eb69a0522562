import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './process-info.ts';

/** Where the processes of one data folder write their pids. */
export function runDir(dataDir: string): string {
  return join(dataDir, 'run');
}

/** Writes `NAME.pid`, so that a reader never sees half a number. */
export function writePidFile(dir: string, name: string, pid: number): void {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `${name}.pid`);
  const next = `${file}.${process.pid}.new`;
  writeFileSync(next, `${pid}\n`);
  renameSync(next, file);
}

export function readPidFile(dir: string, name: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(dir, `${name}.pid`), 'utf8'), 10);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Removes `NAME.pid`, unless it holds the pid of somebody else by now. */
export function removePidFile(dir: string, name: string, pid: number): void {
  if (readPidFile(dir, name) === pid) rmSync(join(dir, `${name}.pid`), { force: true });
}

/** Names of the living processes whose pid files begin with one of the prefixes. */
export function livingProcesses(dir: string, prefixes: readonly string[]): string[] {
  return pidFileNames(dir)
    .filter((name) => prefixes.some((prefix) => name.startsWith(prefix)))
    .filter((name) => {
      const pid = readPidFile(dir, name);
      return pid !== undefined && isAlive(pid);
    });
}

function pidFileNames(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((file) => file.endsWith('.pid'))
      .map((file) => file.slice(0, -4));
  } catch {
    return [];
  }
}

/** The pid files of one data folder, as a supervisor takes them. */
export function pidFiles(dataDir: string): {
  write(name: string, pid: number): void;
  remove(name: string, pid: number): void;
} {
  const dir = runDir(dataDir);
  return {
    write: (name, pid) => writePidFile(dir, name, pid),
    remove: (name, pid) => removePidFile(dir, name, pid),
  };
}
