/** A voice and a line: words take their time to be made and to be heard, and may be thrown away. */
import type { TalkEvent } from '../../../src/media/turns/index.ts';

/** How long a spoken word lasts. */
export const WORD_MS = 250;

type Told = Extract<TalkEvent, { type: 'audio-ready' | 'audible' | 'heard' | 'cleared' }>;
type Happening = Told extends infer Event
  ? Event extends Told
    ? Omit<Event, 'at'>
    : never
  : never;

interface Options {
  voiceMs: number;
  at: (at: number, run: () => void) => void;
  tell: (event: Happening) => void;
  hears: (text: string) => void;
  now: () => number;
}

interface Utterance {
  number: number;
  clauses: string[];
  isComplete: boolean;
  isAudible: boolean;
  heard: string[];
}

export class Loudspeaker {
  readonly #options: Options;
  #utterances: Utterance[] = [];
  /** Everything that was planned before a clear is void. */
  #generation = 0;
  /** Until when the line is busy with what was said so far. */
  #busyUntil = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  say(number: number, text: string, isLast: boolean): void {
    const { now, voiceMs } = this.#options;
    const utterance = this.#utteranceOf(number);
    if (text !== '') {
      const ready = now() + voiceMs;
      if (utterance.clauses.length === 0) {
        this.#later(ready, () => this.#options.tell({ type: 'audio-ready', utterance: number }));
      }
      utterance.clauses.push(text);
      let at = Math.max(ready, this.#busyUntil);
      this.#later(at, () => this.#begin(utterance, text));
      for (const word of text.split(' ')) {
        at += WORD_MS;
        this.#later(at, () => utterance.heard.push(word));
      }
      this.#busyUntil = at;
    }
    if (isLast) {
      utterance.isComplete = true;
      this.#later(Math.max(now(), this.#busyUntil), () => this.#end(utterance));
    }
  }

  clear(): void {
    this.#generation += 1;
    this.#busyUntil = 0;
    const cleared = this.#utterances;
    this.#utterances = [];
    for (const { number, heard } of cleared) {
      this.#options.tell({ type: 'cleared', utterance: number, text: heard.join(' ') });
    }
  }

  #utteranceOf(number: number): Utterance {
    let found = this.#utterances.find((each) => each.number === number);
    if (!found) {
      found = { number, clauses: [], isComplete: false, isAudible: false, heard: [] };
      this.#utterances.push(found);
    }
    return found;
  }

  #later(at: number, run: () => void): void {
    const generation = this.#generation;
    this.#options.at(at, () => {
      if (generation === this.#generation) run();
    });
  }

  #begin(utterance: Utterance, text: string): void {
    this.#options.hears(text);
    if (utterance.isAudible) return;
    utterance.isAudible = true;
    this.#options.tell({ type: 'audible', utterance: utterance.number });
  }

  #end(utterance: Utterance): void {
    this.#utterances = this.#utterances.filter((each) => each !== utterance);
    const text = utterance.clauses.join(' ');
    this.#options.tell({ type: 'heard', utterance: utterance.number, text, isAll: true });
  }
}
