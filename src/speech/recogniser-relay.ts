/**
 * A session of a chain. One recogniser listens; what was said since its last final is kept. When it
 * fails, the next one is given all of that again and goes on, so that no word is lost and none is told
 * twice. When it is merely late with a flush, the next one is set to work beside it (nobody knows yet
 * who will be first), and takes its place when the deadline has passed.
 */
import { HeardAudio } from './heard-audio.ts';
import { LinkChoice, type RecogniserLink } from './recogniser-links.ts';
import { RecogniserRunner } from './recogniser-runner.ts';
import { SpeechError } from './speech-error.ts';
import type { SpeechTry } from './speech-try.ts';
import type { ListenOptions, RecogniserEvent, RecogniserSession } from './stt.ts';

/** In milliseconds. */
export interface RelayTimes {
  /** A flush without an answer for so long sets the next one to work, too. */
  hedgeMs: number;
  /** And after so long its turn has come. */
  flushMs: number;
}

export interface RelayOptions {
  links: readonly RecogniserLink[];
  listen: ListenOptions;
  now: () => number;
  times: Partial<RelayTimes>;
  onTry: (question: SpeechTry) => void;
}

/** Within 1.5 s of a fault somebody else is to have answered. */
const TIMES: RelayTimes = { hedgeMs: 500, flushMs: 1_300 };
const BYTES_PER_MS = 8;

export class RelaySession implements RecogniserSession {
  readonly #options: RelayOptions;
  readonly #times: RelayTimes;
  readonly #choice: LinkChoice;
  readonly #heard = new HeardAudio();
  #runner: RecogniserRunner | undefined;
  /** Works beside the runner; what it has said so far is held back. */
  #standby: { runner: RecogniserRunner; held: RecogniserEvent[] } | undefined;
  /** When each flush without an answer was asked for. */
  readonly #flushedAt: number[] = [];
  #hedge: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  /** Voice was detected or words guessed since the last flush was answered. */
  #isSpeech = false;
  #isOver = false;
  #wasReady = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
    this.#choice = new LinkChoice(options.links, options.now);
    for (const { provider, recogniser } of this.#choice.skipped()) {
      options.onTry({ provider: provider.name, name: recogniser.name, outcome: 'skipped', ms: 0 });
    }
    const first = this.#choice.next();
    if (first) this.#runner = this.#start(first);
    else queueMicrotask(() => this.#fail(nobody()));
  }

  send(audio: Uint8Array): void {
    if (this.#isOver) return;
    this.#heard.add(audio, !this.#isSpeech && this.#flushedAt.length === 0);
    this.#runner?.send(audio);
    this.#standby?.runner.send(audio);
  }

  voiceBegan(): void {
    if (this.#isOver) return;
    this.#isSpeech = true;
    this.#heard.voiceBegan();
    this.#runner?.voiceBegan();
    this.#standby?.runner.voiceBegan();
  }

  flush(): void {
    if (this.#isOver) return;
    this.#heard.flush();
    this.#flushedAt.push(this.#options.now());
    this.#runner?.flush();
    this.#standby?.runner.flush();
    this.#watchFlush();
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#dropTimers();
    this.#runner?.close();
    this.#standby?.runner.close('unused');
    this.#standby = undefined;
  }

  #start(link: RecogniserLink): RecogniserRunner {
    const { listen, now, onTry } = this.#options;
    this.#choice.begun(link);
    return new RecogniserRunner({
      link,
      heard: this.#heard,
      listen,
      now,
      onTry,
      onEvent: (runner, event) => this.#take(runner, event),
      onReady: () => {
        if (this.#isOver || this.#wasReady) return;
        this.#wasReady = true;
        listen.onReady?.();
      },
    });
  }

  #take(runner: RecogniserRunner, event: RecogniserEvent): void {
    if (this.#isOver) return;
    if (runner === this.#standby?.runner) return this.#hold(event);
    if (runner !== this.#runner) return;
    if (event.type === 'failed') return this.#goOn(event.error);
    if (event.type === 'flushed' && !this.#answered()) return;
    if (event.type === 'partial') this.#isSpeech ||= event.text !== '';
    if (event.type === 'final') this.#covered(runner, event.untilMs);
    const told = event.type === 'final' ? onWholeLine(event, runner) : event;
    this.#options.listen.onEvent(told);
  }

  #hold(event: RecogniserEvent): void {
    const standby = this.#standby;
    if (!standby) return;
    if (event.type !== 'failed') return void standby.held.push(event);
    this.#standby = undefined;
    this.#choice.failed(standby.runner.link, event.error);
    this.#watchFlush();
  }

  /** @returns whether anything was asked for */
  #answered(): boolean {
    if (this.#flushedAt.shift() === undefined) return false;
    this.#heard.flushed();
    this.#isSpeech = this.#heard.hasVoice;
    // It was given the question that is answered now; for the next one there may be no need of it.
    this.#dropStandby();
    this.#watchFlush();
    return true;
  }

  #covered(runner: RecogniserRunner, untilMs: number | undefined): void {
    const bytes =
      untilMs === undefined ? this.#heard.sentBytes : runner.fromBytes + untilMs * BYTES_PER_MS;
    this.#heard.coveredTo(bytes);
    // It would say the same words again.
    if (this.#standby) {
      this.#dropStandby();
      this.#watchFlush();
    }
  }

  #dropStandby(): void {
    this.#standby?.runner.close('unused');
    this.#standby = undefined;
  }

  /** The one that listened is out: who goes on? */
  #goOn(error: SpeechError): void {
    const failed = this.#runner;
    if (failed) this.#choice.failed(failed.link, error);
    const standby = this.#standby;
    this.#standby = undefined;
    if (standby) return this.#promote(standby);
    const next = this.#choice.next(undefined, failed?.isIn ? failed.link : undefined);
    if (!next) return this.#fail(error);
    this.#runner = this.#start(next);
    this.#watchFlush();
  }

  #promote({ runner, held }: { runner: RecogniserRunner; held: RecogniserEvent[] }): void {
    this.#runner = runner;
    this.#watchFlush();
    for (const event of held) this.#take(runner, event);
  }

  /** Sets the clocks for the oldest flush that is not answered. */
  #watchFlush(): void {
    this.#dropTimers();
    const since = this.#flushedAt[0];
    if (since === undefined || this.#isOver) return;
    const { hedgeMs, flushMs } = this.#times;
    const elapsedMs = this.#options.now() - since;
    // Who has just begun gets as long as the one before it.
    const left = (ms: number): number => Math.max(0, elapsedMs < ms ? ms - elapsedMs : ms);
    this.#hedge = setTimeout(() => this.#setStandby(), left(hedgeMs));
    this.#deadline = setTimeout(() => this.#tooLate(), left(flushMs));
  }

  #setStandby(): void {
    const runner = this.#runner;
    if (this.#isOver || this.#standby || !runner) return;
    const next = this.#choice.next(runner.link);
    if (next) this.#standby = { runner: this.#start(next), held: [] };
  }

  /** Without a successor it may take as long as its own deadline is. */
  #tooLate(): void {
    if (this.#isOver || !this.#runner || !this.#standby) return;
    this.#goOn(this.#runner.giveUp());
  }

  #fail(error: SpeechError): void {
    if (this.#isOver) return;
    this.close();
    this.#options.listen.onEvent({ type: 'failed', error });
  }

  #dropTimers(): void {
    clearTimeout(this.#hedge);
    clearTimeout(this.#deadline);
  }
}

/** A runner counts from where it began. */
function onWholeLine(
  event: RecogniserEvent & { type: 'final' },
  { fromBytes }: RecogniserRunner,
): RecogniserEvent {
  if (event.untilMs === undefined) return event;
  return { ...event, untilMs: event.untilMs + fromBytes / BYTES_PER_MS };
}

function nobody(): SpeechError {
  return new SpeechError('refused', 'no recogniser can be asked for this call');
}
