/** What the application sends: it is played to the caller, measured, and told to the truth log. */
import type { Line } from '../line.ts';
import type { TruthLog } from '../truth-log.ts';
import { CaptionReader } from '../../captions/index.ts';
import { audibleRange, SAMPLES_PER_MS } from './format.ts';
import { Hearing } from './hearing.ts';
import { Measuring, UNDERRUN_UP_TO_MS } from './measuring.ts';
import { readServerMessage } from './messages.ts';
import { Playback } from './playback.ts';
import type { Recording } from './recording.ts';
import type { Speaking } from './speaking.ts';

export interface PlaybackParts {
  nowMs: number;
  callSid: string;
  streamSid: string;
  line: Line;
  log: TruthLog;
  speaking: Speaking;
  recording: Recording | undefined;
  onMark: (name: string) => void;
}

/** After `clear` nothing new can have an answer's right to be heard for so long. */
const STALE_AT_LEAST_MS = 100;
/** Nor until the caller has been quiet for so long. */
const CALLER_QUIET_MS = 200;

export class PlaybackSide {
  readonly hearing: Hearing;
  readonly measuring = new Measuring();
  readonly #parts: PlaybackParts;
  readonly #playback: Playback;
  /** Something was played since the stream began, or since the last `clear`. */
  #hasPlayed = false;
  /** When the last `clear` came, while what comes is stale. */
  #clearedMs: number | undefined;

  constructor(parts: PlaybackParts) {
    this.#parts = parts;
    this.#playback = new Playback(parts.nowMs);
    this.hearing = new Hearing((clause) => {
      const { streamSid } = parts;
      parts.line.heardClause({ streamSid, ...clause });
    });
  }

  /** A clause is not over, or something is queued that will be heard. */
  get isBusy(): boolean {
    return this.hearing.words !== '' || this.#playback.isAudible;
  }

  silentSinceMs(nowMs: number): number | undefined {
    const untilMs = this.hearing.audibleUntilMs;
    // What is queued may be a pause in the middle: it counts as silence as soon as it lasts.
    return untilMs === undefined || nowMs - untilMs < 60 ? undefined : untilMs;
  }

  /** Takes a message of the application; false when it cannot be understood. */
  message(text: string, nowMs: number): boolean {
    const message = readServerMessage(text, this.#parts.streamSid);
    if (!message) return false;
    this.advance(nowMs);
    if (message.event === 'media') this.#media(message.audio, nowMs);
    else if (message.event === 'mark') this.#mark(message.name, nowMs);
    else if (message.event === 'clear') this.#clear(nowMs);
    else this.#warn(message.why);
    return true;
  }

  /** Plays until now. */
  advance(nowMs: number): void {
    const { recording, onMark, line } = this.#parts;
    const { pieces, marks } = this.#playback.advance(nowMs);
    for (const piece of pieces) {
      this.#hasPlayed = true;
      this.measuring.played(piece.audio.length);
      recording?.heard.place(piece.audio, piece.atMs);
      this.hearing.hear(piece);
    }
    for (const mark of marks) onMark(mark);
    this.hearing.tick(nowMs);
    if (this.#clearedMs !== undefined && !this.#isStale(nowMs, this.#clearedMs)) {
      this.#clearedMs = undefined;
    }
    if (pieces.length > 0) line.changed();
  }

  /** The stream is over: what is still queued is never heard. */
  close(nowMs: number): void {
    this.advance(nowMs);
    const isCutOff = this.isBusy;
    this.#playback.clear();
    this.hearing.flush();
    if (isCutOff) this.#parts.line.cutOff();
  }

  #media(audio: Uint8Array, nowMs: number): void {
    if (audio.length === 0) return;
    this.#lookForGap(nowMs);
    this.#lookForStale(audio, nowMs);
    this.#playback.push(audio, nowMs);
    this.measuring.received(audio.length, this.#playback.queuedMs);
  }

  #mark(name: string, nowMs: number): void {
    this.measuring.marks += 1;
    this.#playback.mark(name);
    if (this.#playback.isIdle) this.advance(nowMs);
  }

  #clear(nowMs: number): void {
    const { callSid, streamSid, line, log, onMark } = this.#parts;
    const { audio, marks } = this.#playback.clear();
    const reader = new CaptionReader();
    const words = audio.flatMap((piece) => reader.read(piece)).map(({ word }) => word);
    const samples = audio.reduce((sum, { length }) => sum + length, 0);
    this.measuring.cleared(samples);
    this.#hasPlayed = false;
    this.#clearedMs = nowMs;
    const isCutOff = this.hearing.words !== '' || words.length > 0;
    this.hearing.flush();
    if (isCutOff) line.cutOff();
    for (const mark of marks) onMark(mark);
    log.append({
      kind: 'stream-cleared',
      callSid,
      streamSid,
      droppedMs: samples / SAMPLES_PER_MS,
      text: words.join(' '),
      marks,
    });
  }

  #lookForGap(nowMs: number): void {
    const { callSid, streamSid, log, speaking } = this.#parts;
    if (!this.#playback.isIdle || !this.#hasPlayed) return;
    const gapMs = nowMs - this.#playback.idleSinceMs;
    const isAnswer = speaking.audibleUntilMs > this.#playback.idleSinceMs;
    if (gapMs < 1 || gapMs > UNDERRUN_UP_TO_MS || isAnswer) return;
    this.measuring.underrun(gapMs);
    log.append({ kind: 'stream-underrun', callSid, streamSid, gapMs: Math.round(gapMs) });
  }

  #lookForStale(audio: Uint8Array, nowMs: number): void {
    const { callSid, streamSid, log } = this.#parts;
    if (this.#clearedMs === undefined || !audibleRange(audio)) return;
    const audioMs = audio.length / SAMPLES_PER_MS;
    this.measuring.stale(audioMs);
    const afterClearMs = Math.round(nowMs - this.#clearedMs);
    log.append({ kind: 'stream-stale', callSid, streamSid, audioMs, afterClearMs });
  }

  #isStale(nowMs: number, clearedMs: number): boolean {
    const callerQuietMs = nowMs - this.#parts.speaking.audibleUntilMs;
    return nowMs - clearedMs < STALE_AT_LEAST_MS || callerQuietMs < CALLER_QUIET_MS;
  }

  #warn(message: string): void {
    const { callSid, log } = this.#parts;
    log.append({ kind: 'error', callSid, level: 'warning', code: 31951, message });
  }
}
