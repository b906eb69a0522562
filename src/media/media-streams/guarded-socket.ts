/** A WebSocket that is held to its limits: whoever reads it sees text, at a bearable rate. */
import type { RawData, WebSocket } from 'ws';
import { Budget } from './budget.ts';
import type { Abuse, StreamLimits } from './stream-limits.ts';

export interface SocketHandlers {
  /** One text frame. False: it is not one of ours. */
  onText(text: string): boolean;
  /** Once. `gone`: the other side, or the network, has ended it, or was not heard any more. */
  onEnd(why: Abuse | 'gone'): void;
}

/** Codes of RFC 6455. */
export const CLOSE = { normal: 1000, leaving: 1001, refused: 1008, failed: 1011 } as const;

const OPEN = 1;
const CLOSED = 3;

export class GuardedSocket {
  readonly #socket: WebSocket;
  readonly #limits: StreamLimits;
  readonly #handlers: SocketHandlers;
  readonly #messages: Budget;
  #silence: NodeJS.Timeout;
  readonly #ping: NodeJS.Timeout;
  #bad = 0;
  #isStarted = false;
  #isEnded = false;

  constructor(socket: WebSocket, limits: StreamLimits, handlers: SocketHandlers) {
    this.#socket = socket;
    this.#limits = limits;
    this.#handlers = handlers;
    this.#messages = new Budget(limits.messagesPerSecond, limits.messagesAtOnce);
    this.#silence = setTimeout(() => this.abuse('no-start'), limits.startMs);
    this.#ping = setInterval(() => this.#isOpen() && socket.ping(), limits.pingMs);
    socket.on('message', (data, isBinary) => this.#message(data, isBinary));
    // The library answers them itself, and remembers the answers for a peer that reads none.
    socket.on('ping', () => void this.#mayCome());
    socket.on('pong', () => void this.#mayCome());
    socket.on('error', (error) => {
      const why = abuseOf(error);
      if (why) this.abuse(why); // it closes itself, with the code for what is wrong
    });
    socket.on('close', () => this.#end('gone'));
  }

  /** It told which stream it is: from now on it may only not fall silent. */
  started(): void {
    if (this.#isEnded) return;
    this.#isStarted = true;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#silent(), this.#limits.idleMs);
  }

  /** This message was asked for, so it does not count. */
  expected(): void {
    this.#messages.take(-1);
  }

  /** What was given to `send` and is still in this process. */
  get waitingBytes(): number {
    return this.#isOpen() ? this.#socket.bufferedAmount : 0;
  }

  /** Nothing happens when it is gone. */
  send(text: string): void {
    if (!this.#isOpen()) return;
    this.#socket.send(text);
    if (this.#socket.bufferedAmount > this.#limits.waitingBytes) this.abuse('backlog');
  }

  /** Closes it in order, and cuts it off when that takes too long. Nothing is told any more. */
  close(code: number = CLOSE.normal): void {
    this.#stopTimers();
    if (this.#socket.readyState === CLOSED) return;
    this.#socket.close(code);
    const cut = setTimeout(() => this.#socket.terminate(), this.#limits.closeMs);
    this.#socket.once('close', () => clearTimeout(cut));
  }

  /** Tells why, then closes. */
  abuse(why: Abuse): void {
    if (this.#isEnded) return;
    this.#end(why);
    // A close frame would wait behind all that is not read, and who makes room is to make it now.
    if (why === 'backlog' || why === 'crowd') this.#socket.terminate();
    else this.close(CLOSE.refused);
  }

  #message(data: RawData, isBinary: boolean): void {
    if (this.#isEnded) return;
    if (isBinary) return this.abuse('binary');
    if (!this.#mayCome()) return;
    if (this.#isStarted) this.#silence.refresh();
    if (this.#handlers.onText((data as Buffer).toString('utf8'))) return;
    this.#bad += 1;
    if (this.#bad >= this.#limits.badMessages) this.abuse('garbage');
  }

  /** One more frame, of whatever kind. False: it was one too many. */
  #mayCome(): boolean {
    if (this.#messages.take(1)) return true;
    this.abuse('flood');
    return false;
  }

  #silent(): void {
    this.#end('gone');
    this.#socket.terminate();
  }

  #end(why: Abuse | 'gone'): void {
    if (this.#isEnded) return;
    this.#stopTimers();
    this.#handlers.onEnd(why);
  }

  #stopTimers(): void {
    this.#isEnded = true;
    clearInterval(this.#ping);
    clearTimeout(this.#silence);
  }

  #isOpen(): boolean {
    return this.#socket.readyState === OPEN;
  }
}

/** What `ws` found wrong with the frames themselves, or an error of the network. */
function abuseOf(error: Error & { code?: string }): Abuse | undefined {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 'too-large';
  return error.code?.startsWith('WS_ERR_') ? 'garbage' : undefined;
}
