/**
 * A WebSocket to a speech service that trusts it with nothing: it has to let us in soon, to take what
 * is sent, and to send no more than such a service has to say. Redirects are not followed: they would
 * carry the call and the key to wherever the server wants.
 */
import { WebSocket, type RawData } from 'ws';
import { failureOfStatus } from '../../vendors/failure.ts';
import { SpeechError } from '../speech-error.ts';

export interface VendorSocketOptions {
  /** Without any secret. */
  url: string;
  headers: Record<string, string>;
  /** Who that is, for messages: nothing that a server or a user has said. */
  server: string;
  connectMs: number;
  onOpen: () => void;
  onText: (text: string) => void;
  /** Told once, as the last thing, and never after `close`. */
  onFailed: (error: SpeechError) => void;
}

/** Bytes of one message: a long result with the times of all its words has some 20 kB. */
const MAX_MESSAGE_BYTES = 256 * 1024;
/** Messages that may come at once, and how many more each second. A recogniser sends a few. */
const MESSAGE_BURST = 500;
const MESSAGES_PER_SECOND = 50;
/** Bytes that were sent and did not leave: 40 s of audio. What is sent again after a fault has 30 s. */
const MAX_UNSENT_BYTES = 320_000;
/** How long the other side may take to say goodbye. */
const FAREWELL_MS = 1_000;

export class VendorSocket {
  readonly #options: VendorSocketOptions;
  readonly #socket: WebSocket;
  readonly #connecting: NodeJS.Timeout;
  #kept: (Uint8Array | string)[] = [];
  #keptBytes = 0;
  #isOver = false;
  #allowance = MESSAGE_BURST;
  #countedAt = performance.now();

  constructor(options: VendorSocketOptions) {
    this.#options = options;
    const { url, headers, server, connectMs } = options;
    this.#connecting = setTimeout(() => {
      this.#fail(new SpeechError('timeout', `${server} did not let us in in time`));
    }, connectMs);
    this.#socket = new WebSocket(url, {
      headers,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.#listen();
  }

  get isOpen(): boolean {
    return !this.#isOver && this.#socket.readyState === WebSocket.OPEN;
  }

  /** What is sent before the connection is there is kept for it, and must not change any more. */
  send(data: Uint8Array | string): void {
    if (this.#isOver) return;
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#keep(data);
    else if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(data);
    if (this.#keptBytes + this.#socket.bufferedAmount <= MAX_UNSENT_BYTES) return;
    const { server } = this.#options;
    const error = new SpeechError('unavailable', `${server} does not take what it is sent`);
    // Whoever sends is told afterwards, as of every other fault.
    queueMicrotask(() => this.#fail(error));
  }

  /** @param farewell sent as the last thing, when there is somebody to read it */
  close(farewell?: string): void {
    if (this.#isOver) return;
    const isOpen = this.isOpen;
    this.#end();
    if (!isOpen) return this.#socket.terminate();
    if (farewell !== undefined) this.#socket.send(farewell);
    this.#socket.close(1000);
    const timer = setTimeout(() => this.#socket.terminate(), FAREWELL_MS);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #listen(): void {
    const { server, onOpen, onText } = this.#options;
    this.#socket.on('open', () => {
      if (this.#isOver) return;
      clearTimeout(this.#connecting);
      for (const each of this.#kept.splice(0)) this.#socket.send(each);
      this.#keptBytes = 0;
      onOpen();
    });
    this.#socket.on('message', (data, isBinary) => {
      if (!this.#mayTake()) return;
      if (!isBinary) return onText(textOf(data));
      this.#fail(new SpeechError('bad-answer', `${server} sent what is no text`));
    });
    this.#socket.on('ping', () => void this.#mayTake());
    this.#socket.on('unexpected-response', (request, response) => {
      const { statusCode = 0, headers } = response;
      const told = { headers: waitIn(headers) };
      const { kind, message, options } = failureOfStatus(statusCode, told, { server });
      request.destroy();
      this.#fail(new SpeechError(kind, message, options));
    });
    this.#socket.on('error', (error) => this.#fail(this.#meaningOf(error)));
    this.#socket.on('close', (code) => this.#fail(this.#meaningOfClose(code)));
  }

  #keep(data: Uint8Array | string): void {
    this.#kept.push(data);
    this.#keptBytes += data.length;
  }

  #mayTake(): boolean {
    if (this.#isOver) return false;
    const now = performance.now();
    const more = ((now - this.#countedAt) / 1000) * MESSAGES_PER_SECOND;
    this.#countedAt = now;
    this.#allowance = Math.min(MESSAGE_BURST, this.#allowance + more) - 1;
    if (this.#allowance >= 0) return true;
    const { server } = this.#options;
    this.#fail(new SpeechError('bad-answer', `${server} sends too many messages`));
    return false;
  }

  #fail(error: SpeechError): void {
    if (this.#isOver) return;
    this.#end();
    this.#socket.terminate();
    this.#options.onFailed(error);
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#connecting);
    this.#kept = [];
    this.#keptBytes = 0;
  }

  /** The library's own errors have a code; that of a message which is too long, or is none, is one of them. */
  #meaningOf(error: Error & { code?: unknown }): SpeechError {
    const { server } = this.#options;
    if (typeof error.code === 'string' && error.code.startsWith('WS_ERR_')) {
      return new SpeechError('bad-answer', `${server} broke the rules of the protocol`, {
        original: error,
      });
    }
    return new SpeechError('unavailable', `the connection to ${server} failed`, {
      original: error,
    });
  }

  /** 1008: what was sent is not accepted (RFC 6455, section 7.4.1). */
  #meaningOfClose(code: number): SpeechError {
    const { server } = this.#options;
    const kind = code === 1008 ? 'refused' : 'unavailable';
    return new SpeechError(kind, `${server} closed the connection (${code})`);
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.from(data as Buffer).toString('utf8');
}

/** Of the headers of a refusal, those that say when to come back. */
function waitIn(headers: NodeJS.Dict<string | string[]>): Headers {
  const names = ['retry-after', 'retry-after-ms'];
  return new Headers(
    names.flatMap((name): [string, string][] => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}
