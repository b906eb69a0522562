/** What a stranger who was refused hears of it, and that he is not kept: see `../connection-limits.ts`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { isStranger, watchConnections } from '../connection-limits.ts';
import type { ConnectionLimitOptions } from '../connection-limits.ts';

/** Who was refused has this long to read it while still sending, in milliseconds. */
const LINGER_MS = 1_000;

/** Watches the connections of a server, however they come to it. */
export function limitConnections(app: FastifyInstance, options: ConnectionLimitOptions = {}): void {
  const stop = watchConnections(app.server, options);
  app.addHook('onClose', (_instance, done) => {
    stop();
    done();
  });
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    response.once('finish', () => cutOff(request, response));
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    // A refused stranger is not kept; one who is still sending would not hear why.
    if (isRefusal(request.raw.socket, reply.statusCode) && isComplete(request.raw)) {
      void reply.header('connection', 'close');
    }
    done(null, payload);
  });
}

function isRefusal(socket: Socket, status: number): boolean {
  return status >= 400 && isStranger(socket);
}

function isComplete({ complete, headers }: IncomingMessage): boolean {
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;
  return complete || !hasBody;
}

/** What a refused stranger goes on sending is not read to its end. */
function cutOff(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  if (isComplete(request) || !isRefusal(socket, response.statusCode)) return;
  setTimeout(() => {
    if (!request.complete) socket.destroy();
  }, LINGER_MS).unref();
}
