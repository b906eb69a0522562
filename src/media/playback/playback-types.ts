/** Paced playback of what the assistant says, and what of it was heard. */
import type { Line } from '../line.ts';
import type { Clock, Ticker } from '../ticker.ts';

export interface PlaybackOptions {
  line: Line;
  clock?: Clock;
  ticker: Ticker;
  /** Told in the order in which it happened. Everything here may be called from within. */
  onEvent: (event: PlaybackEvent) => void;
}

/** Times are those of the clock that was given. */
export type PlaybackEvent =
  /** The caller began to hear it, at `atMs`. */
  | { type: 'audible'; utterance: number; atMs: number }
  /** It was heard to its end. `isAll`: no clause of it broke off. */
  | { type: 'heard'; utterance: number; text: string; isAll: boolean; atMs: number }
  /** It was thrown away, and this much of it was heard; also when that is nothing. */
  | { type: 'cleared'; utterance: number; heardText: string; atMs: number }
  /**
   * The caller heard a gap of `gapMs` within an utterance. `late`: this process was too slow;
   * `starved`: no audio was there; `line`: the line took no more.
   */
  | { type: 'underrun'; utterance: number; why: 'late' | 'starved' | 'line'; gapMs: number }
  /** For 2 s the line took nothing, though audio was due. Told again only after it has taken some. */
  | { type: 'stuck'; waitingBytes: number };

/** One clause, whose audio is given as it is made. After a clear nothing of it has any effect. */
export interface Clause {
  /** mu-law at 8 kHz of any length. The bytes must stay as they are. */
  push(audio: Uint8Array): void;
  /** Nothing more comes. `failed`: it broke off, the words at its end were never made. */
  end(how?: 'failed'): void;
  /** False once it was thrown away: whoever makes its audio can stop. */
  readonly isWanted: boolean;
}

export interface Playback {
  /**
   * Begins an utterance, to be played when the earlier ones are finished. Numbers grow: one that is not
   * above all earlier ones was thrown away, and stays so.
   */
  open(utterance: number): void;
  /** The next clause of an utterance. */
  clause(utterance: number, text: string): Clause;
  /**
   * The next clause, from a voice: all of it is read as it comes, at most 30 s of audio ahead.
   * @returns when all was read, or when it is not wanted any more
   * @throws what reading throws, unless it is not wanted any more
   */
  say(utterance: number, text: string, audio: AsyncIterable<Uint8Array>): Promise<void>;
  /** No clause follows: `heard` is told when all of it was. */
  finish(utterance: number): void;
  /**
   * Throws everything away, here and on the line, and tells what was heard (`cleared`, for every
   * utterance that was not heard to its end, before this returns).
   */
  clear(): void;
  /** The line tells that a mark was passed. */
  played(mark: string): void;
  /** The line is gone: like `clear`, but nothing is sent any more. */
  close(): void;
  /** Sent, and by the clock not yet heard. */
  readonly leadMs: number;
  readonly figures: Readonly<PlaybackFigures>;
}

/** Since the playback began. */
export interface PlaybackFigures {
  /** Gaps within an utterance that were this process's fault. */
  late: number;
  /** Gaps because no audio was there, or the line took none. */
  otherGaps: number;
  /** Right before more was sent of what had been there for a while; Infinity when nothing was. */
  shortestLeadMs: number;
  longestLeadMs: number;
}
