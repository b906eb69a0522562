/** One caller: asks, listens to the answer to its last word, and now and then interrupts it. */
import { pause } from '../play-call.ts';
import type { Phone } from '../../simulator/phone.ts';
import type { Random } from '../../simulator/faults/random.ts';
import type { TruthLog } from '../../simulator/truth-log.ts';
import type { Tally } from './tally.ts';
import { answerTo, INTERRUPTIONS, isBeginningOf, isSame, QUESTIONS, STORIES } from './talk.ts';

export interface CallerParts {
  phone: Phone;
  log: TruthLog;
  random: Random;
  tally: Tally;
  pauseMs: number;
  /** How the assistant answers the call. */
  greeting: string;
  /** Of each interruption: milliseconds from its first audible sample to the caller's voice. */
  voiceAfterMs: ReadonlyMap<string, number>;
}

/** One turn in so many is interrupted. */
const INTERRUPTED_EVERY = 3;
/** Of a story that is interrupted so much is heard, and at most so much more. */
const LISTEN_MS = 1_500;
const LISTEN_MORE_MS = 2_000;
/** An answer that comes later than this does not come. */
const PATIENCE_MS = 15_000;

interface Said {
  beginsAtMs: number;
  endsAtMs: number;
}

export class Caller {
  readonly #parts: CallerParts;
  readonly #clears: number[] = [];
  readonly #forget: () => void;
  #turn = 0;

  constructor(parts: CallerParts) {
    this.#parts = parts;
    const { phone, log, random } = parts;
    this.#turn = random.integer(0, INTERRUPTED_EVERY - 1);
    this.#forget = log.subscribe((entry) => {
      if (entry.kind === 'stream-cleared' && entry.callSid === phone.callSid) {
        this.#clears.push(entry.atMs);
      }
    });
  }

  /** @throws when it is not heard */
  async isGreeted(): Promise<void> {
    await this.#hears(this.#parts.greeting);
  }

  /** Until the time is over; a turn that was begun is finished. */
  async talk(isOver: () => boolean): Promise<void> {
    const { random, pauseMs, tally, phone } = this.#parts;
    // Callers are not in step.
    await pause(random.next() * LISTEN_MORE_MS);
    while (!isOver() && phone.stream) {
      this.#turn += 1;
      await pause(500 + random.next() * pauseMs);
      try {
        if (this.#turn % INTERRUPTED_EVERY === 0) await this.#interrupts();
        else await this.#asks();
      } catch (error) {
        tally.failed(`not answered: ${error instanceof Error ? error.name : 'unknown'}`);
        await pause(PATIENCE_MS / 5);
      }
    }
  }

  async hangUp(): Promise<void> {
    const { phone, tally } = this.#parts;
    this.#forget();
    const { stream } = phone;
    if (stream) tally.stream(stream.measures);
    else tally.failed('no stream at the end of the call');
    phone.hangUp();
    await phone.ended;
  }

  async #asks(): Promise<void> {
    const words = this.#parts.random.pick(QUESTIONS);
    const { endsAtMs } = await this.#says(words);
    await this.#isAnswered(endsAtMs);
    this.#check(await this.#hears(answerTo(words)), '', answerTo(words));
  }

  async #interrupts(): Promise<void> {
    const { random, phone, tally, voiceAfterMs } = this.#parts;
    const story = random.pick(STORIES);
    const { endsAtMs } = await this.#says(story);
    await this.#isAnswered(endsAtMs);
    await pause(LISTEN_MS + random.next() * LISTEN_MORE_MS);
    const words = random.pick(INTERRUPTIONS);
    tally.interruptions += 1;
    const said = await this.#says(words);
    const clearedAtMs = this.#clears.find((atMs) => atMs >= said.beginsAtMs);
    const silentAtMs = phone.stream?.silentSinceMs;
    if (clearedAtMs === undefined) tally.failed('not stopped by an interruption');
    else {
      const clearMs = clearedAtMs - said.beginsAtMs;
      tally.clearMs.push(clearMs);
      tally.clearAfterVoiceMs.push(clearMs - (voiceAfterMs.get(words) ?? 0));
    }
    if (silentAtMs !== undefined) tally.silenceMs.push(Math.max(0, silentAtMs - said.beginsAtMs));
    await this.#isAnswered(said.endsAtMs);
    this.#check(await this.#hears(answerTo(words)), answerTo(story), answerTo(words));
  }

  async #says(words: string): Promise<Said> {
    const voice = await this.#parts.phone.say(words).delivered;
    if (voice?.kind !== 'stream-voice') throw new Error('The stream is over.');
    return voice;
  }

  /** Measures when the answer begins. */
  async #isAnswered(endsAtMs: number): Promise<void> {
    const { phone, tally } = this.#parts;
    tally.turns += 1;
    const soundMs = await phone.hearsSoundAfter(endsAtMs, { timeoutMs: PATIENCE_MS });
    tally.answerMs.push(soundMs - endsAtMs);
  }

  /** @returns everything that was heard until its end. @throws when its end does not come */
  async #hears(text: string): Promise<string> {
    const end = text.trim().split(/\s+/).slice(-3).join(' ');
    const pattern = new RegExp(end.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
    return (await this.#parts.phone.hearsMatching(pattern, { timeoutMs: PATIENCE_MS * 2 })).text;
  }

  /** @param interrupted of which a beginning may have been heard before */
  #check(heard: string, interrupted: string, answer: string): void {
    const { tally } = this.#parts;
    const at = heard.lastIndexOf(answer);
    const isAnswer = at >= 0 && isSame(heard.slice(at), answer);
    if (!isAnswer) tally.failed('other words than the answer');
    else if (!isBeginningOf(interrupted, heard.slice(0, at))) {
      tally.failed('other words before the answer');
    }
  }
}
