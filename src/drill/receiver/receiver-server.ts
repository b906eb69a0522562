/** A customer's server: receives webhooks, writes down every one, and answers as it is told. */
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ReceivedWebhook, ReceiverLine } from './received.ts';
import type { ReceiverMode, Secrets } from './receiver-order.ts';
import { checkSignature } from './signature-check.ts';

export interface ReceiverOptions {
  port: number;
  /** Lines are added to what is there. */
  logFile: string;
  secrets: Secrets;
  mode: ReceiverMode;
}

export class ReceiverServer {
  readonly #port: number;
  readonly #log: number;
  #secrets: Secrets;
  #mode: ReceiverMode = { do: 'closed' };
  #server: Server | undefined;
  #arrivals = 0;

  private constructor({ port, logFile, secrets }: ReceiverOptions) {
    this.#port = port;
    this.#secrets = secrets;
    this.#log = openSync(logFile, 'a', 0o600);
  }

  /** Listens on the port of the loopback, unless it is to be closed. */
  static async start(options: ReceiverOptions): Promise<ReceiverServer> {
    const receiver = new ReceiverServer(options);
    await receiver.setMode(options.mode);
    return receiver;
  }

  setSecrets(secrets: Secrets): void {
    this.#secrets = secrets;
  }

  /** Whoever waits for an answer gets what the mode of his arrival has promised. */
  async setMode(mode: ReceiverMode): Promise<void> {
    this.#mode = mode;
    if (mode.do === 'closed') return this.#stopListening();
    if (!this.#server) await this.#listen();
  }

  async close(): Promise<void> {
    await this.#stopListening();
    closeSync(this.#log);
  }

  async #listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.#receive(request, response).catch(() => response.destroy());
    });
    server.keepAliveTimeout = 60_000;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
  }

  async #stopListening(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.setEncoding('utf8');
    let body = '';
    for await (const part of request) body += String(part);
    const mode = this.#mode;
    const isAtOnce = mode.do === 'answer' && mode.afterMs === undefined;
    const entry = this.#entry(request, body, isAtOnce ? mode.status : null);
    this.#write(entry);
    if (mode.do !== 'answer') return; // it hangs, or closes at this moment
    if (!isAtOnce) {
      await new Promise((resolve) => setTimeout(resolve, mode.afterMs));
      if (response.destroyed) return;
      this.#write({ n: entry.n, answer: mode.status });
    }
    // Written down before it is sent: what the log does not have was certainly not answered.
    response.writeHead(mode.status, { 'Content-Type': 'text/plain' });
    response.end(mode.status < 300 ? 'received' : 'out of order');
  }

  #entry(request: IncomingMessage, body: string, answer: number | null): ReceivedWebhook {
    const { pathname } = new URL(request.url ?? '/', 'http://receiver');
    const header = (name: string) => String(request.headers[name] ?? '');
    const id = header('webhook-id');
    const parts = {
      timestamp: header('webhook-timestamp'),
      signature: header('webhook-signature'),
    };
    const signature = checkSignature(this.#secrets[pathname] ?? [], { id, ...parts, body });
    this.#arrivals += 1;
    const n = `${process.pid}-${this.#arrivals}`;
    return { n, atMs: Date.now(), path: pathname, id, signature, body, answer };
  }

  #write(line: ReceiverLine): void {
    writeSync(this.#log, `${JSON.stringify(line)}\n`);
  }
}
