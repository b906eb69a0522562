/** What Twilio has been given to play: it plays in real time, sample by sample, on an absolute clock. */
import { isAudible, SAMPLES_PER_MS } from './format.ts';

type Queued = { audio: Uint8Array } | { mark: string };

/** A stretch of audio and when its first sample was heard, in milliseconds since 1970. */
export interface PlayedPiece {
  audio: Uint8Array;
  atMs: number;
}

export interface Played {
  pieces: PlayedPiece[];
  /** Marks in front of which nothing is left to play. */
  marks: string[];
}

export interface Cleared {
  audio: Uint8Array[];
  marks: string[];
}

export class Playback {
  readonly #queue: Queued[] = [];
  #queuedSamples = 0;
  /** When the next queued sample plays; with nothing queued, when the last one ended. */
  #headMs: number;

  constructor(nowMs: number) {
    this.#headMs = nowMs;
  }

  get queuedMs(): number {
    return this.#queuedSamples / SAMPLES_PER_MS;
  }

  get isIdle(): boolean {
    return this.#queuedSamples === 0;
  }

  /** Whether anything of what is queued will be heard. */
  get isAudible(): boolean {
    return this.#queue.some((each) => 'audio' in each && each.audio.some(isAudible));
  }

  /** When the queue ran empty; only of use while {@link isIdle}. */
  get idleSinceMs(): number {
    return this.#headMs;
  }

  /** To be played behind what is queued. Call {@link advance} first. */
  push(audio: Uint8Array, nowMs: number): void {
    if (audio.length === 0) return;
    if (this.isIdle) this.#headMs = Math.max(this.#headMs, nowMs);
    this.#queue.push({ audio });
    this.#queuedSamples += audio.length;
  }

  /** To be told when everything in front of it was played; at once when that is nothing. */
  mark(name: string): void {
    this.#queue.push({ mark: name });
  }

  /** What was played until now. */
  advance(nowMs: number): Played {
    const played: Played = { pieces: [], marks: [] };
    let due = Math.floor((nowMs - this.#headMs) * SAMPLES_PER_MS + 1e-6);
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      if ('mark' in next) {
        played.marks.push(next.mark);
        this.#queue.shift();
        continue;
      }
      if (due <= 0) break;
      const piece = next.audio.subarray(0, due);
      played.pieces.push({ audio: piece, atMs: this.#headMs });
      if (piece.length === next.audio.length) this.#queue.shift();
      else this.#queue[0] = { audio: next.audio.subarray(piece.length) };
      due -= piece.length;
      this.#queuedSamples -= piece.length;
      this.#headMs += piece.length / SAMPLES_PER_MS;
    }
    return played;
  }

  /** Drops what is queued. Call {@link advance} first. */
  clear(): Cleared {
    const cleared: Cleared = { audio: [], marks: [] };
    for (const each of this.#queue.splice(0)) {
      if ('mark' in each) cleared.marks.push(each.mark);
      else cleared.audio.push(each.audio);
    }
    this.#queuedSamples = 0;
    return cleared;
  }
}
