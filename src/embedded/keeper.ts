/**
 * Keeps one server running: starts it, starts it again when it dies, and takes it down. It lives in
 * a process of its own (keeper-main.ts), so that the server is stopped even when everything else
 * was killed.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { livingProcesses, readPidFile, removePidFile, writePidFile } from './pid-file.ts';
import { poll } from './poll.ts';
import { hasArgument, isAlive } from './process-info.ts';
import type { KeeperNews, ServerSpec, StopStep } from './server-spec.ts';

/** A server that lived this long was well; its next death is again the first. */
const WELL_AFTER_MS = 5000;
const BACKOFF_MS = [0, 100, 200, 500, 1000, 2000];
const GONE_POLL_MS = 50;
/** An instance is gone within 10 s of its supervisor. */
const ORPHAN_GONE_MS = 9500;
/** What the last signal needs. */
const KILL_MS = 400;
const LOG_LIMIT_BYTES = 10_000_000;

export class Keeper {
  readonly #spec: ServerSpec;
  readonly #tell: (news: KeeperNews) => void;
  #server: ChildProcess | undefined;
  #deaths = 0;
  #startedAtMs = 0;
  #restart: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;
  #orphaned = false;
  #goneByMs = Infinity;
  #cleared: Promise<void> | undefined;

  constructor(spec: ServerSpec, tell: (news: KeeperNews) => void) {
    this.#spec = spec;
    this.#tell = tell;
  }

  /** Takes down a server that an earlier keeper left behind, then starts ours. */
  async start(): Promise<void> {
    this.#cleared = this.#takeDownOrphan();
    await this.#cleared;
    if (!this.#stopping) this.#spawn();
  }

  /** Stops the server; resolves when it is gone. Calling it again changes nothing. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Whoever started us is gone: serve those who still need the server, then stop it. */
  async stopWhenUnused(): Promise<void> {
    this.#orphaned = true;
    this.#goneByMs = Date.now() + ORPHAN_GONE_MS;
    const { runDir, outlives, graceMs } = this.#spec;
    await poll(() => (livingProcesses(runDir, outlives).length === 0 ? true : undefined), {
      deadlineMs: graceMs,
    });
    await this.stop();
  }

  async #takeDownOrphan(): Promise<void> {
    const { runDir, name, ownPidFile, signature, stop } = this.#spec;
    for (const pid of [readPidFile(runDir, name), firstLinePid(ownPidFile)]) {
      if (pid === undefined) continue;
      if (hasArgument(pid, signature)) await stopProcess(pid, stop);
      removePidFile(runDir, name, pid);
    }
  }

  #spawn(): void {
    const { command, args, env, cwd, uid, gid, name, runDir, logFile } = this.#spec;
    mkdirSync(dirname(logFile), { recursive: true });
    setAsideWhenLarge(logFile);
    const log = openSync(logFile, 'a', 0o600);
    const owner = { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
    // What was said in calls is in the server's files, and our folder can be walked through.
    const umask = process.umask(0o077);
    const server = spawn(command, args, { env, cwd, stdio: ['ignore', log, log], ...owner });
    process.umask(umask);
    closeSync(log);
    this.#server = server;
    this.#startedAtMs = Date.now();
    server.once('spawn', () => {
      if (server.pid === undefined) return;
      writePidFile(runDir, name, server.pid);
      this.#tell({ type: 'started', pid: server.pid });
    });
    server.once('error', (error) => {
      this.#tell({ type: 'failed', reason: error.message });
      if (server.pid === undefined) this.#gone(null, null);
    });
    server.once('exit', (code, signal) => {
      if (server.pid !== undefined) removePidFile(runDir, name, server.pid);
      this.#gone(code, signal);
    });
  }

  #gone(code: number | null, signal: NodeJS.Signals | null): void {
    this.#server = undefined;
    if (this.#stopping) return;
    this.#tell({ type: 'exited', code, signal });
    // Nobody is left to serve, or a new instance has taken the server down to start its own.
    if (this.#orphaned) return;
    if (Date.now() - this.#startedAtMs > WELL_AFTER_MS) this.#deaths = 0;
    const delayMs = BACKOFF_MS[Math.min(this.#deaths, BACKOFF_MS.length - 1)] ?? 0;
    this.#deaths += 1;
    if (delayMs === 0) this.#spawn();
    else this.#restart = setTimeout(() => this.#spawn(), delayMs);
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#restart);
    // An orphan that is being taken down is ours to see off as well.
    await this.#cleared;
    const pid = this.#server?.pid;
    if (pid !== undefined) {
      await stopProcess(pid, this.#spec.stop, this.#goneByMs);
      // A dead server may not have been reported to us yet.
      removePidFile(this.#spec.runDir, this.#spec.name, pid);
    }
    this.#tell({ type: 'stopped' });
  }
}

/** Sends the signals one after the other until the process is gone, faster when time is short. */
async function stopProcess(
  pid: number,
  steps: readonly StopStep[],
  goneByMs = Infinity,
): Promise<void> {
  for (const { signal, waitMs } of steps) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const gone = await poll(() => (isAlive(pid) ? undefined : true), {
      deadlineMs: Math.min(waitMs, Math.max(KILL_MS, goneByMs - KILL_MS - Date.now())),
      everyMs: GONE_POLL_MS,
    });
    if (gone) return;
  }
}

/** Keeps one older log beside the current one. */
function setAsideWhenLarge(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`);
}

function firstLinePid(file: string | undefined): number | undefined {
  if (file === undefined) return undefined;
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}
