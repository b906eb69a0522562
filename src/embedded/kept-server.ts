/** The parent's side of a keeper. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedError } from './embedded-error.ts';
import { poll } from './poll.ts';
import { isAlive } from './process-info.ts';
import type { KeeperNews, KeeperOrder, ServerSpec } from './server-spec.ts';

/** What the parent gives up on; the keeper itself is done long before. */
const STOP_DEADLINE_MS = 15_000;
const KEEPER_BACKOFF_MS = 200;

/** A server in the care of a keeper process. */
export class KeptServer {
  readonly spec: ServerSpec;
  readonly #nodeArgs: string[];
  #keeper: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #pid: number | undefined;
  #exits = 0;
  #failure: string | undefined;
  #stopping: Promise<void> | undefined;

  /** @param nodeArgs options of Node for the keeper's process (tests run it from its source) */
  constructor(spec: ServerSpec, nodeArgs: string[] = []) {
    this.spec = spec;
    this.#nodeArgs = nodeArgs;
  }

  /** The server's own pid; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** How often the server ended by itself. */
  get exits(): number {
    return this.#exits;
  }

  /** Why the server or its keeper cannot be started at all. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Whether it was told to stop. */
  get stopped(): boolean {
    return this.#stopping !== undefined;
  }

  start(): void {
    if (this.stopped) return;
    const entry = keeperEntry(this.#nodeArgs.length > 0);
    mkdirSync(dirname(this.spec.logFile), { recursive: true });
    const log = openSync(join(dirname(this.spec.logFile), 'keepers.log'), 'a', 0o600);
    const keeper = fork(entry, [], {
      env: this.spec.env,
      cwd: this.spec.cwd,
      execArgv: this.#nodeArgs,
      // A session of its own: out of reach of the terminal's Ctrl-C.
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.#keeper = keeper;
    keeper.on('message', (news: KeeperNews) => this.#hear(news));
    keeper.once('error', (error) => (this.#failure = error.message));
    keeper.once('exit', () => this.#keeperGone());
    this.#order({ type: 'run', spec: this.spec });
  }

  /** Stops the server and its keeper; resolves when both are gone. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Stops without waiting for anything. */
  kill(): void {
    this.#stopping ??= Promise.resolve();
    if (this.#pid !== undefined) tryKill(this.#pid, 'SIGKILL');
    if (this.#keeper?.pid !== undefined) tryKill(this.#keeper.pid, 'SIGTERM');
  }

  #hear(news: KeeperNews): void {
    if (news.type === 'started') this.#pid = news.pid;
    else if (news.type === 'failed') this.#failure = news.reason;
    else if (news.type === 'exited') {
      this.#pid = undefined;
      this.#exits += 1;
    }
  }

  /** A killed keeper is replaced; the new one takes the orphaned server down and starts its own. */
  #keeperGone(): void {
    this.#keeper = undefined;
    if (this.#stopping) return;
    this.#pid = undefined;
    this.#restart = setTimeout(() => this.start(), KEEPER_BACKOFF_MS);
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#restart);
    const keeper = this.#keeper;
    const pid = keeper?.pid;
    if (!keeper || pid === undefined) return;
    this.#order({ type: 'stop' });
    const left = await poll(() => (isAlive(pid) ? undefined : true), {
      deadlineMs: STOP_DEADLINE_MS,
    });
    if (!left) {
      if (this.#pid !== undefined) tryKill(this.#pid, 'SIGKILL');
      tryKill(pid, 'SIGKILL');
    }
    this.#pid = undefined;
  }

  #order(order: KeeperOrder): void {
    const keeper = this.#keeper;
    if (keeper?.connected) keeper.send(order, () => undefined);
  }
}

/** The keeper's script beside this file; from a TypeScript source, the built one. */
function keeperEntry(fromSource: boolean): string {
  const here = fileURLToPath(import.meta.url);
  if (!here.endsWith('.ts') || fromSource) {
    return join(dirname(here), `keeper-main.${here.endsWith('.ts') ? 'ts' : 'js'}`);
  }
  const built = join(dirname(here), '..', '..', 'dist', 'src', 'embedded', 'keeper-main.js');
  if (!existsSync(built)) {
    throw new EmbeddedError(
      'The keeper of the embedded servers is not built.',
      [],
      ['npm run build'],
    );
  }
  return built;
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone already
  }
}
