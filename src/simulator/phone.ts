/** The software phone of one call, for programs: what is heard on it, and what is said into it. */
import { readFileSync } from 'node:fs';
import { spokenCaptions, writeCaptions } from '../captions/index.ts';
import { PhoneBase } from './phone-base.ts';
import type { PhoneParts } from './phone-base.ts';
import type { Spoken } from './line.ts';
import { PhoneError } from './phone-error.ts';
import { isFound, Listener } from './listener.ts';
import type { Heard } from './listener.ts';
import { toLineAudio } from './streams/line-audio.ts';
import type { PhoneStream } from './streams/phone-stream.ts';
import { prepareAudio } from './streams/speaking.ts';
import { waitUntil } from './wait-until.ts';

export interface SayOptions {
  /** Speech recognition's, 0 to 1; null leaves the field out, as Twilio sometimes does. */
  confidence?: number | null;
  /** How long it takes to say, in call time; 0 by default. */
  durationMs?: number;
}

export interface WaitOptions {
  /** Real milliseconds until {@link PhoneError}. */
  timeoutMs?: number;
}

const DEFAULT_WAIT_MS = 20_000;
const DEFAULT_CONFIDENCE = 0.92;

export class Phone extends PhoneBase {
  readonly #parts: PhoneParts;
  readonly #listener: Listener;

  constructor(parts: PhoneParts) {
    super(parts);
    this.#parts = parts;
    this.#listener = new Listener(parts.line);
  }

  /**
   * It is the caller's turn: a Gather is open, its prompts are over, and nothing was said to it yet; or
   * a stream on which something was heard since this side spoke, and then nothing for a while.
   */
  get isListening(): boolean {
    return this.#parts.line.isListening;
  }

  /** The open media stream: its measures, and what can go wrong with it. */
  get stream(): PhoneStream | undefined {
    return this.#parts.line.stream;
  }

  /** The words of the clause that is being heard on a stream; it is in the transcript when it is over. */
  get hearing(): string {
    return this.#parts.line.stream?.hearing ?? '';
  }

  /**
   * A Gather is open and nothing was said to it yet, or a stream is; something may still be playing.
   */
  get isOpen(): boolean {
    return this.#parts.line.isOpen;
  }

  /**
   * The caller draws breath: the open Gather waits for what comes instead of timing out, and with
   * `bargeIn` its prompts stop. {@link say} or {@link stopSpeaking} follow.
   */
  startSpeaking(options: { bargeIn?: boolean } = {}): void {
    this.#parts.line.collector?.hold(options.bargeIn ?? true);
  }

  /** Nothing comes after all: the Gather's time of silence begins anew. */
  stopSpeaking(): void {
    this.#parts.line.collector?.release();
  }

  /** Calls back whenever something may have changed; returns how to stop. */
  onChange(listener: () => void): () => void {
    return this.#parts.line.onChange(listener);
  }

  /** The next thing heard that was not returned yet. Rejects when the call ends without it. */
  async hears(options: WaitOptions = {}): Promise<Heard> {
    return this.#until(() => this.#listener.next(), 'something to be heard', options);
  }

  /**
   * Skips to the next thing heard that matches. What comes over a stream comes clause by clause: there
   * the pattern may span several of them, and all that is skipped is returned with it.
   */
  async hearsMatching(pattern: RegExp, options: WaitOptions = {}): Promise<Heard> {
    return this.#until(
      () => this.#listener.nextMatching(pattern),
      `${pattern} to be heard`,
      options,
    );
  }

  /**
   * Waits until what was heard of the stream since the last return of {@link hears} and the like
   * matches, the clause that is being heard included. It is not used up by this.
   */
  async hearsSoFar(pattern: RegExp, options: WaitOptions = {}): Promise<string> {
    const look = () => {
      const { rest } = this.#listener;
      return isFound(pattern, rest) ? rest : undefined;
    };
    return this.#until(look, `${pattern} to be heard`, options);
  }

  /**
   * When something on the stream is first audible at or after this moment, in milliseconds since 1970:
   * any sound, with or without captions. Waits for it.
   */
  async hearsSoundAfter(atMs: number, options: WaitOptions = {}): Promise<number> {
    const { line } = this.#parts;
    return this.#until(() => line.stream?.firstAudibleAfter(atMs), 'a sound', options);
  }

  /**
   * Waits until the application listens and its prompts are over; with `bargeIn`, only until it
   * listens. Rejects when the call ends first.
   */
  async waitUntilListening(options: WaitOptions & { bargeIn?: boolean } = {}): Promise<void> {
    const { line } = this.#parts;
    const open = () => (options.bargeIn ? line.isOpen : line.isListening);
    await this.#until(() => open() || undefined, 'the application to listen', options);
  }

  /**
   * Waits for this side's turn (or the end) and returns all that was heard since. Also returns as
   * soon as something was heard while nobody listens yet: then `mayAnswer` is false.
   */
  async turn(options: WaitOptions = {}): Promise<{
    heard: Heard[];
    mayAnswer: boolean;
    over: boolean;
  }> {
    const ready = () => this.#listener.hasMore || this.isListening || this.isOver || undefined;
    await this.#until(ready, 'the other side', options);
    const heard: Heard[] = [];
    for (let next = this.#listener.next(); next; next = this.#listener.next()) heard.push(next);
    return { heard, mayAnswer: this.isListening, over: this.isOver };
  }

  /**
   * Says something now: into the open Gather (stopping its prompts), or on the open stream (where it
   * is audio, over whatever is being heard, and behind what this side is still saying); or, when there
   * is neither, into the void, which the result and the log say. A voice takes its own time, and the
   * options are a Gather's.
   */
  say(text: string, options: SayOptions = {}): Spoken {
    const confidence = options.confidence === undefined ? DEFAULT_CONFIDENCE : options.confidence;
    return this.#parts.line.speak(text, {
      confidence: confidence ?? undefined,
      durationMs: options.durationMs ?? 0,
    });
  }

  /**
   * Plays a WAV file into the stream. With `text` it carries these words as captions, spread over it.
   * @throws WavError when it cannot be read
   */
  playWav(file: string, options: { text?: string } = {}): Spoken {
    const audio = toLineAudio(readFileSync(file));
    const { text = '' } = options;
    const marked = text === '' ? audio : writeCaptions(audio, spokenCaptions(text, audio.length));
    return this.#parts.line.playAudio(text, prepareAudio(marked));
  }

  /** Presses keys now: 0-9, * and #. Spaces are skipped. */
  press(keys: string): Spoken {
    const pressed = keys.replace(/\s+/g, '');
    if (!/^[0-9*#]+$/.test(pressed)) throw new PhoneError('keys are 0-9, * and #');
    return this.#parts.line.press(pressed);
  }

  /**
   * Lets the open Gather (or else the next one) pass in silence; settles when it is over, or the
   * call is. On a stream: waits for its turn, and then until something is heard again.
   */
  async staySilent(options: WaitOptions = {}): Promise<void> {
    const { line, call } = this.#parts;
    if (line.stream) return this.#staySilentOnStream(options);
    await this.#until(
      () => line.collector?.isOpen || call.isOver || undefined,
      'a Gather',
      options,
    );
    const { collector } = line;
    if (!collector) return;
    line.keepSilent();
    const over = () => line.collector !== collector || call.isOver || undefined;
    await this.#until(over, 'the silence to end', options);
  }

  async #staySilentOnStream(options: WaitOptions): Promise<void> {
    const { line } = this.#parts;
    await this.#until(() => line.isListening || this.isOver || undefined, 'its turn', options);
    if (this.isOver) return;
    line.keepSilent();
    const before = line.heard.length;
    const over = () => line.heard.length > before || this.isOver || undefined;
    await this.#until(over, 'the silence to end', options);
  }

  #until<T>(look: () => T | undefined, what: string, options: WaitOptions): Promise<T> {
    const { line, call } = this.#parts;
    const { timeoutMs = DEFAULT_WAIT_MS } = options;
    return waitUntil(look, { line, call, what, timeoutMs });
  }
}
