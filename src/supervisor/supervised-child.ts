import type { ChildProcess } from 'node:child_process';
import { Backoff } from './backoff.ts';
import { deferred } from './deferred.ts';
import { fromChild } from './messages.ts';

/** Where the processes leave their pids for those who look for them. */
export interface PidFiles {
  write(name: string, pid: number): void;
  /** Removes the file, unless it holds another pid by now. */
  remove(name: string, pid: number): void;
}

export interface SupervisorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ChildOptions {
  /** Name of the pid file, such as `voca-api-1`. */
  name: string;
  launch: () => ChildProcess;
  /** How long a child may take to leave when asked; then it is killed. */
  stopMs: number;
  /** How long to wait at least before it is started again; asked when it has ended. */
  restMs?: () => number;
  pidFiles: PidFiles;
  log: SupervisorLog;
}

/** A child that ends so often without ever having been ready is hopeless at the first start. */
const HOPELESS_EXITS = 3;

/** One place for a process: started, started again whenever it ends, stopped at the end. */
export class SupervisedChild {
  readonly name: string;
  readonly #options: ChildOptions;
  readonly #backoff = new Backoff();
  readonly #firstReady = deferred<void>();
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;
  #stopping = false;
  #wasReady = false;
  #isReady = false;
  #exits = 0;

  constructor(options: ChildOptions) {
    this.name = options.name;
    this.#options = options;
    this.#firstReady.promise.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** It lives, and has said that it is ready. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Starts it.
   * @returns when it said for the first time that it is ready
   * @throws when it ended three times before.
   */
  start(): Promise<void> {
    this.#launch();
    return this.#firstReady.promise;
  }

  /** Asks it to leave, and kills it when it does not in time. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    this.#firstReady.reject(new Error(`${this.name} was stopped before it was ready`));
    const child = this.#child;
    if (!child) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => {
      this.#options.log.warn({ process: this.name }, 'a process did not leave in time: killed');
      child.kill('SIGKILL');
    }, this.#options.stopMs);
    await this.#exited;
    clearTimeout(timer);
  }

  /** Kills it, and does not start it again. */
  kill(): void {
    this.#stopping = true;
    clearTimeout(this.#restart);
    this.#child?.kill('SIGKILL');
  }

  #launch(): void {
    const { launch, pidFiles, log } = this.#options;
    const child = launch();
    this.#child = child;
    this.#backoff.started();
    const ended = deferred<void>();
    this.#exited = ended.promise;
    if (child.pid !== undefined) pidFiles.write(this.name, child.pid);
    child.on('message', (message) => {
      const isOurs = this.#child === child; // not one that is gone already
      if (isOurs && fromChild(message)?.type === 'ready') this.#becameReady();
    });
    // Without a process there is no exit either.
    child.once('error', (error) => {
      log.error({ process: this.name, err: error }, 'a process has trouble');
      if (child.pid === undefined) this.#gone(child, null, null);
      ended.resolve();
    });
    child.once('exit', (code, signal) => {
      this.#gone(child, code, signal);
      ended.resolve();
    });
  }

  #becameReady(): void {
    if (!this.#wasReady) this.#options.log.info({ process: this.name }, 'a process is ready');
    this.#wasReady = true;
    this.#isReady = true;
    this.#firstReady.resolve();
  }

  #gone(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#isReady = false;
    const { pidFiles, log } = this.#options;
    if (child.pid !== undefined) pidFiles.remove(this.name, child.pid);
    if (this.#stopping) return;
    this.#exits += 1;
    const how = { process: this.name, ...(signal ? { signal } : { code }) };
    if (!this.#wasReady && this.#exits >= HOPELESS_EXITS) {
      this.#firstReady.reject(
        new Error(`${this.name} ended ${this.#exits} times before it was ready`),
      );
    }
    const delayMs = Math.max(this.#backoff.died(), this.#options.restMs?.() ?? 0);
    log.warn({ ...how, delayMs }, 'a process ended and is started again');
    if (delayMs === 0) this.#launch();
    else this.#restart = setTimeout(() => this.#launch(), delayMs);
  }
}
