import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deferred } from './deferred.ts';
import { handedConnection, tellSupervisor } from './messages.ts';

interface Connection {
  /** Requests that are not answered yet. */
  open: number;
  /** Bytes that had come in when the last answer was out: while no more come it is at rest. */
  restingAtBytes?: number;
}

/** A connection that is new when we drain is about to send its request; for that it has this long. */
const FIRST_REQUEST_MS = 2000;

/**
 * The connections of a process that does not listen: the supervisor accepts them and hands them over.
 * A server knows nothing of draining connections that it did not accept itself, so this does it.
 */
export class HandedConnections {
  readonly #connections = new Map<Socket, Connection>();
  readonly #answers = new Set<ServerResponse>();
  readonly #empty = deferred<void>();
  #draining = false;

  /** Serves them with this server, which must not listen. */
  serve(server: Server): void {
    server.prependListener('request', (request, response) => {
      this.#asked(request.socket, response);
    });
    if (server.listenerCount('upgrade') > 0) {
      // Whoever takes it out of HTTP ends it.
      server.prependListener('upgrade', (request) => this.#forget(request.socket));
    }
    // Here the server begins to look for requests that come too slowly.
    server.emit('listening');
    process.on('message', (message, handle) => {
      const handed = handedConnection(message);
      if (!handed) return;
      const socket = handle as Socket | undefined;
      // Our copy only. Without our word the supervisor gives its own to another process.
      if (this.#draining) socket?.destroy();
      else {
        tellSupervisor({ type: 'taken', id: handed.id });
        if (socket) this.#take(server, socket);
      }
    });
  }

  /**
   * Takes no more connections and answers what was asked on those that are here, each for the last
   * time. Resolves when all of them are closed.
   */
  async drain(): Promise<void> {
    if (!this.#draining) tellSupervisor({ type: 'draining' });
    this.#draining = true;
    for (const answer of this.#answers) makeLast(answer);
    // What has arrived is to be read before a connection counts as resting.
    await nextTurn();
    await nextTurn();
    for (const [socket, connection] of this.#connections) {
      if (isResting(socket, connection)) socket.destroySoon();
    }
    const timer = setTimeout(() => {
      for (const [socket, { open }] of this.#connections) if (open === 0) socket.destroy();
    }, FIRST_REQUEST_MS);
    if (this.#connections.size > 0) await this.#empty.promise;
    clearTimeout(timer);
  }

  #take(server: Server, socket: Socket): void {
    this.#connections.set(socket, { open: 0 });
    socket.once('close', () => this.#forget(socket));
    // As a server's own connections are: who has sent everything may close that side.
    socket.allowHalfOpen = true;
    server.emit('connection', socket);
  }

  #forget(socket: Socket): void {
    this.#connections.delete(socket);
    if (this.#draining && this.#connections.size === 0) this.#empty.resolve();
  }

  #asked(socket: Socket, answer: ServerResponse): void {
    const connection = this.#connections.get(socket);
    if (!connection) return;
    connection.open += 1;
    this.#answers.add(answer);
    if (this.#draining) makeLast(answer);
    answer.once('close', () => {
      this.#answers.delete(answer);
      connection.open -= 1;
      connection.restingAtBytes = socket.bytesRead;
      // Its head may have been out before we knew that it is the last one.
      if (this.#draining && connection.open === 0) socket.destroySoon();
    });
  }
}

function makeLast(answer: ServerResponse): void {
  if (!answer.headersSent) answer.setHeader('connection', 'close');
}

function isResting(socket: Socket, { open, restingAtBytes }: Connection): boolean {
  return open === 0 && socket.bytesRead === restingAtBytes;
}
