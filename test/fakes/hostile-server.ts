/** A server that wants to do harm: it answers every request with what it is given, over real HTTP. */
import { once } from 'node:events';
import { createServer, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HostileServer {
  /** Without a path. */
  origin: string;
  /** All requests so far. */
  readonly requests: { headers: Record<string, unknown>; connection: number }[];
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

export interface Attack {
  status?: number;
  headers?: OutgoingHttpHeaders;
  /** Written as they come, as fast as they are taken; ends with the last one. */
  body: Iterable<string | Uint8Array>;
}

/** Listens on a free port of the loopback. Never says how long it keeps an idle connection. */
export async function startHostileServer(attack: Attack): Promise<HostileServer> {
  const requests: HostileServer['requests'] = [];
  const sockets = new Set<unknown>();
  const numbers = new WeakMap<object, number>();
  let opened = 0;
  const server = createServer((request, response) => {
    requests.push({ headers: request.headers, connection: numbers.get(request.socket) ?? 0 });
    request.resume().on('end', () => void answer(attack, response));
  });
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    numbers.set(socket, (opened += 1));
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    open: () => sockets.size,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer({ status = 200, headers, body }: Attack, response: ServerResponse) {
  response.writeHead(status, headers);
  for (const piece of body) {
    if (response.destroyed) return;
    // Told when the piece has left, and also when it cannot leave any more.
    await new Promise<void>((resolve) => {
      response.write(piece, () => resolve());
    });
  }
  response.end();
}
