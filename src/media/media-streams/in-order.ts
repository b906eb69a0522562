/**
 * The caller's audio in order and without gaps. Whoever listens counts time by it, so a piece that was lost
 * is as much silence.
 *
 * Pieces that follow one another pass at once. Only when one is missing the next ones wait for it, for a
 * few pieces; a WebSocket keeps the order of what was sent, so this is about what was lost before.
 */
import type { MediaFrame } from './messages.ts';

/** mu-law of nothing. */
const SILENCE = 0xff;
const BYTES_PER_MS = 8;
/** So many pieces wait for a missing one: 60 ms of Twilio's. */
const WINDOW = 3;
/** Timestamps are whole milliseconds and come a little early or late; a lost piece is 20 ms. */
const TOLERANCE_MS = 15;
/** So much of what a timestamp is off is taken for the carrier's clock, the rest for chance. */
const DRIFT = 0.1;
/** The longest silence for one gap: nobody needs more of it to see that nobody speaks. */
const MAX_GAP_MS = 1_000;

export interface InOrderOptions {
  /** @param isFilled it is the silence of a gap, and did not come over the line */
  onAudio: (audio: Uint8Array, isFilled: boolean) => void;
  /** How many pieces were not passed on: they came twice, or too late. */
  onDropped?: (count: number) => void;
}

interface Piece extends MediaFrame {
  chunk: number;
}

export class InOrder {
  readonly #onAudio: InOrderOptions['onAudio'];
  readonly #onDropped: (count: number) => void;
  /** The number of the piece that was passed on last. */
  #last: number | undefined;
  /** Where the next piece begins if nothing was lost. */
  #nextMs: number | undefined;
  #waiting: Piece[] = [];

  constructor({ onAudio, onDropped = () => undefined }: InOrderOptions) {
    this.#onAudio = onAudio;
    this.#onDropped = onDropped;
  }

  push(frame: MediaFrame): void {
    const { chunk } = frame;
    if (chunk === undefined) {
      this.flush();
      this.#pass(frame);
      return;
    }
    const isOld = this.#last !== undefined && chunk <= this.#last;
    if (isOld || this.#waiting.some((each) => each.chunk === chunk)) {
      this.#onDropped(1);
      return;
    }
    const piece = { ...frame, chunk };
    if (this.#follows(piece)) this.#pass(piece);
    else this.#wait(piece);
    this.#passWhatFollows();
    if (this.#waiting.length > WINDOW) {
      this.#passFirst();
      this.#passWhatFollows();
    }
  }

  /** Nothing more is waited for. */
  flush(): void {
    while (this.#waiting.length > 0) this.#passFirst();
  }

  /** The next number; or the time says that nothing is missing, and another track was counted, too. */
  #follows({ chunk, timestamp }: Piece): boolean {
    if (this.#last === undefined || chunk === this.#last + 1) return true;
    if (timestamp === undefined || this.#nextMs === undefined) return false;
    return timestamp - this.#nextMs < TOLERANCE_MS;
  }

  #wait(piece: Piece): void {
    this.#waiting.push(piece);
    this.#waiting.sort((a, b) => a.chunk - b.chunk);
  }

  #passWhatFollows(): void {
    for (;;) {
      const [first] = this.#waiting;
      if (!first || !this.#follows(first)) return;
      this.#passFirst();
    }
  }

  #passFirst(): void {
    const piece = this.#waiting.shift();
    if (piece) this.#pass(piece);
  }

  #pass({ audio, chunk, timestamp }: MediaFrame): void {
    const missingMs = this.#missingMs(audio, chunk, timestamp);
    if (missingMs > 0) {
      const bytes = Math.round(Math.min(missingMs, MAX_GAP_MS) * BYTES_PER_MS);
      this.#onAudio(new Uint8Array(bytes).fill(SILENCE), true);
    }
    if (chunk !== undefined) this.#last = chunk;
    const beginsMs = this.#beginsMs(missingMs, timestamp);
    if (beginsMs !== undefined) this.#nextMs = beginsMs + audio.length / BYTES_PER_MS;
    if (audio.length > 0) this.#onAudio(audio, false);
  }

  /** A timestamp that is a little off moves our clock a little; one that is far off sets it. */
  #beginsMs(missingMs: number, timestamp?: number): number | undefined {
    const expected = this.#nextMs;
    if (timestamp === undefined) return expected === undefined ? undefined : expected + missingMs;
    if (expected === undefined || Math.abs(timestamp - expected) >= TOLERANCE_MS) return timestamp;
    return expected + (timestamp - expected) * DRIFT;
  }

  #missingMs(audio: Uint8Array, chunk?: number, timestamp?: number): number {
    if (timestamp !== undefined && this.#nextMs !== undefined) {
      const gapMs = timestamp - this.#nextMs;
      return gapMs >= TOLERANCE_MS ? gapMs : 0;
    }
    if (timestamp !== undefined || chunk === undefined || this.#last === undefined) return 0;
    return Math.max(0, chunk - this.#last - 1) * (audio.length / BYTES_PER_MS);
  }
}
