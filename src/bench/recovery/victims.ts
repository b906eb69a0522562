/** Kills processes of an instance, and sees them come back. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isAlive } from '../../embedded/process-info.ts';
import { readPidFile, runDir } from '../../embedded/index.ts';
import { pause } from '../play-call.ts';
import { parentOf } from '../process-meter.ts';

const LOOK_AGAIN_MS = 25;
const READY = /"pid":(\d+),[^\n]*"msg":"ready"/g;

export class Victims {
  readonly #dataDir: string;
  readonly #logFile: string;
  /** Those that have said that they are ready, in so much of the log. */
  readonly #ready = new Set<number>();
  #readBytes = 0;

  constructor(place: { dataDir: string; logFile: string }) {
    this.#dataDir = place.dataDir;
    this.#logFile = place.logFile;
  }

  /** @throws when there is no such process at this moment. */
  pidOf(name: string): number {
    const pid = readPidFile(runDir(this.#dataDir), name);
    if (pid === undefined) throw new Error(`${name} does not run.`);
    return pid;
  }

  /** @returns the pid of the one that is gone now. */
  kill(name: string): number {
    const pid = this.pidOf(name);
    process.kill(pid, 'SIGKILL');
    return pid;
  }

  /**
   * Keeps a server from being started again, by stopping the process that looks after it.
   * @returns lets it go on
   */
  hold(name: string): () => void {
    const keeper = parentOf(this.pidOf(name));
    if (keeper === undefined) throw new Error(`${name} does not run.`);
    process.kill(keeper, 'SIGSTOP');
    return () => {
      if (isAlive(keeper)) process.kill(keeper, 'SIGCONT');
    };
  }

  /**
   * Waits until a process of this name is ready that is not the killed one. False: it was not in
   * time, or nobody waits any longer.
   */
  async isThere(
    name: string,
    wait: { withinMs: number; stopping: AbortSignal; killedPid?: number },
  ): Promise<boolean> {
    const end = Date.now() + wait.withinMs;
    while (Date.now() < end && !wait.stopping.aborted) {
      if (this.#isThere(name, wait.killedPid)) return true;
      await pause(LOOK_AGAIN_MS, wait.stopping);
    }
    return false;
  }

  /** Servers are there when they run; our own processes say so in the log. */
  #isThere(name: string, killedPid: number | undefined): boolean {
    const pid = readPidFile(runDir(this.#dataDir), name);
    if (pid === undefined || pid === killedPid || !isAlive(pid)) return false;
    if (name === 'voca-temporal' || name === 'voca-postgres') return true;
    this.#readOn();
    return this.#ready.has(pid);
  }

  /**
   * Only what is new: this process hands connections to the api and is Twilio, too, and has no time to read a
   * long log again and again. Up to its last whole line.
   */
  #readOn(): void {
    const log = openSync(this.#logFile, 'r');
    try {
      const bytes = Buffer.alloc(fstatSync(log).size - this.#readBytes);
      const read = readSync(log, bytes, 0, bytes.length, this.#readBytes);
      const end = bytes.subarray(0, read).lastIndexOf('\n') + 1;
      this.#readBytes += end;
      const lines = bytes.subarray(0, end).toString();
      for (const [, pid] of lines.matchAll(READY)) this.#ready.add(Number(pid));
    } finally {
      closeSync(log);
    }
  }
}
