/** A caller on a stream for whom things go wrong: says something, waits for the answer, goes on. */
import { BRIDGE } from '../../../workflows/rules/streams.ts';
import { PhoneError } from '../../simulator/index.ts';
import type { Phone } from '../../simulator/index.ts';
import type { Random } from '../../simulator/faults/random.ts';
import { pause } from '../play-call.ts';
import { endOf, patternOfAnswer, sentenceOf } from './media-talk.ts';

export interface MediaCallerPlan {
  /** A number that no other caller of the run has: what is said holds a word for it. */
  number: number;
  /** What is heard first. */
  greeting: string;
  /** After so many answered turns it hangs up. */
  turns: number;
  random: Random;
  stopping: AbortSignal;
}

/** What a caller is doing: says a sentence, hears something, or neither. */
export type Doing = 'speaking' | 'hearing' | 'neither';

/** Longer than anything but an outage. */
const PATIENCE_MS = 60_000;
const THINK_MS = { min: 300, max: 1500 };
/** It is the caller's turn for so long without an answer: the words are said again. */
const SAY_AGAIN_MS = 3_000;
const HANG_UP_MS = 800;
const LOOK_AGAIN_MS = 50;

export class MediaCaller {
  readonly phone: Phone;
  readonly #plan: MediaCallerPlan;
  #answered = 0;
  #saidAgain = 0;
  #cutSentences = 0;
  #isSpeaking = false;
  #isLeaving = false;

  constructor(phone: Phone, plan: MediaCallerPlan) {
    this.phone = phone;
    this.#plan = plan;
  }

  get answered(): number {
    return this.#answered;
  }

  /** Whole sentences that were said once more, as nothing was heard of them. */
  get saidAgain(): number {
    return this.#saidAgain;
  }

  /** Sentences that a lost stream has cut off, said again as well. */
  get cutSentences(): number {
    return this.#cutSentences;
  }

  get doing(): Doing {
    const { stream } = this.phone;
    if (this.#isSpeaking) return 'speaking';
    const isAudible = stream?.firstAudibleAfter(0) !== undefined && !stream.silentSinceMs;
    return isAudible ? 'hearing' : 'neither';
  }

  /** Hangs up after the turn that is under way. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** Plays the call to its end. @returns what went wrong, if anything. */
  async run(): Promise<string | undefined> {
    const { turns, stopping, greeting } = this.#plan;
    const hangUp = () => this.phone.hangUp();
    stopping.addEventListener('abort', hangUp, { once: true });
    try {
      // A greeting that was cut off is not said again: what bridges the gap is its end.
      await this.#hears(endOf(greeting, BRIDGE));
      for (let nth = 1; this.#answered < turns && !this.#isLeaving; nth += 1) {
        await this.#turn(nth);
      }
      await pause(HANG_UP_MS, stopping); // the last word is only beginning
      this.phone.hangUp();
    } catch (error) {
      if (stopping.aborted) return undefined;
      if (!(error instanceof PhoneError)) throw error;
      this.phone.hangUp();
      return error.message;
    } finally {
      stopping.removeEventListener('abort', hangUp);
    }
    await this.phone.ended;
    return undefined;
  }

  /** Until it is answered: whatever is cut off or not heard is said again. */
  async #turn(nth: number): Promise<void> {
    const { number, random, stopping } = this.#plan;
    const words = sentenceOf(number, nth);
    const answer = patternOfAnswer(words);
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      await this.phone.waitUntilListening({ timeoutMs: PATIENCE_MS });
      await pause(random.integer(THINK_MS.min, THINK_MS.max), stopping);
      if (await this.#says(words)) {
        if (await this.#isAnswered(answer)) break;
        this.#saidAgain += 1;
      } else this.#cutSentences += 1;
      if (Date.now() > end) throw new PhoneError('the caller was not answered');
    }
    this.#answered += 1;
  }

  /** Whether all of it was said. */
  async #says(words: string): Promise<boolean> {
    this.#isSpeaking = true;
    try {
      return (await this.phone.say(words).delivered) !== undefined;
    } finally {
      this.#isSpeaking = false;
    }
  }

  /** Whether the answer was heard to its end, before the caller was waited for. */
  async #isAnswered(answer: RegExp): Promise<boolean> {
    const { phone } = this;
    const { stopping } = this.#plan;
    let turnSinceMs = Infinity;
    while (!stopping.aborted && !phone.isOver) {
      if (answer.test(await phone.hearsSoFar(/^/))) {
        await this.#hears(answer);
        return true;
      }
      turnSinceMs = phone.isListening ? Math.min(turnSinceMs, Date.now()) : Infinity;
      if (Date.now() - turnSinceMs > SAY_AGAIN_MS) return false;
      await pause(LOOK_AGAIN_MS, stopping);
    }
    throw new PhoneError('the call ended before the caller did');
  }

  async #hears(pattern: RegExp): Promise<void> {
    await this.phone.hearsMatching(pattern, { timeoutMs: PATIENCE_MS });
  }
}
