/** One direction of a proxied connection: bytes in order, held back or lost as a bad line does. */
import type { Socket } from 'node:net';

/** What a direction of the line does to everything that travels on it. */
export interface LineState {
  /** Bytes arrive so much later, in their order. */
  delayMs: number;
  /** Bytes per second that get through; infinity for all. */
  bytesPerSecond: number;
  /** Nothing gets through; whoever sends is held up once his buffers are full. */
  isStalled: boolean;
  /** Bytes are taken and vanish: whoever sends notices nothing. */
  isLost: boolean;
}

interface Parcel {
  bytes: Buffer;
  dueAt: number;
}

/** So much waits in here before the sender is held up. */
const FULL_BYTES = 1 << 20;
/** Throttled bytes are passed on in portions of about this much time. */
const PORTION_MS = 50;

export class TcpPipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #line: LineState;
  readonly #queue: Parcel[] = [];
  #queuedBytes = 0;
  #isEnding = false;
  #isWaiting = false;
  #notBefore = 0;
  #timer: NodeJS.Timeout | undefined;
  #lostBytes = 0;

  constructor(from: Socket, to: Socket, line: LineState) {
    this.#from = from;
    this.#to = to;
    this.#line = line;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.on('end', () => {
      this.#isEnding = true;
      this.pump();
    });
    to.on('drain', () => {
      this.#isWaiting = false;
      this.pump();
    });
  }

  /** Bytes were lost on it: the stream is damaged and cannot go on. */
  get isDamaged(): boolean {
    return this.#lostBytes > 0;
  }

  /** Passes on what may go; called again whenever the line has changed. */
  pump(): void {
    clearTimeout(this.#timer);
    while (!this.#isWaiting && !this.#line.isStalled) {
      const parcel = this.#queue[0];
      if (!parcel) {
        if (this.#isEnding && !this.#line.isLost) this.#to.end();
        break;
      }
      const waitMs = Math.max(parcel.dueAt, this.#notBefore) - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.pump(), waitMs);
        return;
      }
      this.#passOn(parcel);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #take(bytes: Buffer): void {
    if (this.#line.isLost) {
      this.#lostBytes += bytes.length;
      return;
    }
    this.#queue.push({ bytes, dueAt: performance.now() + this.#line.delayMs });
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes > FULL_BYTES) this.#from.pause();
    this.pump();
  }

  #passOn(parcel: Parcel): void {
    const { bytesPerSecond } = this.#line;
    const portion = Math.max(1, Math.floor((bytesPerSecond * PORTION_MS) / 1000));
    const bytes = parcel.bytes.subarray(0, portion);
    parcel.bytes = parcel.bytes.subarray(bytes.length);
    if (parcel.bytes.length === 0) this.#queue.shift();
    this.#queuedBytes -= bytes.length;
    if (this.#queuedBytes <= FULL_BYTES && this.#from.isPaused()) this.#from.resume();
    this.#notBefore = performance.now() + (bytes.length / bytesPerSecond) * 1000;
    if (!this.#to.destroyed) this.#isWaiting = !this.#to.write(bytes);
  }
}
