import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Handover } from './handover.ts';
import type { HandoverOptions } from './handover.ts';

export interface ListenAddress {
  host: string;
  /** 0 for any free one. */
  port: number;
  /** What sets the port, for people; left out for PORT. */
  variable?: string;
}

/** How long those who are connected may still wait for a process when everything stops. */
const SETTLE_MS = 2000;

/**
 * The listening socket of an instance. It is open as long as the supervisor lives, whatever happens
 * to the processes behind it: nobody is ever refused because they are all dead at the same moment.
 */
export class Listener {
  readonly #server: Server;
  readonly #handover: Handover;
  readonly #options: HandoverOptions;

  constructor(options: HandoverOptions) {
    this.#options = options;
    this.#handover = new Handover(options);
    this.#server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) =>
      this.#handover.offer(socket),
    );
  }

  /** @throws an Error that says what to do when the port cannot be had. */
  async listen(address: ListenAddress): Promise<void> {
    try {
      this.#server.listen(address.port, address.host);
      await once(this.#server, 'listening');
    } catch (error) {
      throw new Error(whyNot(error as NodeJS.ErrnoException, address), { cause: error });
    }
    // For example no descriptors left: the next connection may well be accepted.
    this.#server.on('error', (error) =>
      this.#options.log.error({ err: error }, 'a connection could not be accepted'),
    );
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Lets a process have its share of the connections. */
  addProcess(process: ChildProcess): void {
    this.#handover.addProcess(process);
  }

  /** Accepts nobody new; resolves when those who are connected are all with a process. */
  async close(): Promise<void> {
    // The system has accepted some that we have not seen yet: one more look, a turn from now.
    await nextTurn();
    await nextTurn();
    this.#server.close();
    const timer = setTimeout(() => this.#handover.dropAll(), SETTLE_MS);
    await this.#handover.settled();
    clearTimeout(timer);
  }

  /** Closes everything that no process has taken, at once. */
  kill(): void {
    this.#server.close();
    this.#handover.dropAll();
  }
}

function whyNot(
  { code, message }: NodeJS.ErrnoException,
  { host, port, variable = 'PORT' }: ListenAddress,
): string {
  switch (code) {
    case 'EADDRINUSE':
      return (
        `Port ${port} of ${host} is taken, perhaps by another VOCA. Stop the program that listens ` +
        `there ("lsof -i :${port}" or "ss -ltnp" name it), or set ${variable} to another port.`
      );
    case 'EACCES':
      return (
        `This user may not listen on port ${port} of ${host}: ` +
        `set ${variable} to another port, 1024 or above.`
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return (
        `HOST is "${host}", which is no address of this machine: ` +
        'set it to one, such as 127.0.0.1, or to 0.0.0.0 for all of them.'
      );
    default:
      return `Port ${port} of ${host} cannot be listened on: ${message}`;
  }
}
