import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deferred } from './deferred.ts';
import { fromChild } from './messages.ts';
import type { HandedConnection } from './messages.ts';
import type { SupervisorLog } from './supervised-child.ts';

export interface HandoverOptions {
  log: SupervisorLog;
  /** How many connections may wait for a process; more are closed. */
  maxHeld?: number;
  /** How long one may wait; then it is closed. */
  holdMs?: number;
}

interface Held {
  id: number;
  socket: Socket;
  expiry?: NodeJS.Timeout;
}

interface Server {
  process: ChildProcess;
  /** It has said that it is ready, and not yet that it drains. */
  serving: boolean;
  /** What it was handed and has not taken yet: a few at a time, so that a stuck process holds no more. */
  handed: Held[];
}

const MAX_HELD = 1000;
/** The next ones are on their way to a busy process while it takes one. */
const MAX_HANDED = 4;
/** Longer than a process takes to be started again, shorter than Twilio's patience (15 s). */
const HOLD_MS = 10_000;
const TELL_DROPPED_AFTER_MS = 1000;

/**
 * Hands connections to processes in turn. Our own copy of a socket is kept, unread, until the
 * process says that it has taken it: when the process dies before, the connection goes to another.
 * With no process ready connections wait.
 */
export class Handover {
  readonly #log: SupervisorLog;
  readonly #maxHeld: number;
  readonly #holdMs: number;
  readonly #waiting: Held[] = [];
  /** Whose turn is next comes first. */
  #servers: Server[] = [];
  #lastId = 0;
  #dropped = 0;
  #settled = deferred<void>();

  constructor({ log, maxHeld = MAX_HELD, holdMs = HOLD_MS }: HandoverOptions) {
    this.#log = log;
    this.#maxHeld = maxHeld;
    this.#holdMs = holdMs;
  }

  /** Lets a process have connections from when it says `ready` until it says `draining` or ends. */
  addProcess(process: ChildProcess): void {
    const server: Server = { process, serving: false, handed: [] };
    this.#servers.push(server);
    process.on('message', (message) => {
      const said = fromChild(message);
      if (said?.type === 'ready') server.serving = true;
      else if (said?.type === 'draining') this.#takeBack(server);
      else if (said?.type === 'taken') this.#taken(server, said.id);
      this.#handOut();
    });
    // Node does not say `disconnect` of one that is killed with a socket on its way to it.
    process.once('disconnect', () => this.#gone(server));
    process.once('exit', () => void this.#exited(server));
  }

  /** @param socket must not have been read from */
  offer(socket: Socket): void {
    socket.on('error', () => undefined);
    if (this.#waiting.length >= this.#maxHeld) return this.#drop(socket);
    this.#wait({ id: (this.#lastId += 1), socket });
    this.#handOut();
  }

  /** Resolves when every connection that was offered is taken, or closed. */
  async settled(): Promise<void> {
    if (!this.#isSettled()) await this.#settled.promise;
  }

  /** Closes all connections that nobody has taken. */
  dropAll(): void {
    for (const { socket, expiry } of this.#waiting.splice(0)) {
      clearTimeout(expiry);
      this.#drop(socket);
    }
    for (const server of this.#servers) {
      for (const { socket } of server.handed.splice(0)) this.#drop(socket);
    }
    this.#checkSettled();
  }

  async #exited(server: Server): Promise<void> {
    // What it had said before it died is still to be read: a turn from now it has been.
    await nextTurn();
    await nextTurn();
    this.#gone(server);
  }

  #gone(server: Server): void {
    this.#takeBack(server);
    this.#servers = this.#servers.filter((each) => each !== server);
    this.#handOut();
  }

  #wait(held: Held, first = false): void {
    held.expiry = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(held), 1);
      this.#drop(held.socket);
      this.#checkSettled();
    }, this.#holdMs);
    if (first) this.#waiting.unshift(held);
    else this.#waiting.push(held);
  }

  #handOut(): void {
    for (;;) {
      const server = this.#next();
      const held = server && this.#waiting.shift();
      if (!held) return;
      clearTimeout(held.expiry);
      this.#servers = [...this.#servers.filter((each) => each !== server), server];
      server.handed.push(held);
      const message: HandedConnection = { type: 'connection', id: held.id };
      server.process.send(message, held.socket, { keepOpen: true }, (error) => {
        const at = server.handed.indexOf(held);
        if (!error || at === -1) return;
        // The others may have arrived: theirs is what the process says, or its end.
        server.serving = false;
        server.handed.splice(at, 1);
        this.#wait(held, true);
        this.#handOut();
      });
    }
  }

  /** Who has the least to take; of those, whose turn it is. */
  #next(): Server | undefined {
    const able = this.#servers.filter(
      ({ serving, handed }) => serving && handed.length < MAX_HANDED,
    );
    const least = Math.min(...able.map(({ handed }) => handed.length));
    return able.find(({ handed }) => handed.length === least);
  }

  #taken(server: Server, id: number): void {
    const at = server.handed.findIndex((held) => held.id === id);
    const [taken] = at === -1 ? [] : server.handed.splice(at, 1);
    if (!taken) return;
    // Closes our descriptor only; the connection lives in the process.
    taken.socket.destroy();
    this.#checkSettled();
  }

  /** This process takes no more; what it has not taken is the next to be handed out. */
  #takeBack(server: Server): void {
    server.serving = false;
    for (const held of server.handed.splice(0).toReversed()) this.#wait(held, true);
  }

  #isSettled(): boolean {
    return this.#waiting.length === 0 && this.#servers.every(({ handed }) => handed.length === 0);
  }

  #checkSettled(): void {
    if (!this.#isSettled()) return;
    this.#settled.resolve();
    this.#settled = deferred();
  }

  #drop(socket: Socket): void {
    socket.destroy();
    this.#dropped += 1;
    if (this.#dropped > 1) return;
    setTimeout(() => {
      this.#log.warn({}, `closed ${this.#dropped} connections that no process could take`);
      this.#dropped = 0;
    }, TELL_DROPPED_AFTER_MS).unref();
  }
}
