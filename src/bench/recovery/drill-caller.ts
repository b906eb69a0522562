/** A caller for whom things go wrong: says something each time it is listened to, and goes on. */
import { PhoneError } from '../../simulator/index.ts';
import type { Phone } from '../../simulator/index.ts';
import type { Random } from '../../simulator/faults/random.ts';
import { replyTo } from '../instant-model.ts';
import { pause } from '../play-call.ts';

/** Only callers say it, over streams, too: found in a log, it was taken from their speech. */
export const CALLERS_WORD = 'dish';

export interface CallerPlan {
  /** A name that no other call has: what is said holds it. */
  name: string;
  /** After so many answered turns it hangs up; infinity for until {@link DrillCaller.leave}. */
  turns: number;
  /** How long the caller thinks before each words, in milliseconds. */
  thinkMs: { min: number; max: number };
  random: Random;
  stopping: AbortSignal;
}

/** Longer than anything but an outage: fillers keep coming in all of it. */
const PATIENCE_MS = 90_000;

export class DrillCaller {
  readonly phone: Phone;
  readonly #plan: CallerPlan;
  #answered = 0;
  #saidAtMs: number | undefined;
  #isLeaving = false;

  constructor(phone: Phone, plan: CallerPlan) {
    this.phone = phone;
    this.#plan = plan;
  }

  get answered(): number {
    return this.#answered;
  }

  /** The greeting was heard, and nothing is waited for: the caller thinks or is about to speak. */
  get isBetweenTurns(): boolean {
    return this.#saidAtMs === undefined && this.phone.isListening;
  }

  /** How long the words have been waiting for their answer; undefined when there are none. */
  get waitingMs(): number | undefined {
    return this.#saidAtMs === undefined ? undefined : Date.now() - this.#saidAtMs;
  }

  /** Hangs up the next time that it is listened to. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** Plays the call to its end. @returns what went wrong, if anything. */
  async run(): Promise<string | undefined> {
    const { turns, stopping } = this.#plan;
    const hangUp = () => this.phone.hangUp();
    stopping.addEventListener('abort', hangUp, { once: true });
    try {
      for (let said = 1; this.#answered < turns && !this.#isLeaving; said += 1) {
        await this.phone.waitUntilListening({ timeoutMs: PATIENCE_MS });
        await this.#turn(said);
      }
      await this.phone.waitUntilListening({ timeoutMs: PATIENCE_MS });
      this.phone.hangUp();
    } catch (error) {
      if (stopping.aborted) return undefined;
      if (!(error instanceof PhoneError)) throw error;
      this.phone.hangUp();
      return error.message;
    } finally {
      stopping.removeEventListener('abort', hangUp);
      this.#saidAtMs = undefined;
    }
    await this.phone.ended;
    return undefined;
  }

  async #turn(said: number): Promise<void> {
    const { name, thinkMs, random, stopping } = this.#plan;
    this.phone.startSpeaking({ bargeIn: false }); // so that a thoughtful caller is not prompted
    await pause(random.integer(thinkMs.min, thinkMs.max), stopping);
    if (this.#isLeaving) return this.phone.stopSpeaking();
    const words = `${name} wants ${CALLERS_WORD} ${said}`;
    this.#saidAtMs = Date.now();
    try {
      this.phone.say(words);
      if (await this.#isAnswered(replyTo(words))) this.#answered += 1;
    } finally {
      this.#saidAtMs = undefined;
    }
  }

  /** Waits until it is this side's turn again; whether the reply was heard before that. */
  async #isAnswered(reply: string): Promise<boolean> {
    let isAnswered = false;
    for (;;) {
      const { heard, mayAnswer, over } = await this.phone.turn({ timeoutMs: PATIENCE_MS });
      isAnswered ||= heard.some(({ text }) => text === reply);
      if (over && !mayAnswer) throw new PhoneError('the call ended before the caller did');
      if (mayAnswer) return isAnswered;
    }
  }
}
