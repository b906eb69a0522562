import type { RecogniserEvent } from '../stt.ts';
import type { SpeechError } from '../speech-error.ts';

/** The way of a session's events to whoever listens: `failed` is the last one, none follow `close`. */
export class SessionOutlet {
  readonly #onEvent: (event: RecogniserEvent) => void;
  #isOver = false;
  /** The guess that stands, so that an empty one is told only when it takes something back. */
  #guess = '';

  constructor(onEvent: (event: RecogniserEvent) => void) {
    this.#onEvent = onEvent;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether a guess was told that no final has replaced yet. */
  get hasGuess(): boolean {
    return this.#guess !== '';
  }

  partial(text: string): void {
    if (this.#isOver || text === this.#guess) return;
    this.#guess = text;
    this.#onEvent({ type: 'partial', text });
  }

  /** Without words it only takes back the guess. */
  final(text: string, rest: { confidence?: number; untilMs?: number } = {}): void {
    if (text === '') return this.partial('');
    if (this.#isOver) return;
    this.#guess = '';
    this.#onEvent({ type: 'final', text, ...rest });
  }

  flushed(): void {
    if (!this.#isOver) this.#onEvent({ type: 'flushed' });
  }

  failed(error: SpeechError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEvent({ type: 'failed', error });
  }

  close(): void {
    this.#isOver = true;
  }
}
