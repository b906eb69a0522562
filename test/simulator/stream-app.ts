/** The application's end of media streams, as tests need it: a WebSocket server that does as it is told. */
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { CaptionReader, spokenCaptions, writeCaptions } from '../../src/captions/index.ts';
import { speechLikeTones } from '../../src/audio/speech-like-tones.ts';

export interface Message {
  event: string;
  sequenceNumber?: string;
  streamSid?: string;
  start?: {
    streamSid: string;
    accountSid: string;
    callSid: string;
    tracks: string[];
    customParameters: Record<string, string>;
    mediaFormat: { encoding: string; sampleRate: number; channels: number };
  };
  media?: { track: string; chunk: string; timestamp: string; payload: string };
  mark?: { name: string };
  dtmf?: { track: string; digit: string };
  stop?: { accountSid: string; callSid: string };
}

/** One socket, with all that came over it. */
export class AppStream {
  readonly messages: (Message & { atMs: number })[] = [];
  /** What the caller said, by its captions. */
  readonly words: string[] = [];
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly closed: Promise<number>;
  readonly #waiting = new Set<() => void>();
  readonly #reader = new CaptionReader();

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket;
    this.request = request;
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)));
    socket.on('message', (data) => {
      const message = JSON.parse((data as Buffer).toString('utf8')) as Message;
      this.messages.push({ ...message, atMs: performance.now() });
      if (message.event === 'media') {
        this.words.push(...this.#reader.read(payloadOf(message)).map(({ word }) => word));
      }
      for (const look of this.#waiting) look();
    });
  }

  get streamSid(): string {
    return this.messages.find(({ event }) => event === 'start')?.streamSid ?? '';
  }

  of(event: string): (Message & { atMs: number })[] {
    return this.messages.filter((message) => message.event === event);
  }

  /** All audio so far. */
  get audio(): Uint8Array {
    return Buffer.concat(this.of('media').map((each) => payloadOf(each)));
  }

  /** The first message that satisfies this, past or to come. */
  waitFor(matches: (message: Message) => boolean, timeoutMs = 10_000): Promise<Message> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no such message came')), timeoutMs);
      const look = () => {
        const found = this.messages.find(matches);
        if (!found) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  send(message: object): void {
    this.socket.send(JSON.stringify({ streamSid: this.streamSid, ...message }));
  }

  media(audio: Uint8Array): void {
    this.send({ event: 'media', media: { payload: Buffer.from(audio).toString('base64') } });
  }

  mark(name: string): void {
    this.send({ event: 'mark', mark: { name } });
  }

  clear(): void {
    this.send({ event: 'clear' });
  }
}

export function payloadOf({ media }: Message): Buffer {
  return Buffer.from(media?.payload ?? '', 'base64');
}

/** Words as audible audio with captions. */
export function spoken(text: string): Uint8Array {
  const audio = speechLikeTones(text);
  return writeCaptions(audio, spokenCaptions(text, audio.length));
}

export interface StreamApp {
  /** `ws://127.0.0.1:PORT` */
  url: string;
  streams: AppStream[];
  /** The nth stream (from 0) once it has started. */
  stream(index?: number): Promise<AppStream>;
  close(): Promise<void>;
}

/** @param refuse answers upgrades with this status instead */
export async function startStreamApp(refuse?: number): Promise<StreamApp> {
  const streams: AppStream[] = [];
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    ...(refuse === undefined
      ? {}
      : {
          verifyClient: (_info, done: (ok: boolean, code: number) => void) => done(false, refuse),
        }),
  });
  await new Promise((resolve) => server.on('listening', resolve));
  let arrived = () => {};
  server.on('connection', (socket, request) => {
    streams.push(new AppStream(socket, request));
    arrived();
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    streams,
    async stream(index = 0) {
      while (streams.length <= index) {
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
      const stream = streams[index] as AppStream;
      await stream.waitFor(({ event }) => event === 'start');
      return stream;
    },
    close() {
      for (const { socket } of streams) socket.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
