/** One caller's audio, whatever carries it: mu-law at 8 kHz, mono. */

/** To the caller. Nothing throws when the line is gone. */
export interface Line {
  /** Queued behind what was played before. */
  play(audio: Uint8Array): void;
  /** `played` tells when everything in front of it was heard, or was thrown away by `clear`. */
  mark(name: string): void;
  /** Throws away what is queued. */
  clear(): void;
  close(): void;
  /** Bytes that were given to the line and have not left this process. */
  readonly waitingBytes: number;
}

/** From the caller. */
export type LineEvent =
  /** In order and without gaps: what was lost on the way is silence. */
  | { type: 'audio'; audio: Uint8Array }
  /** A key of the telephone: 0-9, *, #, A-D. */
  | { type: 'key'; digit: string }
  | { type: 'played'; mark: string }
  /** The last one. `stopped`: the carrier says that the stream is over; `lost`: the connection broke. */
  | { type: 'ended'; why: 'stopped' | 'lost' | 'abuse' };
