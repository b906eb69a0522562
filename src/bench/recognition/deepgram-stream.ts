/**
 * One stream of a server that behaves as Deepgram's live transcription, written from its
 * documentation and not from our driver.
 */
import type { RawData, WebSocket } from 'ws';
import type { UnderstoodWord, Understanding } from './understanding.ts';

/** All in milliseconds. */
export interface StreamTimes {
  /** From the audio of a word to a guess that has it. */
  partialMs: number;
  /** From `Finalize` to its answer. */
  finalMs: number;
  /** There is a guess, with or without words, for each so much audio. */
  interimEveryMs: number;
  /** There is a final, asked for or not, for each so much audio with words. */
  finalEveryMs: number;
  /** Without any message for so long the connection is closed. */
  patienceMs: number;
}

export const STREAM_TIMES: StreamTimes = {
  partialMs: 0,
  finalMs: 0,
  interimEveryMs: 1_000,
  finalEveryMs: 4_000,
  patienceMs: 10_000,
};

export interface StreamHabits {
  /** Says nothing at all any more. */
  isSilent?: boolean;
  ignoresFinalize?: boolean;
  /** Finals that `Finalize` has asked for do not say so. */
  hidesFinalize?: boolean;
}

/** What came in on one stream. */
export interface StreamLog {
  /** With its query. */
  url: string;
  headers: NodeJS.Dict<string | string[]>;
  bytes: number;
  messages: string[];
  /** Binary messages. */
  pieces: number;
  /** How it ended; undefined while it goes on. */
  closed?: { code: number };
}

/** Too little to answer `Finalize` for. */
const NEGLIGIBLE_SAMPLES = 800;
const SAMPLES_PER_MS = 8;

export class DeepgramStream {
  readonly habits: StreamHabits = {};
  readonly log: StreamLog;
  readonly socket: WebSocket;
  readonly #times: StreamTimes;
  readonly #understand: Understanding;
  readonly #timers = new Set<NodeJS.Timeout>();
  #patience: NodeJS.Timeout | undefined;
  #words: UnderstoodWord[] = [];
  #finalSample = 0;
  #interimSample = 0;

  constructor(socket: WebSocket, log: StreamLog, understand: Understanding, times: StreamTimes) {
    this.socket = socket;
    this.log = log;
    this.#understand = understand;
    this.#times = times;
    socket.on('message', (data, isBinary) => this.#take(data, isBinary));
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      log.closed = { code };
      clearTimeout(this.#patience);
      for (const each of this.#timers) clearTimeout(each);
    });
    this.#expectMore();
  }

  send(message: object): void {
    if (!this.habits.isSilent) this.socket.send(JSON.stringify(message));
  }

  #take(data: RawData, isBinary: boolean): void {
    this.#expectMore();
    if (isBinary) return this.#hear(data as Buffer);
    const text = (data as Buffer).toString('utf8');
    this.log.messages.push(text);
    const { type } = JSON.parse(text) as { type: string };
    if (type === 'Finalize') this.#finalize();
    if (type === 'CloseStream') this.#bye();
  }

  #hear(audio: Buffer): void {
    this.log.pieces += 1;
    this.log.bytes += audio.length;
    const found = this.#understand(audio);
    this.#words.push(...found);
    const { interimEveryMs, finalEveryMs, partialMs } = this.#times;
    const last = this.#words.at(-1);
    const isFinalDue = this.log.bytes - this.#finalSample >= finalEveryMs * SAMPLES_PER_MS;
    if (last && isFinalDue) return this.#result(partialMs, this.#cut(last.untilSample));
    const isInterimDue = this.log.bytes - this.#interimSample >= interimEveryMs * SAMPLES_PER_MS;
    if (found.length === 0 && !isInterimDue) return;
    this.#interimSample = this.log.bytes;
    this.#result(partialMs, { ...this.#upTo(this.log.bytes), is_final: false });
  }

  #finalize(): void {
    const { habits, log } = this;
    if (habits.ignoresFinalize) return;
    const isNegligible =
      this.#words.length === 0 && log.bytes - this.#finalSample < NEGLIGIBLE_SAMPLES;
    if (isNegligible) return;
    const cut = this.#cut(log.bytes);
    const from_finalize = !habits.hidesFinalize;
    this.#result(this.#times.finalMs, { ...cut, speech_final: true, from_finalize });
  }

  #bye(): void {
    this.send({ type: 'Metadata', request_id: 'r', duration: this.log.bytes / 8_000, channels: 1 });
    this.socket.close(1000);
  }

  /** Everything up to a sample becomes final. */
  #cut(untilSample: number): object {
    const part = this.#upTo(untilSample);
    this.#words = this.#words.filter((word) => word.untilSample > untilSample);
    this.#finalSample = untilSample;
    this.#interimSample = untilSample;
    return { ...part, is_final: true };
  }

  #upTo(untilSample: number): object {
    const words = this.#words.filter((word) => word.untilSample <= untilSample);
    return {
      start: this.#finalSample / 8_000,
      duration: (untilSample - this.#finalSample) / 8_000,
      channel: {
        alternatives: [
          {
            transcript: words.map(({ word }) => word).join(' '),
            confidence: words.length > 0 ? 0.99 : 0,
            words: words.map(({ word, untilSample: end }) => ({ word, end: end / 8_000 })),
          },
        ],
      },
    };
  }

  #result(afterMs: number, part: object): void {
    const message = { type: 'Results', channel_index: [0, 1], speech_final: false, ...part };
    if (afterMs === 0) return this.send(message);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.send(message);
    }, afterMs);
    this.#timers.add(timer);
  }

  #expectMore(): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(
      () => this.socket.close(1011, 'NET-0001: did not receive audio data or a text message'),
      this.#times.patienceMs,
    );
  }
}
