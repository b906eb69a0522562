/** Sends what the assistant says to the line, a little ahead of the caller, and knows what was heard. */
import { setMaxListeners } from 'node:events';
import { MONOTONIC, type Clock } from '../ticker.ts';
import { ClauseAudio } from './clause-audio.ts';
import { Pacer } from './pacer.ts';
import type { Clause, Playback, PlaybackEvent, PlaybackOptions } from './playback-types.ts';
import { readClause } from './read-clause.ts';
import { Utterance } from './utterance.ts';

/** 30 s: what is made further ahead waits with its voice. */
const READ_AHEAD = 30 * 8_000;

/** A mark that has not come back so long after its time never will. */
const LOST_MARK_MS = 2_000;

const UNWANTED: Clause = { push: () => {}, end: () => {}, isWanted: false };

export function createPlayback(options: PlaybackOptions): Playback {
  return new PacedPlayback(options);
}

class PacedPlayback implements Playback {
  readonly #options: PlaybackOptions;
  readonly #clock: Clock;
  readonly #pacer: Pacer;
  readonly #events: PlaybackEvent[] = [];
  /** Those that were not heard to their end, in order. */
  #utterances: Utterance[] = [];
  #newest = -Infinity;
  /** Of everything that was opened since the last clear. */
  #wanted = untilCleared();
  #isClosed = false;
  #stopTicking: (() => void) | undefined;
  /** Voices that are read no further for now. */
  #readers: (() => void)[] = [];

  constructor(options: PlaybackOptions) {
    this.#options = options;
    this.#clock = options.clock ?? MONOTONIC;
    this.#pacer = new Pacer(options.line, (event) => this.#events.push(event));
  }

  get leadMs(): number {
    return this.#pacer.playhead.leadMs(this.#clock.now());
  }

  get figures() {
    return this.#pacer.figures;
  }

  open(number: number): void {
    if (this.#isClosed || number <= this.#newest) return;
    this.#newest = number;
    this.#utterances.push(new Utterance(number));
    this.#stopTicking ??= this.#options.ticker.add((nowMs) => this.#goOn(nowMs));
  }

  clause(number: number, text: string): Clause {
    const utterance = this.#utterances.find((each) => each.number === number);
    if (!utterance || utterance.isFinished) return UNWANTED;
    const clause = new ClauseAudio(text);
    utterance.add(clause);
    const { signal } = this.#wanted;
    return {
      get isWanted() {
        return !signal.aborted;
      },
      push: (audio) => {
        if (signal.aborted || clause.state !== 'coming') return;
        clause.push(audio, this.#clock.now());
        this.#goOn();
      },
      end: (how) => {
        if (signal.aborted || clause.state !== 'coming') return;
        clause.state = how ?? 'ended';
        this.#goOn();
      },
    };
  }

  say(number: number, text: string, audio: AsyncIterable<Uint8Array>): Promise<void> {
    return readClause(audio, this.clause(number, text), {
      signal: this.#wanted.signal,
      hasRoom: () => this.#hasRoom(),
    });
  }

  finish(number: number): void {
    const utterance = this.#utterances.find((each) => each.number === number);
    if (!utterance) return;
    utterance.isFinished = true;
    this.#goOn();
  }

  played(mark: string): void {
    this.#pacer.playhead.played(mark, this.#clock.now());
    this.#goOn();
  }

  clear(): void {
    this.#throwAway(false);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#throwAway(true);
  }

  #throwAway(isGone: boolean): void {
    const nowMs = this.#clock.now();
    this.#tellAudible(nowMs);
    const utterances = this.#utterances;
    this.#utterances = [];
    const position = this.#pacer.clear(nowMs, isGone);
    this.#wanted.abort();
    this.#wanted = untilCleared();
    for (const utterance of utterances) {
      this.#events.push({
        type: 'cleared',
        utterance: utterance.number,
        heardText: utterance.heardText(position),
        atMs: nowMs,
      });
    }
    this.#goOn(nowMs);
  }

  /** Whatever has happened: sends what is due and tells what is new. */
  #goOn(nowMs = this.#clock.now()): void {
    this.#pacer.send(this.#utterances, nowMs);
    this.#tellAudible(nowMs);
    this.#tellHeard(nowMs);
    if (this.#readers.length > 0 && this.#isRoom) this.#readOn();
    if (this.#utterances.length === 0) {
      this.#stopTicking?.();
      this.#stopTicking = undefined;
    }
    // A listener may call any method here, and what that has to tell comes after what is waiting.
    for (let event = this.#events.shift(); event; event = this.#events.shift()) {
      this.#options.onEvent(event);
    }
  }

  #tellAudible(nowMs: number): void {
    const { playhead } = this.#pacer;
    for (const utterance of this.#utterances) {
      const { startsAt, wasAudible, number } = utterance;
      if (startsAt === undefined || playhead.at(nowMs) < startsAt) return;
      if (wasAudible) continue;
      utterance.wasAudible = true;
      const atMs = Math.min(nowMs, playhead.timeOf(startsAt));
      this.#events.push({ type: 'audible', utterance: number, atMs });
    }
  }

  #tellHeard(nowMs: number): void {
    for (;;) {
      const [utterance] = this.#utterances;
      if (!utterance || !this.#wasHeard(utterance, nowMs)) return;
      this.#utterances.shift();
      this.#events.push({
        type: 'heard',
        utterance: utterance.number,
        text: utterance.heardText(Infinity),
        isAll: utterance.isWhole,
        atMs: nowMs,
      });
    }
  }

  #wasHeard(utterance: Utterance, nowMs: number): boolean {
    if (!utterance.isDrained) return false;
    const { playhead, isTaking } = this.#pacer;
    if (playhead.proved >= utterance.endsAt) return true;
    return isTaking && nowMs - playhead.timeOf(utterance.endsAt) >= LOST_MARK_MS;
  }

  get #isRoom(): boolean {
    return this.#utterances.reduce((sum, { waiting }) => sum + waiting, 0) <= READ_AHEAD;
  }

  async #hasRoom(): Promise<void> {
    if (!this.#isRoom) await new Promise<void>((resolve) => this.#readers.push(resolve));
  }

  #readOn(): void {
    const readers = this.#readers;
    this.#readers = [];
    for (const readOn of readers) readOn();
  }
}

/** Any number of clauses may be read at the same time. */
function untilCleared(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
