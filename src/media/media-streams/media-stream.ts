/**
 * One stream of Twilio's as a {@link Line}: what comes over its socket becomes events of the line, and what
 * is to be played becomes messages. Protocol: /docs/voice/media-streams/websocket-messages.
 */
import type { WebSocket } from 'ws';
import type { Line, LineEvent } from '../line.ts';
import { Budget } from './budget.ts';
import { CLOSE, GuardedSocket } from './guarded-socket.ts';
import { InOrder } from './in-order.ts';
import { readMessage } from './messages.ts';
import type { MediaFrame, StreamMessage, StreamStart } from './messages.ts';
import { STREAM_LIMITS } from './stream-limits.ts';
import type { Abuse, StreamLimits } from './stream-limits.ts';

export interface MediaStreamOptions {
  limits?: Partial<StreamLimits>;
  /** It told which stream it is. Called once at most. */
  onStart: (start: StreamStart) => void;
  onAbuse?: (why: Abuse) => void;
  /** Pieces of audio that were not used. */
  onDropped?: (count: number) => void;
}

export type EndOfLine = Extract<LineEvent, { type: 'ended' }>['why'];

export class MediaStream implements Line {
  /** Why the line is over; `stopped` also when we closed it. Never rejects. */
  readonly ended: Promise<EndOfLine>;
  readonly #options: MediaStreamOptions;
  readonly #socket: GuardedSocket;
  readonly #order: InOrder;
  readonly #audio: Budget;
  /** Names of marks that were sent and have not come back. */
  readonly #marks = new Map<string, number>();
  /** What came before anybody listened. */
  #early: LineEvent[] = [];
  #listener: ((event: LineEvent) => void) | undefined;
  #streamSid: string | undefined;
  #isEnded = false;
  #settle: (why: EndOfLine) => void = () => undefined;
  /** A message of audio, up to the audio itself. */
  #mediaHead = '';

  constructor(socket: WebSocket, options: MediaStreamOptions) {
    const limits = { ...STREAM_LIMITS, ...options.limits };
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#audio = new Budget(limits.audioBytesPerSecond, limits.audioBytesAtOnce);
    this.#order = new InOrder({
      onAudio: (audio, isFilled) => this.#heard(audio, isFilled),
      ...(options.onDropped && { onDropped: options.onDropped }),
    });
    this.#socket = new GuardedSocket(socket, limits, {
      onText: (text) => this.#read(text),
      onEnd: (why) => this.#gone(why),
    });
  }

  /** What has come meanwhile is told first, then what comes. */
  listen(listener: (event: LineEvent) => void): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    for (const event of early) listener(event);
  }

  play(audio: Uint8Array): void {
    if (audio.length === 0) return;
    const { buffer, byteOffset, byteLength } = audio;
    const payload = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
    this.#send(`${this.#mediaHead}${payload}"}}`);
  }

  mark(name: string): void {
    this.#marks.set(name, (this.#marks.get(name) ?? 0) + 1);
    this.#sendMessage({ event: 'mark', streamSid: this.#streamSid, mark: { name } });
  }

  clear(): void {
    this.#sendMessage({ event: 'clear', streamSid: this.#streamSid });
  }

  /** Nothing is told after it. */
  close(): void {
    this.#closeWith(CLOSE.normal);
  }

  /** Others want its place, and it has not told which stream it is. */
  makeRoom(): void {
    this.#socket.abuse('crowd');
  }

  /** It is not let in, or this process is leaving. */
  refuse(code: number = CLOSE.refused): void {
    this.#closeWith(code);
  }

  get waitingBytes(): number {
    return this.#socket.waitingBytes;
  }

  #closeWith(code: number): void {
    this.#listener = undefined; // who closes a line knows it
    this.#socket.close(code);
    this.#end('stopped');
  }

  #sendMessage(message: object): void {
    this.#send(JSON.stringify(message));
  }

  #send(text: string): void {
    if (this.#isEnded || this.#streamSid === undefined) return;
    this.#socket.send(text);
  }

  /** @returns false for what is no message of this stream. */
  #read(text: string): boolean {
    const message = readMessage(text);
    if (!message) return false;
    switch (message.event) {
      case 'connected':
      case 'other':
        return true;
      case 'start':
        return this.#start(message.start);
      default:
        return this.#started(message);
    }
  }

  #start(start: StreamStart): boolean {
    if (this.#streamSid !== undefined) {
      this.#socket.abuse('order');
      return true;
    }
    this.#streamSid = start.streamSid;
    this.#mediaHead = `{"event":"media","streamSid":${JSON.stringify(start.streamSid)},"media":{"payload":"`;
    this.#socket.started();
    this.#options.onStart(start);
    return true;
  }

  #started(
    message: Extract<StreamMessage, { event: 'media' | 'dtmf' | 'mark' | 'stop' }>,
  ): boolean {
    if (this.#streamSid === undefined) {
      this.#socket.abuse('order');
      return true;
    }
    if (message.streamSid !== undefined && message.streamSid !== this.#streamSid) return false;
    switch (message.event) {
      case 'media':
        this.#media(message.frame);
        break;
      case 'dtmf':
        this.#tell({ type: 'key', digit: message.digit });
        break;
      case 'mark':
        this.#marked(message.name);
        break;
      case 'stop':
        this.#order.flush();
        this.#end('stopped');
        this.#socket.close(); // Twilio does so itself; if it does not, nobody waits for it
        break;
    }
    return true;
  }

  #media(frame: MediaFrame): void {
    if (this.#audio.take(frame.audio.length)) this.#order.push(frame);
    else this.#socket.abuse('flood');
  }

  /** Time that was made up costs as much as audio: recognisers are paid by the second. */
  #heard(audio: Uint8Array, isFilled: boolean): void {
    if (isFilled && !this.#audio.take(audio.length)) return this.#socket.abuse('flood');
    this.#tell({ type: 'audio', audio });
  }

  /** Only what we have sent comes back; anything else is of no meaning. */
  #marked(name: string): void {
    const open = this.#marks.get(name) ?? 0;
    if (open === 0) return;
    if (open === 1) this.#marks.delete(name);
    else this.#marks.set(name, open - 1);
    this.#socket.expected();
    this.#tell({ type: 'played', mark: name });
  }

  #gone(why: Abuse | 'gone'): void {
    this.#order.flush();
    if (why !== 'gone') this.#options.onAbuse?.(why);
    this.#end(why === 'gone' ? 'lost' : 'abuse');
  }

  #end(why: EndOfLine): void {
    if (this.#isEnded) return;
    this.#isEnded = true; // whoever hears it may close us
    this.#deliver({ type: 'ended', why });
    this.#settle(why);
  }

  #tell(event: LineEvent): void {
    if (!this.#isEnded) this.#deliver(event);
  }

  #deliver(event: LineEvent): void {
    if (this.#listener) this.#listener(event);
    else this.#early.push(event);
  }
}
