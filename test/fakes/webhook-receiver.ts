/** A customer's server that writes down what it gets, and behaves as it is told. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** When all of it was there, in milliseconds. */
  at: number;
  /** Requests under way when it came, itself included. */
  atOnce: number;
  /** The id of the event. */
  id: string;
}

export type ReceiverBehaviour =
  | { status: number; headers?: Record<string, string>; body?: string; afterMs?: number }
  /** Accepts, and never answers. */
  | 'hang'
  /** Closes the connection. */
  | 'cut';

export class WebhookReceiver {
  readonly received: ReceivedRequest[] = [];
  /** What it does with a request; may differ from one to the next. */
  behave: (request: ReceivedRequest) => ReceiverBehaviour = () => ({ status: 200 });
  #server: Server | undefined;
  #port = 0;
  #open = new Set<ServerResponse>();

  /** On a free port of the loopback. */
  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await receiver.up();
    return receiver;
  }

  /** @param path one for each endpoint */
  url(path = '/'): string {
    return `http://127.0.0.1:${this.#port}${path}`;
  }

  /** The ids of the events that it has answered well or otherwise, in order of their arrival. */
  ids(path?: string): string[] {
    return this.received
      .filter((each) => path === undefined || each.path === path)
      .map(({ id }) => id);
  }

  /** Nobody listens any more. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  /** On the same port as before. */
  async up(): Promise<void> {
    const server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('error', () => undefined);
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        this.#open.add(response);
        response.on('close', () => this.#open.delete(response));
        const received = {
          path: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(pieces).toString(),
          at: performance.now(),
          atOnce: this.#open.size,
          id: String(request.headers['webhook-id']),
        };
        this.received.push(received);
        answer(this.behave(received), response);
      });
    });
    server.keepAliveTimeout = 60_000;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }
}

function answer(behaviour: ReceiverBehaviour, response: ServerResponse): void {
  if (behaviour === 'hang') return;
  if (behaviour === 'cut') {
    response.destroy();
    return;
  }
  const { status, headers = {}, body = '', afterMs = 0 } = behaviour;
  setTimeout(() => response.writeHead(status, headers).end(body), afterMs).unref();
}
