/**
 * A server that behaves as Deepgram's live transcription, over real WebSockets, with delays that are
 * set. It understands captions (or a script), so that recognition costs next to nothing.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import {
  DeepgramStream,
  STREAM_TIMES,
  type StreamLog,
  type StreamTimes,
} from './deepgram-stream.ts';
import { understandCaptions, type Understanding } from './understanding.ts';

export interface DeepgramServerOptions extends Partial<StreamTimes> {
  /** Port of the loopback; left out: any free one. */
  port?: number;
  /** Called for each stream. Default: captions. */
  understanding?: () => Understanding;
  /** May take the request over before it becomes a stream: then it answers true. */
  onUpgrade?: (request: IncomingMessage, socket: Duplex, accept: () => void) => boolean;
  onStream?: (stream: DeepgramStream) => void;
}

export interface DeepgramServer {
  /** For `DEEPGRAM_BASE_URL`. */
  baseUrl: string;
  /** All streams so far. */
  readonly streams: readonly StreamLog[];
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

export async function startDeepgramServer(
  options: DeepgramServerOptions = {},
): Promise<DeepgramServer> {
  const { understanding = understandCaptions, onUpgrade, onStream, port: wanted = 0 } = options;
  const times = { ...STREAM_TIMES, ...options };
  const streams: StreamLog[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((_request, response) => response.writeHead(404).end());
  const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    const accept = (): void =>
      upgrades.handleUpgrade(request, socket, head, (webSocket) => {
        const { url = '', headers } = request;
        const log: StreamLog = { url, headers, bytes: 0, messages: [], pieces: 0 };
        streams.push(log);
        const stream = new DeepgramStream(webSocket, log, understanding(), times);
        onStream?.(stream);
      });
    if (onUpgrade?.(request, socket, accept)) return;
    accept();
  });
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    streams,
    open: () => sockets.size,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
