/** Listeners on this machine that nobody must reach. */
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Canary {
  port: number;
  /** Emits `reached` for each connection. */
  events: EventEmitter;
  /** Connections since the last look, whatever came over them. */
  touched(): number;
  close(): Promise<void>;
}

/** Listens on the same free port of 127.0.0.0/8 and ::1. */
export async function startCanary(): Promise<Canary> {
  const reached = new EventEmitter();
  const sockets = new Set<Socket>();
  let connections = 0;
  const listen = async (host: string, port: number) => {
    const server = createServer((_request, response) => response.end('reached'));
    server.on('connection', (socket) => {
      connections += 1;
      sockets.add(socket);
      reached.emit('reached');
    });
    server.listen({ host, port, ipv6Only: host.includes(':') });
    await once(server, 'listening');
    return server;
  };
  const v4 = await listen('0.0.0.0', 0);
  const { port } = v4.address() as AddressInfo;
  const servers: Server[] = [v4, await listen('::', port)];
  return {
    port,
    events: reached,
    touched() {
      const since = connections;
      connections = 0;
      return since;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => once(server.close(), 'close')));
    },
  };
}
