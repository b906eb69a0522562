/** A session of a recogniser, and everything that it has said. */
import type {
  ListenOptions,
  RecogniserEvent,
  RecogniserSession,
  SpeechToText,
} from '../../src/speech/index.ts';
import { inPieces } from './caller-audio.ts';
import { until } from '../orchestrator/until.ts';

export class Listening {
  readonly events: RecogniserEvent[] = [];
  /** When each event came. */
  readonly atMs: number[] = [];
  /** Events that came from within a call of ours. */
  readonly early: RecogniserEvent[] = [];
  readonly session: RecogniserSession;
  isReady = false;
  #isCalling = false;

  constructor(recogniser: SpeechToText, options: Partial<ListenOptions> = {}) {
    this.#isCalling = true;
    this.session = recogniser.listen({
      language: 'en-US',
      hints: [],
      onReady: () => {
        this.isReady = true;
      },
      ...options,
      onEvent: (event) => {
        this.events.push(event);
        this.atMs.push(performance.now());
        if (this.#isCalling) this.early.push(event);
        options.onEvent?.(event);
      },
    });
    this.#isCalling = false;
  }

  /** Says it all at once. */
  say(audio: Uint8Array, { bytes = 160, voice = true } = {}): void {
    this.#call(() => {
      const pieces = inPieces(audio, bytes);
      for (const [index, piece] of pieces.entries()) {
        this.session.send(piece);
        if (voice && index === 0) this.session.voiceBegan();
      }
    });
  }

  flush(): void {
    this.#call(() => this.session.flush());
  }

  close(): void {
    this.#call(() => this.session.close());
  }

  /** The words of all finals. */
  get text(): string {
    return this.events.flatMap((each) => (each.type === 'final' ? [each.text] : [])).join(' ');
  }

  count(type: RecogniserEvent['type']): number {
    return this.events.filter((each) => each.type === type).length;
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  async flushed(times = 1): Promise<void> {
    await until(() => this.count('flushed') >= times || this.count('failed') > 0);
    if (this.count('flushed') < times) throw new Error('the session has failed');
  }

  async failed(): Promise<RecogniserEvent & { type: 'failed' }> {
    await until(() => this.count('failed') > 0);
    const last = this.events.at(-1);
    if (last?.type !== 'failed') throw new Error('something followed the failure');
    return last;
  }

  #call(work: () => void): void {
    this.#isCalling = true;
    work();
    this.#isCalling = false;
  }
}
