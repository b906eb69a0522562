/**
 * A customer's server in a process of its own, for drills and benchmarks:
 *
 *     const receiver = await Receiver.start({ logFile, script });
 *     await receiver.sign('/calls', [secret]);     // of the endpoint whose URL is receiver.url('/calls')
 *     await receiver.become({ do: 'answer', status: 500 });
 *     await receiver.kill();                        // -9; what it has received is in its log
 *     await receiver.restart();
 *     await receiver.stop();
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../demo/free-port.ts';
import { readReceived } from './received.ts';
import type { ReceivedWebhook } from './received.ts';
import { OK } from './receiver-order.ts';
import type { ReceiverMode, ReceiverOrder } from './receiver-order.ts';

type OrderOf<Kind extends ReceiverOrder['do']> = Omit<
  Extract<ReceiverOrder, { do: Kind }>,
  'number'
>;
type Order = OrderOf<'start'> | OrderOf<'mode'> | OrderOf<'secrets'>;

export interface ReceiverPlace {
  logFile: string;
  /** The compiled program; by default the one beside this file. */
  program?: string;
}

export class Receiver {
  readonly #port: number;
  readonly #logFile: string;
  readonly #program: string;
  readonly #secrets: Record<string, readonly string[]> = {};
  #mode: ReceiverMode = OK;
  #child: ChildProcess | undefined;
  #orders = 0;

  private constructor(port: number, { logFile, program }: ReceiverPlace) {
    this.#port = port;
    this.#logFile = logFile;
    this.#program = program ?? join(import.meta.dirname, 'receiver-main.js');
  }

  /** Listens on a free port of the loopback, and answers everything with 200. */
  static async start(place: ReceiverPlace): Promise<Receiver> {
    // Below the ports that outgoing connections take: it must be had again after a while.
    const receiver = new Receiver(await freePort(randomInt(20_000, 30_000)), place);
    await receiver.restart();
    return receiver;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** @param path one for each endpoint */
  url(path: string): string {
    return `http://127.0.0.1:${this.#port}${path}`;
  }

  /** From now on these secrets (`whsec_…`) sign what comes for the path. */
  async sign(path: string, secrets: readonly string[]): Promise<void> {
    this.#secrets[path] = secrets;
    await this.#tell({ do: 'secrets', secrets: this.#secrets });
  }

  async become(mode: ReceiverMode): Promise<void> {
    this.#mode = mode;
    await this.#tell({ do: 'mode', mode });
  }

  /** Kill -9. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** As it was, on the same port and with the same log. @throws when its process fails. */
  async restart(): Promise<void> {
    await this.kill();
    this.#child = fork(this.#program, [], { execArgv: [] });
    const place = { port: this.#port, logFile: this.#logFile };
    await this.#tell({ do: 'start', ...place, secrets: this.#secrets, mode: this.#mode });
  }

  /** Everything that has ever arrived, in order. */
  received(): ReceivedWebhook[] {
    return existsSync(this.#logFile) ? readReceived(this.#logFile) : [];
  }

  stop(): Promise<void> {
    return this.kill();
  }

  /** Does nothing while there is no process: it is told everything when it starts. */
  async #tell(order: Order): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#orders += 1;
    const number = this.#orders;
    const done = new Promise<void>((resolve, reject) => {
      const heard = (answer: unknown) => {
        if (answer === number) end(resolve);
      };
      const gone = () => end(() => reject(new Error('The receiver of webhooks has ended.')));
      const end = (settle: () => void) => {
        child.off('message', heard);
        child.off('exit', gone);
        settle();
      };
      child.on('message', heard);
      child.once('exit', gone);
    });
    child.send({ number, ...order } satisfies ReceiverOrder, () => undefined);
    await done;
  }
}
