/**
 * A server that behaves as OpenAI's `/v1/audio/transcriptions`, with a delay that is set. It
 * understands captions, so that recognition costs next to nothing.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { CaptionReader } from '../../captions/index.ts';
import { encodeMulaw } from '../../audio/mulaw.ts';
import { readWav } from '../../audio/wav.ts';
import { readMultipart } from './multipart-form.ts';

export interface TranscriptionServerOptions {
  /** Port of the loopback; left out: any free one. */
  port?: number;
  /** From the end of the request to its answer. */
  answerMs?: number;
  /** May answer in its own way: then it answers true. */
  onRequest?: (request: TranscriptionRequest, response: ServerResponse) => boolean;
}

export interface TranscriptionRequest {
  headers: NodeJS.Dict<string | string[]>;
  /** Of the form, apart from the file. */
  fields: Record<string, string>;
  audioMs: number;
  text: string;
}

export interface TranscriptionServer {
  /** For `OPENAI_BASE_URL`. */
  baseUrl: string;
  readonly requests: readonly TranscriptionRequest[];
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

export async function startTranscriptionServer(
  options: TranscriptionServerOptions = {},
): Promise<TranscriptionServer> {
  const requests: TranscriptionRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    answer(request, response, options, requests).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
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

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { answerMs = 0, onRequest }: TranscriptionServerOptions,
  requests: TranscriptionRequest[],
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  if (!request.url?.endsWith('/audio/transcriptions')) return void response.writeHead(404).end();
  const { fields, file } = readMultipart(
    request.headers['content-type'] ?? '',
    Buffer.concat(pieces),
  );
  const wav = readWav(file);
  // Its lowest bits come through: what was mu-law once is so again, bit by bit but for a zero's sign.
  const audio = wav.encoding === 'mulaw' ? wav.audio : encodeMulaw(wav.samples);
  const words = new CaptionReader().read(audio).map(({ word }) => word);
  const { headers } = request;
  const understood = { headers, fields, audioMs: audio.length / 8, text: words.join(' ') };
  requests.push(understood);
  if (onRequest?.(understood, response)) return;
  if (answerMs > 0) await new Promise((resolve) => setTimeout(resolve, answerMs));
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ text: understood.text }));
}
