/** Gives audio to the line: up to 400 ms ahead of where the caller is by the clock. */
import type { Line } from '../line.ts';
import { TICK_MS } from '../ticker.ts';
import type { ClauseAudio } from './clause-audio.ts';
import type { PlaybackEvent, PlaybackFigures } from './playback-types.ts';
import { Playhead } from './playhead.ts';
import type { Utterance } from './utterance.ts';

const SAMPLES_PER_MS = 8;
const FRAME = 20 * SAMPLES_PER_MS;
/** 100 ms: as much is sent at a time. */
const PIECE = 5 * FRAME;
/** 200 ms: each mark is a message there and one back. */
const BETWEEN_MARKS = 2 * PIECE;
/** Never more is ahead: a clear throws it away. */
const MAX_LEAD_MS = 400;
/** Nothing is sent while more is ahead, so that it comes in pieces and not in every beat. */
const ENOUGH_LEAD_MS = 340;
/** With less than this ahead, less than a whole piece is sent, too. */
const LITTLE_LEAD_MS = 200;
/** Far more than the lead is on the wire: the line does not take what it is given. */
const MAX_WAITING_BYTES = 16_384;
const STUCK_MS = 2_000;
/** Shorter gaps are the clock's. */
const LEAST_GAP_MS = 1;

export class Pacer {
  playhead = new Playhead(1);
  readonly figures: PlaybackFigures = {
    late: 0,
    otherGaps: 0,
    shortestLeadMs: Infinity,
    longestLeadMs: 0,
  };
  readonly #line: Line;
  readonly #tell: (event: PlaybackEvent) => void;
  #generation = 1;
  /** Since when the line takes nothing, though there is something to be sent. */
  #heldSinceMs: number | undefined;
  #isStuck = false;

  constructor(line: Line, tell: (event: PlaybackEvent) => void) {
    this.#line = line;
    this.#tell = tell;
  }

  /** Sends what is due of the utterances, which are given in their order. */
  send(utterances: readonly Utterance[], nowMs: number): void {
    for (;;) {
      const utterance = utterances.find((each) => !each.isDrained);
      this.#markIfDue(utterance);
      if (!utterance) return;
      const leadMs = this.playhead.leadMs(nowMs);
      const clause = utterance.next(this.playhead.sent, nowMs);
      const samples = clause ? pieceOf(clause, leadMs) : 0;
      if (!clause || samples === 0 || this.#isHeld(nowMs)) return;
      this.#play(utterance, clause, samples, nowMs);
    }
  }

  #play(utterance: Utterance, clause: ClauseAudio, samples: number, nowMs: number): void {
    const leadMs = this.playhead.leadMs(nowMs);
    const at = this.playhead.sent;
    const readyMs = utterance.readySinceMs(clause);
    this.#line.play(clause.take(samples));
    const gapMs = this.playhead.add(samples, nowMs);
    if (utterance.startsAt === undefined) utterance.startsAt = at;
    else this.#measure(utterance, leadMs, gapMs, nowMs - readyMs);
    utterance.endsAt = this.playhead.sent;
    this.figures.longestLeadMs = Math.max(this.figures.longestLeadMs, this.playhead.leadMs(nowMs));
    this.#heldSinceMs = undefined;
  }

  /** @param readyForMs for how long the audio could have been sent */
  #measure(utterance: Utterance, leadMs: number, gapMs: number, readyForMs: number): void {
    const isStarved = readyForMs < gapMs;
    // What is sent as soon as it is made tells nothing of this process.
    if (readyForMs >= TICK_MS && !isStarved) {
      this.figures.shortestLeadMs = Math.min(this.figures.shortestLeadMs, leadMs);
    }
    if (gapMs < LEAST_GAP_MS) return;
    const held = this.#heldSinceMs === undefined ? 'late' : 'line';
    const why = isStarved ? 'starved' : held;
    if (why === 'late') this.figures.late += 1;
    else this.figures.otherGaps += 1;
    this.#tell({ type: 'underrun', utterance: utterance.number, why, gapMs });
  }

  /** @param next the first one that was not sent to its end */
  #markIfDue(next: Utterance | undefined): void {
    const unmarked = this.playhead.sent - this.playhead.marked;
    const isAtEnd = next?.startsAt === undefined;
    if (unmarked >= BETWEEN_MARKS || (unmarked > 0 && isAtEnd))
      this.#line.mark(this.playhead.mark());
  }

  #isHeld(nowMs: number): boolean {
    const { waitingBytes } = this.#line;
    if (waitingBytes <= MAX_WAITING_BYTES) {
      this.#isStuck = false;
      return false;
    }
    this.#heldSinceMs ??= nowMs;
    if (!this.#isStuck && nowMs - this.#heldSinceMs >= STUCK_MS) {
      this.#isStuck = true;
      this.#tell({ type: 'stuck', waitingBytes });
    }
    return true;
  }

  get isTaking(): boolean {
    return this.#line.waitingBytes <= MAX_WAITING_BYTES;
  }

  /**
   * Throws away what the line has; marks of before prove nothing from now on.
   * @param isGone nothing is sent, because there is no line any more
   * @returns where the caller was
   */
  clear(nowMs: number, isGone = false): number {
    const { playhead } = this;
    const position = playhead.heard(nowMs);
    if (!isGone && playhead.sent > playhead.proved) this.#line.clear();
    this.#generation += 1;
    this.playhead = new Playhead(this.#generation);
    this.#heldSinceMs = undefined;
    return position;
  }
}

function pieceOf(clause: ClauseAudio, leadMs: number): number {
  if (leadMs > ENOUGH_LEAD_MS) return 0;
  const frames = Math.floor(((MAX_LEAD_MS - leadMs) * SAMPLES_PER_MS) / FRAME);
  const wanted = Math.min(PIECE, frames * FRAME);
  const isLess = clause.waiting < wanted && clause.state === 'coming';
  if (isLess && leadMs >= LITTLE_LEAD_MS) return 0;
  return Math.min(wanted, clause.waiting);
}
