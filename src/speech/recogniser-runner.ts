/** One recogniser at work in a chain: its session, and what this says of its provider. */
import type { Ending } from '../vendors/provider-health.ts';
import type { HeardAudio } from './heard-audio.ts';
import type { RecogniserLink } from './recogniser-links.ts';
import { SpeechError } from './speech-error.ts';
import type { SpeechTry } from './speech-try.ts';
import type { ListenOptions, RecogniserEvent, RecogniserSession } from './stt.ts';

export interface RunnerOptions {
  link: RecogniserLink;
  /** What it is given at first. */
  heard: HeardAudio;
  listen: Pick<ListenOptions, 'language' | 'hints'>;
  now: () => number;
  onEvent: (runner: RecogniserRunner, event: RecogniserEvent) => void;
  /** The service has let us in. */
  onReady: () => void;
  onTry: (question: SpeechTry) => void;
}

export class RecogniserRunner {
  readonly link: RecogniserLink;
  /** Where its audio begins on the whole line. */
  readonly fromBytes: number;
  readonly #session: RecogniserSession;
  readonly #options: RunnerOptions;
  readonly #startedAt: number;
  readonly #settle: (ending: Ending) => void;
  readonly #flushedAt: number[] = [];
  #isIn = false;
  #isJudged = false;
  #isOver = false;

  constructor(options: RunnerOptions) {
    const { link, heard, listen, now } = options;
    this.link = link;
    this.#options = options;
    this.fromBytes = heard.fromBytes;
    this.#startedAt = now();
    this.#settle = link.provider.health.begin();
    this.#session = link.recogniser.listen({
      ...listen,
      onEvent: (event) => this.#take(event),
      onReady: () => {
        this.#isIn = true;
        options.onReady();
      },
    });
    heard.replay(this);
  }

  /** The service has let us in. */
  get isIn(): boolean {
    return this.#isIn;
  }

  send(audio: Uint8Array): void {
    this.#session.send(audio);
  }

  voiceBegan(): void {
    this.#session.voiceBegan();
  }

  flush(): void {
    this.#flushedAt.push(this.#options.now());
    this.#session.flush();
  }

  /** Its work is not needed any more. */
  close(outcome?: 'unused'): void {
    if (this.#isOver) return;
    this.#end();
    if (outcome) this.#note(outcome, this.#startedAt);
  }

  /** It takes too long for the call; the other calls learn of it. */
  giveUp(): SpeechError {
    const error = new SpeechError('timeout', 'the recogniser did not answer a flush in time');
    if (!this.#isOver) this.#fail(error);
    return error;
  }

  #take(event: RecogniserEvent): void {
    if (this.#isOver) return;
    if (event.type === 'failed') this.#fail(event.error);
    else this.#judge('answered');
    if (event.type === 'flushed') {
      this.#note('answered', this.#flushedAt.shift() ?? this.#options.now());
    }
    this.#options.onEvent(this, event);
  }

  #fail(error: SpeechError): void {
    this.#note(error.kind, this.#flushedAt[0] ?? this.#startedAt);
    this.#judge(this.link.isNamed && error.kind === 'refused' ? 'unknown' : error);
    this.#end();
  }

  #end(): void {
    this.#isOver = true;
    this.#settle('unknown');
    this.#session.close();
  }

  /** A long session tells of its provider more than once. */
  #judge(ending: Ending): void {
    if (this.#isJudged) this.link.provider.health.begin()(ending);
    else this.#settle(ending);
    this.#isJudged = true;
  }

  #note(outcome: SpeechTry['outcome'], since: number): void {
    const { provider, recogniser } = this.link;
    const ms = Math.max(0, Math.round(this.#options.now() - since));
    this.#options.onTry({ provider: provider.name, name: recogniser.name, outcome, ms });
  }
}
