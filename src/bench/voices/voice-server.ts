/**
 * Vendors of voices over real HTTP: ElevenLabs, Deepgram and OpenAI, told apart by their paths. For
 * benchmarks with many streams at a known delay, and for tests, in which it misbehaves on request.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { audioFor } from './voice-audio.ts';
import { failureBody, readRequest, type SpeechAsked } from './voice-dialects.ts';

export type VoiceBehaviour =
  /**
   * The whole clause: the first audio after `afterMs`, in pieces of `pieceBytes` (default: 200 ms of
   * it), one every `everyMs` (default: at once).
   */
  | { kind: 'speak'; afterMs?: number; everyMs?: number; pieceBytes?: number }
  /** Takes the request and never answers. */
  | { kind: 'stall' }
  /** So much of the audio (0 to 1), and then: nothing more; a broken connection. */
  | { kind: 'stall-midway' | 'cut'; part: number }
  /** Breaks the connection without any answer. */
  | { kind: 'hang-up' }
  /** A failure in the vendor's form. */
  | { kind: 'status'; status: number; code?: string; headers?: Record<string, string> }
  /** Status 200 with anything. */
  | { kind: 'raw'; body: Uint8Array | string; contentType?: string }
  /** Audio without end, as fast as it is taken. */
  | { kind: 'endless' };

export interface LoggedSpeech {
  /** Undefined when it was refused. */
  asked: SpeechAsked | undefined;
  path: string;
  headers: IncomingMessage['headers'];
  /** When the client had closed the connection before the end of the answer. */
  isAborted: boolean;
  connection: number;
}

export interface VoiceServer {
  /** Without a path; OpenAI's base URL has `/v1` behind it. */
  origin: string;
  /** Every request, in order of arrival; only ever grows. Empty with `keepLog: false`. */
  readonly log: readonly LoggedSpeech[];
  /** Behaviours for the next requests, one each. */
  script(...behaviours: VoiceBehaviour[]): void;
  /** What answers when the script is over. */
  always(behaviour: VoiceBehaviour): void;
  /** Answers that are under way: neither at their end nor given up by the client. */
  answering(): number;
  close(): Promise<void>;
}

/** 200 ms at 8 kHz. */
const PIECE_BYTES = 1_600;

/** Listens on a free port of the loopback. */
export async function startVoiceServer(
  options: { behaviour?: VoiceBehaviour; keepLog?: boolean } = {},
): Promise<VoiceServer> {
  const { keepLog = true } = options;
  let standing: VoiceBehaviour = options.behaviour ?? { kind: 'speak' };
  const queue: VoiceBehaviour[] = [];
  const log: LoggedSpeech[] = [];
  const sockets = new Map<Socket, number>();
  let opened = 0;
  let answering = 0;
  const server = createServer((request, response) => {
    const next = (): VoiceBehaviour => queue.shift() ?? standing;
    const connection = sockets.get(request.socket) ?? 0;
    answering += 1;
    response.on('close', () => (answering -= 1));
    handle(request, response, next, (entry) => {
      const whole = { ...entry, isAborted: false, connection };
      if (keepLog) log.push(whole);
      response.on('close', () => void (whole.isAborted = !response.writableFinished));
    }).catch(() => response.destroy());
  });
  // Longer than any pause of a benchmark, so that a client's connection is not cut under it.
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    sockets.set(socket, (opened += 1));
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    script: (...behaviours) => void queue.push(...behaviours),
    always: (behaviour) => void (standing = behaviour),
    answering: () => answering,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => VoiceBehaviour,
  note: (entry: Pick<LoggedSpeech, 'asked' | 'path' | 'headers'>) => void,
): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const url = new URL(request.url ?? '/', 'http://voices.test');
  const read = readRequest(url, request.headers, parsed(Buffer.concat(parts)));
  const asked = read && 'text' in read ? read : undefined;
  note({ asked, path: request.url ?? '', headers: request.headers });
  if (!read) return json(response, 404, {});
  if (!asked) return 'status' in read ? json(response, read.status, read.body) : undefined;
  await act(next(), asked, response);
}

async function act(
  what: VoiceBehaviour,
  asked: SpeechAsked,
  response: ServerResponse,
): Promise<void> {
  const audio = audioFor(asked);
  const contentType = asked.format === 'mulaw' ? 'audio/basic' : 'audio/pcm';
  switch (what.kind) {
    case 'speak': {
      const { afterMs = 0, everyMs = 0, pieceBytes = PIECE_BYTES } = what;
      if (afterMs > 0) await sleep(afterMs);
      response.writeHead(200, { 'content-type': contentType });
      for (let at = 0; at < audio.length && !response.destroyed; at += pieceBytes) {
        if (at > 0 && everyMs > 0) await sleep(everyMs);
        await write(response, audio.subarray(at, at + pieceBytes));
      }
      response.end();
      return;
    }
    case 'stall':
      return;
    case 'stall-midway':
    case 'cut':
      response.writeHead(200, { 'content-type': contentType });
      await write(response, audio.subarray(0, Math.floor(audio.length * what.part)));
      if (what.kind === 'cut') response.socket?.destroy();
      return;
    case 'hang-up':
      response.socket?.destroy();
      return;
    case 'status': {
      const { status, code = 'fake', headers = {} } = what;
      return json(response, status, failureBody(asked.vendor, status, code), headers);
    }
    case 'raw':
      response.writeHead(200, { 'content-type': what.contentType ?? contentType });
      response.end(what.body);
      return;
    case 'endless':
      response.writeHead(200, { 'content-type': contentType });
      while (!response.destroyed) await write(response, audio);
  }
}

/** Resolves when the piece has left, and also when it cannot leave any more. */
async function write(response: ServerResponse, piece: Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => {
    response.write(piece, () => resolve());
  });
}

function json(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function parsed(raw: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(raw.toString('utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}
