/** Where Twilio opens streams: the HTTP server and the upgrade to a WebSocket. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { vouchFor, watchConnections } from '../connection-limits.ts';
import type { ConnectionLimitOptions } from '../connection-limits.ts';
import type { Log } from '../log.ts';
import { countRefusedStream } from '../metrics/media-metrics.ts';
import { refuseUpgrade } from '../refuse-upgrade.ts';
import type { UpgradeRefusal } from '../refuse-upgrade.ts';
import { isSignedStream, isStreamTarget } from '../twilio/stream-signature.ts';
import type { StreamSigning } from '../twilio/stream-signature.ts';
import { MAX_FRAME_BYTES } from './media-streams/stream-limits.ts';

export interface MediaServerOptions {
  signing: StreamSigning;
  /** Takes a socket over; `onKnown` is called when it has shown who it is. */
  host: { take(socket: WebSocket, onKnown: () => void): void; readonly isLeaving: boolean };
  log: Log;
  connections?: ConnectionLimitOptions;
}

export interface MediaServer {
  /** Not listening yet. */
  server: Server;
  /** Cuts off who is still there. */
  close(): Promise<void>;
}

/** For the headers: Twilio sends them in a single piece. */
const REQUEST_TIMEOUT_MS = 5_000;
const MAX_HEADER_BYTES = 16 * 1024;

export function createMediaServer(options: MediaServerOptions): MediaServer {
  const server = createServer({
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Node looks for slow requests only every 30 s unless told otherwise.
    connectionsCheckingInterval: 1000,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  const stopWatching = watchConnections(server, options.connections);
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    clientTracking: true,
  });
  server.on('request', (_request, response) => {
    response.writeHead(404, { 'content-length': 0, connection: 'close' }).end();
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => undefined);
    const status = refusalOf(request, options);
    if (status !== undefined) return refuseUpgrade(socket, status);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      socket.setNoDelay(true);
      options.host.take(webSocket, () => vouchFor(socket));
    });
  });
  return {
    server,
    close: async () => {
      stopWatching();
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve()); // also when it never listened
      });
    },
  };
}

function refusalOf(
  request: IncomingMessage,
  options: MediaServerOptions,
): UpgradeRefusal | undefined {
  const { signing, host, log } = options;
  if (!isStreamTarget(request.url ?? '', signing.publicBaseUrl)) return 404;
  if (!isSignedStream(request, signing)) {
    countRefusedStream('signature');
    log.warn('a stream that Twilio did not sign was refused');
    return 403;
  }
  if (!host.isLeaving) return undefined;
  countRefusedStream('leaving');
  return 503;
}
