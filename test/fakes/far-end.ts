/** A line to a telephone that plays what it gets, with the time of a {@link Timeline}. */
import type { Line } from '../../src/media/line.ts';
import type { Timeline } from './timeline.ts';

export interface FarEndOptions {
  /** From here to the telephone, and as long back. */
  delayMs?: number;
  /** What becomes of a mark that comes back. */
  fate?: (name: string) => 'returned' | 'lost' | 'twice';
}

interface Played {
  fromMs: number;
  audio: Uint8Array;
}

const SAMPLES_PER_MS = 8;

export class FarEnd implements Line {
  waitingBytes = 0;
  isClosed = false;
  /** Calls in their order, with the time. */
  readonly sent: { what: 'play' | 'mark' | 'clear'; atMs: number; audio?: Uint8Array }[] = [];
  readonly marks: string[] = [];
  onPlayed: (mark: string) => void = () => {};
  readonly #time: Timeline;
  readonly #options: FarEndOptions;
  readonly #played: Played[] = [];
  #queueEndsMs = 0;
  #pending = new Map<string, () => void>();

  constructor(time: Timeline, options: FarEndOptions = {}) {
    this.#time = time;
    this.#options = options;
  }

  get #delayMs(): number {
    return this.#options.delayMs ?? 0;
  }

  play(audio: Uint8Array): void {
    const nowMs = this.#time.now();
    this.sent.push({ what: 'play', atMs: nowMs, audio });
    const fromMs = Math.max(nowMs + this.#delayMs, this.#queueEndsMs);
    this.#played.push({ fromMs, audio });
    this.#queueEndsMs = fromMs + audio.length / SAMPLES_PER_MS;
  }

  mark(name: string): void {
    const nowMs = this.#time.now();
    this.sent.push({ what: 'mark', atMs: nowMs });
    this.marks.push(name);
    const fate = this.#options.fate?.(name) ?? 'returned';
    const back = () => {
      if (!this.#pending.delete(name) || fate === 'lost') return;
      this.onPlayed(name);
      if (fate === 'twice') this.onPlayed(name);
    };
    this.#pending.set(name, back);
    const dueMs = Math.max(this.#queueEndsMs, nowMs + this.#delayMs) + this.#delayMs;
    this.#time.setTimer(back, dueMs - nowMs);
  }

  /** As Twilio does: what was not played is gone, and all marks come back. */
  clear(): void {
    const nowMs = this.#time.now();
    this.sent.push({ what: 'clear', atMs: nowMs });
    const cutMs = nowMs + this.#delayMs;
    for (const played of this.#played) {
      const samples = Math.max(0, Math.floor((cutMs - played.fromMs) * SAMPLES_PER_MS));
      played.audio = played.audio.subarray(0, samples);
    }
    this.#queueEndsMs = cutMs;
    const pending = [...this.#pending.values()];
    this.#time.setTimer(() => pending.forEach((back) => back()), 2 * this.#delayMs);
  }

  close(): void {
    this.isClosed = true;
  }

  /** Nothing is played for so long, as if the network held it. */
  hold(ms: number): void {
    this.#queueEndsMs = Math.max(this.#queueEndsMs, this.#time.now()) + ms;
  }

  /** Everything that was given to the line. */
  get bytes(): Uint8Array {
    return Buffer.concat(this.sent.flatMap(({ audio }) => (audio ? [audio] : [])));
  }

  /** What the telephone has played by now. */
  get heard(): Uint8Array {
    const nowMs = this.#time.now();
    return Buffer.concat(
      this.#played.map(({ fromMs, audio }) =>
        audio.subarray(0, Math.max(0, Math.floor((nowMs - fromMs) * SAMPLES_PER_MS))),
      ),
    );
  }

  /** Sent, and not yet played: what is waiting at the telephone or on the way. */
  get aheadMs(): number {
    return Math.max(0, this.#queueEndsMs - this.#time.now());
  }
}
