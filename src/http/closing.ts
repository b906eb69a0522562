import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Lets nobody hold a server that closes. Node stops looking for slow senders at that moment, and
 * does not count a connection that has sent nothing as idle. Who waits for an answer gets it: the
 * gateway needs less than `graceMs`.
 */
export function closeInTime(app: FastifyInstance, graceMs: number): void {
  const silent = new Set<Socket>();
  const known = new WeakSet<Socket>(); // one may be given to the server more than once
  let timer: NodeJS.Timeout | undefined;
  app.server.on('connection', (socket: Socket) => {
    if (known.has(socket)) return;
    known.add(socket);
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  app.server.on('request', ({ socket }) => silent.delete(socket));
  app.addHook('preClose', (done) => {
    for (const socket of silent) socket.destroy();
    timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
    done();
  });
  // Runs when the last connection is gone.
  app.addHook('onClose', (_instance, done) => {
    clearTimeout(timer);
    done();
  });
}
