/** The caller's side on the wire: a frame each 20 ms, keys in between, and what may go wrong with them. */
import type WebSocket from 'ws';
import { FRAME_MS, preciseNow, SILENT_PAYLOAD } from './format.ts';
import type { MessageWriter } from './messages.ts';

interface PressedKeys {
  keys: string;
  onSent: (isComplete: boolean) => void;
}

/** A person presses keys no faster. */
const FRAMES_BETWEEN_KEYS = 6;

export class FrameSender {
  readonly #socket: WebSocket;
  readonly #writer: MessageWriter;
  readonly #keys: PressedKeys[] = [];
  framesSent = 0;
  #firstFrameMs: number | undefined;
  #framesSinceKey = FRAMES_BETWEEN_KEYS;
  #silentUntilMs = 0;
  #toLose = 0;
  #duplicates = 0;
  #swaps = 0;
  #heldBack: string | undefined;

  constructor(socket: WebSocket, writer: MessageWriter) {
    this.#socket = socket;
    this.#writer = writer;
  }

  get hasKeys(): boolean {
    return this.#keys.length > 0;
  }

  start(): void {
    this.#socket.send(this.#writer.start());
  }

  stop(): void {
    this.#socket.send(this.#writer.stop(), ignore);
  }

  mark(name: string): void {
    this.#socket.send(this.#writer.mark(name), ignore);
  }

  text(text: string): void {
    this.#socket.send(text, ignore);
  }

  press(keys: string, onSent: (isComplete: boolean) => void): void {
    this.#keys.push({ keys, onSent });
  }

  /** One frame, and a key perhaps. @param payload silence when left out @param atMs when it is due */
  frame(payload: string | undefined, atMs: number): void {
    this.#firstFrameMs ??= atMs;
    if (atMs < this.#silentUntilMs) return;
    this.#nextKey();
    if (this.#toLose > 0) {
      this.#toLose -= 1;
      return this.#writer.skip(true);
    }
    const timestampMs = Math.round((atMs - this.#firstFrameMs) / FRAME_MS) * FRAME_MS;
    this.#send(this.#writer.media(payload ?? SILENT_PAYLOAD, timestampMs));
  }

  goSilent(ms: number): void {
    this.#silentUntilMs = preciseNow() + ms;
  }

  loseFrames(count: number): void {
    this.#toLose += count;
  }

  swapFrames(): void {
    this.#swaps += 1;
  }

  duplicateFrame(): void {
    this.#duplicates += 1;
  }

  /** The connection breaks off, without a goodbye. */
  reset(): void {
    // The socket below the WebSocket: ws has no word for a reset.
    const { _socket: socket } = this.#socket as unknown as {
      _socket?: { resetAndDestroy?: () => void };
    };
    try {
      socket?.resetAndDestroy?.();
    } catch {
      // TLS cannot be reset: it breaks off without a word.
    }
    this.#socket.terminate();
  }

  close(): void {
    for (const { onSent } of this.#keys.splice(0)) onSent(false);
  }

  #send(message: string): void {
    this.framesSent += 1;
    if (this.#heldBack !== undefined) {
      this.#socket.send(message, ignore);
      this.#socket.send(this.#heldBack, ignore);
      this.#heldBack = undefined;
      return;
    }
    if (this.#swaps > 0) {
      this.#swaps -= 1;
      this.#heldBack = message;
      return;
    }
    this.#socket.send(message, ignore);
    if (this.#duplicates === 0) return;
    this.#duplicates -= 1;
    this.#socket.send(message, ignore);
  }

  #nextKey(): void {
    this.#framesSinceKey += 1;
    const pressed = this.#keys[0];
    if (!pressed || this.#framesSinceKey < FRAMES_BETWEEN_KEYS) return;
    this.#framesSinceKey = 0;
    this.#socket.send(this.#writer.dtmf(pressed.keys.charAt(0)), ignore);
    pressed.keys = pressed.keys.slice(1);
    if (pressed.keys !== '') return;
    this.#keys.shift();
    pressed.onSent(true);
  }
}

/** A socket that closes while something is sent tells it by its close. */
function ignore(): void {}
