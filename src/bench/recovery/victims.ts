/** Kills processes of an instance, and sees them come back. */
import { readFileSync } from 'node:fs';
import { isAlive } from '../../embedded/process-info.ts';
import { readPidFile, runDir } from '../../embedded/index.ts';
import { pause } from '../play-call.ts';
import { parentOf } from '../process-meter.ts';

const LOOK_AGAIN_MS = 25;

export class Victims {
  readonly #dataDir: string;
  readonly #logFile: string;

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
    const log = readFileSync(this.#logFile, 'utf8');
    return new RegExp(`"pid":${pid},[^\\n]*"msg":"ready"`).test(log);
  }
}
