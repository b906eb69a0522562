/**
 * Runs the processes of one instance: starts them, starts again what dies, and stops everything in
 * order. It is the one process that the operating system has to restart.
 */
import { deferred } from './deferred.ts';
import { launchFork } from './launch.ts';
import type { Program } from './launch.ts';
import { Listener } from './listener.ts';
import type { ListenAddress } from './listener.ts';
import { repeatedSignals } from './signals.ts';
import { SupervisedChild } from './supervised-child.ts';
import type { PidFiles, SupervisorLog } from './supervised-child.ts';

export interface Group extends Program {
  /** `voca-api` makes processes called `voca-api-1`, `voca-api-2`, ... */
  name: string;
  count: number;
  /** How long its processes may take to leave when asked; then they are killed. */
  stopMs?: number;
  /**
   * So much later one that has ended is started again while another one is ready, which has more to do
   * at first: a start takes the time of a processor that those need who come to the other one.
   */
  restMs?: number;
}

/** Something else that has to be stopped in order, such as the embedded servers. */
export interface Service {
  name: string;
  stop(): Promise<void>;
  /** Stops it without waiting for anything. */
  kill(): void;
}

export interface SupervisorOptions {
  log: SupervisorLog;
  pidFiles: PidFiles;
}

/** Shorter than the time in which an instance must be gone. */
const STOP_MS = 7000;

/**
 * Groups start in the order in which they were added, and stop in it as well, one after the other
 * (first who takes calls, then who works for them); services stop last, newest first.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #groups: SupervisedChild[][] = [];
  readonly #listeners: Listener[] = [];
  readonly #services: Service[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /**
   * Listens from now on until everything stops. Who connects while no process is ready waits a
   * while: so listening before everything else keeps callers when an instance is started again.
   * @throws an Error that says what to do when the port cannot be had.
   */
  async listen(address: ListenAddress): Promise<Listener> {
    const listener = new Listener({ log: this.#options.log });
    await listener.listen(address);
    this.#listeners.push(listener);
    return listener;
  }

  /**
   * Processes that serve the connections of a listener. They are told so (`--handed`) and take them
   * with {@link HandedConnections}.
   */
  addServing(group: Group, listener: Listener): void {
    this.#add(group, (name) => {
      const child = launchFork(named(group, name, '--handed'));
      listener.addProcess(child);
      return child;
    });
  }

  /** Processes of their own. */
  addFork(group: Group): void {
    this.#add(group, (name) => launchFork(named(group, name)));
  }

  /** Takes over the stopping of something that was started elsewhere. */
  adopt(service: Service): void {
    this.#services.push(service);
  }

  /**
   * Starts all processes.
   * @returns when each has said that it is ready
   * @throws when one of them ends again and again before; stop() is then still to be called.
   */
  async start(): Promise<void> {
    await Promise.all(this.#groups.flat().map((child) => child.start()));
  }

  /** Pids by name, of what runs at this moment. */
  pids(): Record<string, number> {
    const running = this.#groups.flat().filter((child) => child.pid !== undefined);
    return Object.fromEntries(running.map((child) => [child.name, child.pid ?? 0]));
  }

  /** Stops everything in order; resolves when nothing is left. Calling it again changes nothing. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Kills the processes; services get their orderly stop, which is short. */
  hurry(): void {
    for (const listener of this.#listeners) listener.kill();
    for (const child of this.#groups.flat()) child.kill();
    void this.stop();
  }

  /** Kills everything. */
  kill(): void {
    this.hurry();
    for (const service of this.#services) service.kill();
  }

  /**
   * Stops on SIGINT, SIGTERM or SIGHUP; the second one hurries, the third kills.
   * @returns the first signal, once everything has stopped.
   */
  async untilSignal(): Promise<NodeJS.Signals> {
    const first = deferred<NodeJS.Signals>();
    const unhook = repeatedSignals((signal, count) => {
      this.#options.log.info({ signal, count }, 'stopping');
      if (count === 1) first.resolve(signal);
      else if (count === 2) this.hurry();
      else this.kill();
    });
    const signal = await first.promise;
    await this.stop();
    unhook();
    return signal;
  }

  #add(
    { name, count, stopMs = STOP_MS, restMs = 0 }: Group,
    launch: (name: string) => ReturnType<typeof launchFork>,
  ): void {
    const { log, pidFiles } = this.#options;
    const group: SupervisedChild[] = [];
    for (let number = 1; number <= count; number += 1) {
      const own = `${name}-${number}`;
      group.push(
        new SupervisedChild({
          name: own,
          launch: () => launch(own),
          stopMs,
          restMs: () => (group.some(({ isReady }) => isReady) ? restMs : 0),
          pidFiles,
          log,
        }),
      );
    }
    this.#groups.push(group);
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    for (const group of this.#groups) await Promise.all(group.map((child) => child.stop()));
    for (const service of this.#services.toReversed()) {
      try {
        await service.stop();
      } catch (error) {
        this.#options.log.error({ service: service.name, err: error }, 'a service did not stop');
      }
    }
  }
}

/** Each process is told its name, `--name voca-api-1`: for its title and its log. */
function named(program: Program, name: string, ...more: string[]): Program {
  return { ...program, args: [...(program.args ?? []), '--name', name, ...more] };
}
