/** The media server on a real socket, in front of a workflow and a session that are scripted. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { createLogger } from '../../src/log.ts';
import type { Line, LineEvent } from '../../src/media/line.ts';
import { LiveStreams } from '../../src/media/live-streams.ts';
import type { StreamLimits } from '../../src/media/media-streams/stream-limits.ts';
import { createMediaServer } from '../../src/media/server.ts';
import type { Session, SessionRequest } from '../../src/media/session-port.ts';
import { StreamHost } from '../../src/media/stream-host.ts';
import { StreamRefusedError } from '../../src/stream-gateway.ts';
import { createStreamTokens } from '../../src/stream-token.ts';
import type { ConnectionLimitOptions } from '../../src/connection-limits.ts';
import type { AttachRequest, SessionEnd, StreamBrief } from '../../workflows/stream-contract.ts';

export const AUTH_TOKEN = '0123456789abcdef0123456789abcdef';
export const ACCOUNT_SID = `AC${'1'.repeat(32)}`;
export const PUBLIC = 'https://voice.example.com/voca';
export const CALL_ID = `call_${'0V'.repeat(13)}`;
export const OTHER_CALL_ID = `call_${'0W'.repeat(13)}`;
export const CALL_SID = `CA${'2'.repeat(32)}`;
export const STREAM_SID = `MZ${'3'.repeat(32)}`;

export const tokens = createStreamTokens({ secretKeys: [], authToken: AUTH_TOKEN });
export const tokenFor = (callId = CALL_ID, stream = 1, until = Date.now() + 30_000): string =>
  tokens.make({ callId, stream, until });

/** As Twilio signs an upgrade. */
export const signatureOf = (url: string, authToken = AUTH_TOKEN): string =>
  createHmac('sha1', authToken).update(url).digest('base64');

/** A session that keeps what it is told and ends when it is told to, or with its line. */
export class ScriptedSession implements Session {
  readonly request: SessionRequest;
  readonly events: LineEvent[] = [];
  readonly ended: Promise<SessionEnd>;
  end: (end: SessionEnd) => void = () => undefined;

  constructor(request: SessionRequest) {
    this.request = request;
    this.ended = new Promise((resolve) => (this.end = resolve));
    request.listen((event) => {
      this.events.push(event);
      if (event.type !== 'ended') return;
      this.end({ why: event.why === 'stopped' ? 'stopped' : 'lost' });
    });
  }

  get line(): Line {
    return this.request.line;
  }

  hangUp(): void {
    this.line.close();
    this.end({ why: 'stopped' });
  }

  move(): void {
    this.line.close();
    this.end({ why: 'moved' });
  }

  /** Milliseconds of audio. */
  get heardMs(): number {
    return this.events.reduce((ms, e) => ms + (e.type === 'audio' ? e.audio.length / 8 : 0), 0);
  }
}

export interface MediaBenchOptions {
  limits?: Partial<StreamLimits>;
  connections?: ConnectionLimitOptions;
  /** What the call's workflow answers; by default it lets each stream of a call in once. */
  attach?: (callId: string, request: AttachRequest) => Promise<StreamBrief>;
  openSession?: (request: SessionRequest) => Session;
}

export class MediaBench {
  readonly sessions: ScriptedSession[] = [];
  readonly attached: { callId: string; request: AttachRequest }[] = [];
  readonly streams = new LiveStreams();
  readonly host: StreamHost;
  readonly logged: string[] = [];
  readonly #server: ReturnType<typeof createMediaServer>;
  readonly #sockets: WebSocket[] = [];

  constructor(options: MediaBenchOptions = {}) {
    const redeemed = new Set<string>();
    const attachOnce = async (callId: string, { stream }: AttachRequest): Promise<StreamBrief> => {
      const key = `${callId} ${stream}`;
      if (redeemed.has(key)) throw new StreamRefusedError();
      redeemed.add(key);
      return {} as StreamBrief; // the scripted session looks at nothing of it
    };
    const attach = options.attach ?? attachOnce;
    const log = createLogger({
      level: 'debug',
      role: 'test',
      destination: { write: (line) => void this.logged.push(line) },
    });
    this.host = new StreamHost({
      accountSid: ACCOUNT_SID,
      tokens,
      taskQueue: 'voca-media-test',
      streams: this.streams,
      door: {
        attach: (callId, request) => {
          this.attached.push({ callId, request });
          return attach(callId, request);
        },
      },
      openSession:
        options.openSession ??
        ((request) => {
          const session = new ScriptedSession(request);
          this.sessions.push(session);
          return session;
        }),
      log,
      ...(options.limits && { limits: options.limits }),
    });
    this.#server = createMediaServer({
      signing: { authToken: AUTH_TOKEN, publicBaseUrl: PUBLIC },
      host: this.host,
      log,
      ...(options.connections && { connections: options.connections }),
    });
  }

  static async start(options: MediaBenchOptions = {}): Promise<MediaBench> {
    const bench = new MediaBench(options);
    bench.#server.server.listen(0, '127.0.0.1');
    await once(bench.#server.server, 'listening');
    return bench;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  /** The only session. */
  get session(): ScriptedSession {
    const [session] = this.sessions;
    if (!session) throw new Error('no session was opened');
    return session;
  }

  /** A socket as Twilio opens it, unless something else is said. */
  connect(options: ClientOptions = {}, path = '/media/stream'): Caller {
    const { headers, ...more } = options;
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}${path}`, {
      headers: headers ?? { 'x-twilio-signature': signatureOf(signedUrl()) },
      perMessageDeflate: false,
      ...more,
    });
    this.#sockets.push(socket);
    return new Caller(socket);
  }

  /** A stream that was let in. */
  async open(parameters?: Record<string, string>, start: object = {}): Promise<Caller> {
    const caller = this.connect();
    await caller.opened;
    const before = this.sessions.length;
    caller.start(parameters, start);
    await until(() => this.sessions.length > before);
    return caller;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    await this.#server.close();
  }
}

export const signedUrl = (): string => `${PUBLIC.replace('https', 'wss')}/media/stream`;

/** Twilio's side of a socket. */
export class Caller {
  readonly socket: WebSocket;
  readonly messages: Record<string, unknown>[] = [];
  /** Rejects with the HTTP status when it was refused. */
  readonly opened: Promise<void>;
  /** The code with which it was closed. */
  readonly closed: Promise<number>;
  #chunk = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.opened = new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (request, response) => {
        reject(new Error(String(response.statusCode)));
        request.destroy();
      });
      socket.on('error', reject);
    });
    this.opened.catch(() => undefined);
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('message', (data) => {
      this.messages.push(JSON.parse((data as Buffer).toString()) as Record<string, unknown>);
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  start(
    parameters: Record<string, string> = { call: CALL_ID, token: tokenFor() },
    start: object = {},
  ): void {
    this.send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    this.send({
      event: 'start',
      sequenceNumber: '1',
      streamSid: STREAM_SID,
      start: {
        streamSid: STREAM_SID,
        accountSid: ACCOUNT_SID,
        callSid: CALL_SID,
        tracks: ['inbound'],
        customParameters: parameters,
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        ...start,
      },
    });
  }

  /**
   * A piece of audio, 20 ms unless something else is said.
   * @param secondsLater so much later than it is
   */
  media(bytes = 160, streamSid: string = STREAM_SID, secondsLater = 0): void {
    this.#chunk += 1;
    this.send({
      event: 'media',
      sequenceNumber: String(this.#chunk + 1),
      streamSid,
      media: {
        track: 'inbound',
        chunk: String(this.#chunk),
        timestamp: String(this.#chunk * 20 + secondsLater * 1_000),
        payload: Buffer.alloc(bytes, 0x42).toString('base64'),
      },
    });
  }
}

export async function until(condition: () => boolean, withinMs = 5_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`it did not happen: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
