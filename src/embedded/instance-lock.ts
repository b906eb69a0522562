import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedError } from './embedded-error.ts';
import { poll } from './poll.ts';
import { isAlive, startOf } from './process-info.ts';

/** The hold of this process on a data folder. Released when the last holder lets go. */
export interface InstanceLock {
  release(): void;
}

interface Holder {
  pid: number;
  /** Tells the holder from a later process that was given its pid. */
  start?: string;
}

/** A takeover lasts for microseconds; a mark older than this was left by a killed process. */
const TAKEOVER_STALE_MS = 5000;

const held = new Map<string, number>();

/**
 * Makes this process the only one that runs on a data folder. A process that holds it already may
 * take it again; the lock of a dead process is taken over.
 * @throws EmbeddedError naming the pid of the other instance.
 */
export async function lockInstance(dataDir: string): Promise<InstanceLock> {
  const file = join(dataDir, 'instance.lock');
  if (!held.has(file)) {
    const holder = await poll(() => tryLock(file), { deadlineMs: 2 * TAKEOVER_STALE_MS });
    if (holder?.pid !== process.pid) throw takenError(dataDir, holder?.pid);
  }
  held.set(file, (held.get(file) ?? 0) + 1);
  let released = false;
  return {
    release: () => {
      if (!released) letGo(file);
      released = true;
    },
  };
}

/** Who holds the lock after one try; undefined when somebody is taking it over at this moment. */
function tryLock(file: string): Holder | undefined {
  const me: Holder = { pid: process.pid, start: startOf(process.pid) };
  if (create(file, me)) return me;
  const holder = readHolder(file);
  if (holder && isHolding(holder)) return holder;
  const takeover = `${file}.takeover`;
  if (!create(takeover, me)) {
    removeWhenOld(takeover);
    return undefined;
  }
  try {
    // Nobody else removes a stale lock now; look again, for it may just have been replaced.
    const now = readHolder(file);
    if (now && isHolding(now)) return now;
    rmSync(file, { force: true });
    return create(file, me) ? me : undefined;
  } finally {
    rmSync(takeover, { force: true });
  }
}

/** Creates the file with its content in one step; false when it exists. */
function create(file: string, holder: Holder): boolean {
  const draft = `${file}.${process.pid}`;
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(draft, JSON.stringify(holder));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    const { pid, start } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Holder>;
    return typeof pid === 'number' ? { pid, ...(start === undefined ? {} : { start }) } : undefined;
  } catch {
    return undefined;
  }
}

function isHolding({ pid, start }: Holder): boolean {
  if (!isAlive(pid)) return false;
  const actual = startOf(pid);
  return start === undefined || actual === undefined || actual === start;
}

function removeWhenOld(file: string): void {
  try {
    if (Date.now() - statSync(file).mtimeMs > TAKEOVER_STALE_MS) rmSync(file, { force: true });
  } catch {
    // gone already
  }
}

function letGo(file: string): void {
  const holders = (held.get(file) ?? 1) - 1;
  if (holders > 0) {
    held.set(file, holders);
    return;
  }
  held.delete(file);
  if (readHolder(file)?.pid === process.pid) rmSync(file, { force: true });
}

function takenError(dataDir: string, pid: number | undefined): EmbeddedError {
  return new EmbeddedError(
    `VOCA already runs on ${dataDir}${pid === undefined ? '' : ` (process ${pid})`}.`,
    [],
    [
      ...(pid === undefined ? [] : [`stop it first (kill ${pid})`]),
      'or run a second one beside it: set VOCA_DATA_DIR to another folder',
    ],
  );
}
