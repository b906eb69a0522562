/**
 * The recogniser of the demo: understands the simulated telephone, whose audio carries its words as
 * captions, and no voice of a human being.
 */
import { CaptionReader } from '../../captions/index.ts';
import type { ListenOptions, RecogniserSession, SpeechToText } from '../stt.ts';
import { isLoud } from './loud.ts';
import { SessionOutlet } from './session-outlet.ts';

export interface DemoRecogniserOptions {
  /** Called once in a process: somebody has spoken for long, and there was not one caption. */
  onDeaf?: () => void;
}

/** So much loud audio without any caption is a real caller. */
const DEAF_MS = 5_000;
const BYTES_PER_MS = 8;
/** Characters; whoever says more without a pause gets a final in between. */
const LONGEST = 2_000;

export class DemoRecogniser implements SpeechToText {
  readonly name = 'demo';
  readonly abilities = { interim: true, streaming: true };
  readonly #options: DemoRecogniserOptions;
  #wasDeaf = false;

  constructor(options: DemoRecogniserOptions = {}) {
    this.#options = options;
  }

  listen(options: ListenOptions): RecogniserSession {
    return new DemoSession(options, () => {
      if (this.#wasDeaf) return;
      this.#wasDeaf = true;
      this.#options.onDeaf?.();
    });
  }
}

class DemoSession implements RecogniserSession {
  readonly #outlet: SessionOutlet;
  readonly #reader = new CaptionReader();
  readonly #onDeaf: () => void;
  #words: string[] = [];
  #sentBytes = 0;
  /** Loud audio since the last caption. */
  #loudBytes = 0;

  constructor({ onEvent, onReady }: ListenOptions, onDeaf: () => void) {
    this.#outlet = new SessionOutlet(onEvent);
    this.#onDeaf = onDeaf;
    this.#later(() => onReady?.());
  }

  send(audio: Uint8Array): void {
    if (this.#outlet.isOver) return;
    this.#sentBytes += audio.length;
    const found = this.#reader.read(audio);
    if (found.length === 0) return this.#listenForVoice(audio);
    this.#loudBytes = 0;
    this.#words.push(...found.map(({ word }) => word));
    const text = this.#words.join(' ');
    if (text.length > LONGEST) this.#finalise();
    else this.#later(() => this.#outlet.partial(text));
  }

  voiceBegan(): void {
    // Captions say by themselves where words begin.
  }

  flush(): void {
    this.#finalise();
    this.#later(() => this.#outlet.flushed());
  }

  close(): void {
    this.#outlet.close();
  }

  #finalise(): void {
    const text = this.#words.join(' ');
    const untilMs = this.#sentBytes / BYTES_PER_MS;
    this.#words = [];
    if (text !== '') this.#later(() => this.#outlet.final(text, { confidence: 1, untilMs }));
  }

  #listenForVoice(audio: Uint8Array): void {
    if (!isLoud(audio)) return;
    this.#loudBytes += audio.length;
    if (this.#loudBytes < DEAF_MS * BYTES_PER_MS) return;
    this.#loudBytes = 0;
    this.#onDeaf();
  }

  /** As with a server: never within a call, in order, and not after `close`. */
  #later(tell: () => void): void {
    queueMicrotask(() => {
      if (!this.#outlet.isOver) tell();
    });
  }
}
