/**
 * Deepgram's live transcription (developers.deepgram.com, `/v1/listen`): audio as binary messages,
 * `Results` back, `Finalize` when everything is wanted at once, `KeepAlive` while nothing is sent,
 * `CloseStream` at the end.
 */
import { SpeechError } from '../speech-error.ts';
import type { ListenOptions, RecogniserSession, SpeechToText } from '../stt.ts';
import { DEEPGRAM, readDeepgram, type DeepgramResult } from './deepgram-messages.ts';
import { listenUrl } from './deepgram-url.ts';
import { PendingFlushes, type PendingFlush } from './pending-flushes.ts';
import { SessionOutlet } from './session-outlet.ts';
import { VendorSocket } from './vendor-socket.ts';

export interface DeepgramOptions {
  apiKey: string;
  /** Default: Deepgram's own. */
  baseUrl?: string;
  model: string;
  times?: Partial<DeepgramTimes>;
}

/** All in milliseconds. */
export interface DeepgramTimes {
  connectMs: number;
  /** For the answer to a flush. */
  flushMs: number;
  /** For anything at all while voice is being sent: guesses come about once a second. */
  silenceMs: number;
  /** Deepgram closes a connection on which nothing came for 10 s. */
  keepAliveMs: number;
}

const TIMES: DeepgramTimes = {
  connectMs: 1_500,
  flushMs: 1_500,
  silenceMs: 4_000,
  keepAliveMs: 4_000,
};
/** There need not be an answer to `Finalize` when it finds next to nothing to finalise. */
const QUIET_MS = 400;
const NEXT_TO_NOTHING_MS = 300;
/** Of those, so many are remembered: their answers may come after all. */
const MAX_OWED = 8;
/** Results are told in seconds with two or three digits. */
const ROUNDING_MS = 20;
/** Audio goes out in pieces of 100 ms: Deepgram wants 20 to 250, and each costs a system call. */
const PIECE_BYTES = 800;
const BYTES_PER_MS = 8;

export class DeepgramRecogniser implements SpeechToText {
  readonly name: string;
  readonly abilities = { interim: true, streaming: true };
  readonly #options: DeepgramOptions;

  constructor(options: DeepgramOptions) {
    this.name = `deepgram/${options.model}`;
    this.#options = options;
  }

  listen(options: ListenOptions): RecogniserSession {
    return new DeepgramSession(this.#options, options);
  }
}

class DeepgramSession implements RecogniserSession {
  readonly #times: DeepgramTimes;
  readonly #outlet: SessionOutlet;
  readonly #socket: VendorSocket;
  readonly #flushes: PendingFlushes;
  readonly #keepAlive: NodeJS.Timeout;
  #piece = Buffer.allocUnsafe(PIECE_BYTES);
  #pieceBytes = 0;
  #sentBytes = 0;
  #sentAt = performance.now();
  /** All audio up to there has its final. */
  #finalMs = 0;
  /** Where those flushes were that were taken for answered though no answer had come. */
  #owed: number[] = [];
  #hasVoice = false;
  /** Since when a word of the server is due; undefined while nobody speaks. */
  #dueSince: number | undefined;

  constructor(options: DeepgramOptions, { language, hints, onEvent, onReady }: ListenOptions) {
    const { apiKey, baseUrl = 'https://api.deepgram.com', model, times } = options;
    this.#times = { ...TIMES, ...times };
    const { connectMs, flushMs, keepAliveMs } = this.#times;
    this.#outlet = new SessionOutlet(onEvent);
    this.#flushes = new PendingFlushes(
      { quietMs: QUIET_MS, deadlineMs: flushMs },
      (flush) => this.#quiet(flush),
      () => this.#fail(new SpeechError('timeout', `${DEEPGRAM} did not finalise in time`)),
    );
    this.#socket = new VendorSocket({
      url: listenUrl({ baseUrl, model, language, hints }),
      headers: { authorization: `Token ${apiKey}` },
      server: DEEPGRAM,
      connectMs,
      onOpen: () => {
        if (this.#dueSince !== undefined) this.#dueSince = performance.now();
        onReady?.();
      },
      onText: (text) => this.#take(text),
      onFailed: (error) => this.#fail(error),
    });
    this.#keepAlive = setInterval(() => this.#stayAlive(), keepAliveMs / 2);
  }

  send(audio: Uint8Array): void {
    if (this.#outlet.isOver || audio.length === 0) return;
    this.#sentBytes += audio.length;
    for (let at = 0; at < audio.length;) {
      const part = audio.subarray(at, at + PIECE_BYTES - this.#pieceBytes);
      this.#piece.set(part, this.#pieceBytes);
      this.#pieceBytes += part.length;
      at += part.length;
      if (this.#pieceBytes === PIECE_BYTES) this.#sendPiece();
    }
    this.#checkSilence();
  }

  voiceBegan(): void {
    this.#hasVoice = true;
    this.#dueSince ??= performance.now();
  }

  flush(): void {
    if (this.#outlet.isOver) return;
    this.#sendPiece();
    this.#socket.send('{"type":"Finalize"}');
    this.#flushes.add({ atMs: this.#sentMs, hasVoice: this.#hasVoice });
    this.#hasVoice = false;
    // From now on the deadline of the answer is the closer one.
    this.#dueSince = undefined;
  }

  close(): void {
    this.#outlet.close();
    this.#stopTimers();
    this.#socket.close('{"type":"CloseStream"}');
  }

  get #sentMs(): number {
    return this.#sentBytes / BYTES_PER_MS;
  }

  #sendPiece(): void {
    if (this.#pieceBytes === 0) return;
    this.#socket.send(this.#piece.subarray(0, this.#pieceBytes));
    this.#sentAt = performance.now();
    this.#piece = Buffer.allocUnsafe(PIECE_BYTES); // the other one may wait for the network
    this.#pieceBytes = 0;
  }

  #take(raw: string): void {
    if (this.#dueSince !== undefined) this.#dueSince = performance.now();
    let result: DeepgramResult | undefined;
    try {
      result = readDeepgram(raw);
    } catch (error) {
      return this.#fail(error as SpeechError);
    }
    if (!result) return;
    if (!result.isFinal) return this.#outlet.partial(result.text);
    this.#finalise(result);
  }

  #finalise({ text, confidence, untilMs, isFlush }: DeepgramResult): void {
    const until = untilMs === undefined ? undefined : Math.min(untilMs, this.#sentMs);
    this.#finalMs = Math.max(this.#finalMs, until ?? this.#sentMs);
    this.#outlet.final(text, {
      ...(confidence !== undefined && { confidence }),
      ...(until !== undefined && { untilMs: until }),
    });
    // One result answers one Finalize, whether by how far it reaches or by what it says.
    const isAnswered = until !== undefined && this.#answerThrough(until + ROUNDING_MS);
    const { oldest } = this.#flushes;
    if (isAnswered || !oldest) return;
    if (isFlush && !this.#isOwed(until, oldest)) this.#answerThrough(oldest.atMs);
    else if (oldest.isQuiet) this.#quiet(oldest);
  }

  /** Whether an answer is that to an earlier flush, for which nobody waited so long. */
  #isOwed(untilMs: number | undefined, { atMs }: PendingFlush): boolean {
    if (untilMs === undefined) return false;
    const at = this.#owed.findIndex((each) => Math.abs(untilMs - each) < Math.abs(untilMs - atMs));
    if (at === -1) return false;
    this.#owed.splice(0, at + 1);
    return true;
  }

  /** No answer yet: is one owed? */
  #quiet(flush: PendingFlush): void {
    if (this.#flushes.oldest !== flush || this.#outlet.hasGuess) return;
    const isLittle = flush.atMs - this.#finalMs < NEXT_TO_NOTHING_MS;
    if (!isLittle && flush.hasVoice) return;
    this.#owed = [...this.#owed, flush.atMs].slice(-MAX_OWED);
    this.#answerThrough(flush.atMs);
  }

  #answerThrough(atMs: number): boolean {
    const count = this.#flushes.takeThrough(atMs);
    for (let told = 0; told < count; told += 1) this.#outlet.flushed();
    return count > 0;
  }

  #checkSilence(): void {
    if (this.#dueSince === undefined || !this.#socket.isOpen) return;
    if (performance.now() - this.#dueSince < this.#times.silenceMs) return;
    this.#dueSince = undefined;
    queueMicrotask(() =>
      this.#fail(new SpeechError('timeout', `${DEEPGRAM} is silent while somebody speaks`)),
    );
  }

  #stayAlive(): void {
    if (!this.#socket.isOpen) return;
    if (performance.now() - this.#sentAt < this.#times.keepAliveMs) return;
    this.#socket.send('{"type":"KeepAlive"}');
    this.#sentAt = performance.now();
  }

  #fail(error: SpeechError): void {
    this.#stopTimers();
    this.#socket.close();
    this.#outlet.failed(error);
  }

  #stopTimers(): void {
    clearInterval(this.#keepAlive);
    this.#flushes.clear();
  }
}
