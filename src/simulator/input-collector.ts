/** What one Gather collects: the first kind of input wins, timers decide when it is over. */
import type { Clock } from './clock.ts';
import { deferred } from './call-state.ts';

export interface CollectorSettings {
  speech: boolean;
  dtmf: boolean;
  timeoutMs: number;
  speechTimeoutMs: number;
  /** One key, or empty for none. */
  finishOnKey: string;
  numDigits: number;
  maxSpeechMs: number;
  /** False: input is deaf until the prompts are over. */
  bargeIn: boolean;
  /** End every wait as soon as its outcome is certain from what the handset declared. */
  fastForward: boolean;
}

export type Collected =
  | { kind: 'speech'; text: string; confidence?: number; utteranceIds: string[] }
  | { kind: 'dtmf'; digits: string; utteranceIds: string[] }
  | { kind: 'none'; utteranceIds: string[] };

export type Offer = { taken: true; lost?: string } | { taken: false; why: string };

export interface SpeechOffer {
  id: string;
  text: string;
  confidence: number | undefined;
  /** How long it takes to say it, in call time. */
  durationMs: number;
}

export class InputCollector {
  readonly result: Promise<Collected>;
  /** Told what is certain so far, and what was just added. */
  onSpeech: (stable: string, unstable: string) => void = () => {};
  readonly #settings: CollectorSettings;
  readonly #clock: Clock;
  readonly #begun = new AbortController();
  readonly #resolve: (collected: Collected) => void;
  readonly #utteranceIds: string[] = [];
  readonly #words: string[] = [];
  #state: 'waiting' | 'speech' | 'dtmf' | 'done' = 'waiting';
  #promptsDone = false;
  #silenceDeclared = false;
  #held = false;
  #digits = '';
  #confidence: number | undefined;
  #spokenMs = 0;
  #cancelTimer = () => {};

  constructor(settings: CollectorSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    const { promise, resolve } = deferred<Collected>();
    this.result = promise;
    this.#resolve = resolve;
  }

  /** Aborted with `barge-in` as soon as the caller begins: nested audio stops. */
  get begun(): AbortSignal {
    return this.#begun.signal;
  }

  /** Open, prompts over, nothing said yet. */
  get isListening(): boolean {
    return this.#state === 'waiting' && this.#promptsDone;
  }

  /** Open and nothing said yet; the prompts may still be playing. */
  get isOpen(): boolean {
    return this.#state === 'waiting';
  }

  /** The nested audio is over (or was interrupted): the clock of silence starts. */
  promptsDone(): void {
    this.#promptsDone = true;
    if (this.#state !== 'waiting') return;
    if (this.#silenceDeclared && this.#settings.fastForward) this.#finish({ kind: 'none' });
    else if (!this.#held) this.#finishAfter(this.#settings.timeoutMs);
  }

  /** The caller begins to speak, and the words are not there yet: no timeout until then. */
  hold(bargeIn: boolean): void {
    if (this.#state !== 'waiting') return;
    this.#held = true;
    this.#cancelTimer();
    const interrupts = bargeIn && this.#settings.bargeIn && this.#settings.speech;
    if (interrupts && !this.#begun.signal.aborted) this.#begun.abort('barge-in');
  }

  /** No words came. */
  release(): void {
    if (!this.#held || this.#state !== 'waiting') return;
    this.#held = false;
    if (this.#promptsDone) this.#finishAfter(this.#settings.timeoutMs);
  }

  offerSpeech(offer: SpeechOffer): Offer {
    if (!this.#settings.speech) return { taken: false, why: 'this Gather takes keys only' };
    if (this.#state === 'dtmf') return { taken: false, why: 'keys came first' };
    const deaf = this.#deaf();
    if (deaf !== undefined) return { taken: false, why: deaf };
    const leftMs = this.#settings.maxSpeechMs - this.#spokenMs;
    if (leftMs <= 0) return { taken: false, why: 'the limit for speech was reached' };
    const { kept, lost } = cutAt(offer.text, leftMs / Math.max(1, offer.durationMs));
    this.#begin('speech', offer.id);
    this.onSpeech(this.#words.join(' '), kept);
    this.#words.push(kept);
    this.#confidence = offer.confidence;
    this.#spokenMs += Math.min(offer.durationMs, leftMs);
    const limitReached = this.#spokenMs >= this.#settings.maxSpeechMs;
    const restMs = limitReached ? 0 : this.#settings.speechTimeoutMs;
    this.#finishAfter(this.#settings.fastForward ? 0 : offer.durationMs + restMs);
    return lost === '' ? { taken: true } : { taken: true, lost };
  }

  /** Keys one after another; says how many were taken. */
  offerKeys(id: string, keys: string): Offer {
    if (!this.#settings.dtmf) return { taken: false, why: 'this Gather takes speech only' };
    if (this.#state === 'speech') return { taken: false, why: 'speech came first' };
    const deaf = this.#deaf();
    if (deaf !== undefined) return { taken: false, why: deaf };
    this.#begin('dtmf', id);
    for (let index = 0; index < keys.length; index += 1) {
      const key = keys.charAt(index);
      const finishing = key === this.#settings.finishOnKey;
      if (!finishing) this.#digits += key;
      if (finishing || this.#digits.length >= this.#settings.numDigits) {
        this.#finishKeys();
        const lost = keys.slice(index + 1);
        return lost === '' ? { taken: true } : { taken: true, lost };
      }
    }
    if (this.#settings.fastForward) this.#finishKeys();
    else this.#finishAfter(this.#settings.timeoutMs);
    return { taken: true };
  }

  /** The handset declares that nothing will be said to this Gather. */
  offerSilence(id: string): Offer {
    if (this.#state !== 'waiting') return { taken: false, why: 'input has begun' };
    this.#utteranceIds.push(id);
    this.#silenceDeclared = true;
    this.release();
    if (this.#settings.fastForward && this.#promptsDone) this.#finish({ kind: 'none' });
    return { taken: true };
  }

  /** The call went on without this Gather. */
  close(): void {
    this.#finish({ kind: 'none' });
  }

  #deaf(): string | undefined {
    if (this.#state === 'done') return 'this Gather is over';
    if (!this.#promptsDone && !this.#settings.bargeIn) return 'barge-in is off';
    return undefined;
  }

  #begin(state: 'speech' | 'dtmf', utteranceId: string): void {
    this.#state = state;
    this.#utteranceIds.push(utteranceId);
    this.#begun.abort('barge-in');
  }

  #finishAfter(ms: number): void {
    this.#cancelTimer();
    const finish = () => {
      if (this.#state === 'speech') this.#finishSpeech();
      else this.#finishKeys();
    };
    this.#cancelTimer = this.#clock.after(ms, finish);
  }

  #finishSpeech(): void {
    const confidence = this.#confidence;
    const text = this.#words.join(' ');
    if (text === '') this.#finish({ kind: 'none' });
    else
      this.#finish({ kind: 'speech', text, ...(confidence === undefined ? {} : { confidence }) });
  }

  /** The finish key alone, and nothing at all, are both no input. */
  #finishKeys(): void {
    if (this.#digits === '') this.#finish({ kind: 'none' });
    else this.#finish({ kind: 'dtmf', digits: this.#digits });
  }

  #finish(
    what:
      | { kind: 'none' }
      | { kind: 'dtmf'; digits: string }
      | { kind: 'speech'; text: string; confidence?: number },
  ): void {
    if (this.#state === 'done') return;
    this.#state = 'done';
    this.#cancelTimer();
    this.#resolve({ ...what, utteranceIds: this.#utteranceIds });
  }
}

/** The part of a text that fits into a fraction of its time, cut between words. */
function cutAt(text: string, fraction: number): { kept: string; lost: string } {
  if (fraction >= 1) return { kept: text, lost: '' };
  const words = text.split(' ');
  const count = Math.floor(words.length * fraction);
  return { kept: words.slice(0, count).join(' '), lost: words.slice(count).join(' ') };
}
