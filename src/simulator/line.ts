/** The voice path of one call: what the application plays, what the caller says into it. */
import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { InputCollector } from './input-collector.ts';
import type { CollectorSettings, Offer } from './input-collector.ts';
import type { PreparedAudio } from './streams/speaking.ts';
import type { LineStream } from './streams/line-stream.ts';
import type { Clause } from './streams/hearing.ts';
import type { CutOffEvent, SoundSource, StreamVoiceEvent, TruthEvent } from './truth-events.ts';
import type { EntryOf, TruthLog } from './truth-log.ts';
import { Transcript } from './transcript.ts';
import type { TranscriptItem } from './transcript.ts';
import { Utterances } from './utterances.ts';
import type { Delivered } from './utterances.ts';

export type { TranscriptItem } from './transcript.ts';
export type { Delivered } from './utterances.ts';

export interface Sound {
  source: SoundSource;
  text: string;
  /** In call time. */
  durationMs: number;
  documentUrl?: string | undefined;
  requestId?: string | undefined;
}

/** What became of something the caller did. */
export interface Spoken {
  utteranceId: string;
  /** A Gather took it, or a stream. */
  heard: boolean;
  whyNot?: string;
  /**
   * Settles when the application was told and has answered (or not), or when a stream has carried all
   * of it; undefined: never told, or not to the end.
   */
  delivered: Promise<Delivered | undefined>;
}

const NEVER_TOLD = Promise.resolve(undefined);

/** Where the two ends of a call meet. One per call. */
export class Line {
  readonly #log: TruthLog;
  readonly #clock: Clock;
  readonly #callSid: string;
  readonly #utterances = new Utterances();
  readonly #listeners = new Set<() => void>();
  readonly #told = new Transcript();
  #collector: InputCollector | undefined;
  #stream: LineStream | undefined;

  constructor(log: TruthLog, clock: Clock, callSid: string) {
    this.#log = log;
    this.#clock = clock;
    this.#callSid = callSid;
  }

  /** The open Gather, if there is one. */
  get collector(): InputCollector | undefined {
    return this.#collector;
  }

  /** The open media stream, if there is one. */
  get stream(): LineStream | undefined {
    return this.#stream;
  }

  /** The application listens, and nothing was said to it yet. */
  get isOpen(): boolean {
    return this.#collector?.isOpen ?? this.#stream?.isOpen ?? false;
  }

  /** It is the caller's turn. */
  get isListening(): boolean {
    return this.#collector?.isListening ?? this.#stream?.isListening ?? false;
  }

  /** Everything that began to be heard, in order. */
  get heard(): readonly EntryOf<'heard'>[] {
    return this.#told.heard;
  }

  /** What was heard and said so far. */
  get transcript(): readonly TranscriptItem[] {
    return this.#told.items;
  }

  /** Calls back whenever something may have changed: heard, listening, over. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Plays a sound to its end, or until the signal is aborted. */
  async play(sound: Sound, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { source, text, durationMs, documentUrl, requestId } = sound;
    const entry = this.#log.append({
      kind: 'heard',
      callSid: this.#callSid,
      source,
      text,
      ...(documentUrl === undefined ? {} : { documentUrl }),
      ...(requestId === undefined ? {} : { requestId }),
    }) as EntryOf<'heard'>;
    this.#told.hears(entry, entry.atMs);
    this.changed();
    const startedMs = Date.now();
    await this.#clock.sleep(durationMs, signal);
    if (!signal.aborted) return;
    this.#log.append({
      kind: 'cut-off',
      callSid: this.#callSid,
      heardSeq: entry.seq,
      why: signal.reason as CutOffEvent['why'],
      heardMs: Date.now() - startedMs,
    });
  }

  /** Opens a Gather; the caller may speak from now on. */
  openGather(settings: CollectorSettings, action: string): InputCollector {
    const collector = new InputCollector(settings, this.#clock);
    this.#collector = collector;
    this.#log.append({ kind: 'listening', callSid: this.#callSid, state: 'open', action });
    this.changed();
    return collector;
  }

  closeGather(): void {
    this.#collector?.close();
    this.#collector = undefined;
    this.#log.append({ kind: 'listening', callSid: this.#callSid, state: 'closed' });
    this.changed();
  }

  attach(stream: LineStream): void {
    this.#stream = stream;
    this.changed();
  }

  detach(stream: LineStream): void {
    if (this.#stream === stream) this.#stream = undefined;
    this.changed();
  }

  /** A clause came to its end on the stream, or was cut off. */
  heardClause({ text, ...times }: Clause & { streamSid: string }): void {
    const event = { kind: 'heard', callSid: this.#callSid, source: 'stream', text } as const;
    const entry = this.#log.append({ ...event, ...times }) as EntryOf<'heard'>;
    this.#told.hears(entry, Math.round(times.firstWordAtMs));
    this.changed();
  }

  /** What should have followed the last clause on the stream is never heard. */
  cutOff(): void {
    if (this.#told.cutOff()) this.changed();
  }

  /** The audio of an utterance was sent on the stream, or its keys; perhaps not to the end. */
  sent(event: StreamVoiceEvent): void {
    const entry = this.#log.append(event) as EntryOf<'stream-voice'>;
    this.#utterances.settle([event.utteranceId], event.isComplete ? entry : undefined);
    this.changed();
  }

  speak(text: string, options: { confidence: number | undefined; durationMs: number }): Spoken {
    return this.#offer('speech', text, {
      gather: (collector, id) => collector.offerSpeech({ id, text, ...options }),
      stream: (stream, id) => stream.say(id, text),
    });
  }

  /** Audio that says this; heard by a stream alone. */
  playAudio(text: string, audio: PreparedAudio): Spoken {
    return this.#offer('speech', text, {
      gather: () => ({ taken: false, why: 'a Gather takes words, not audio' }),
      stream: (stream, id) => stream.say(id, text, audio),
    });
  }

  press(keys: string): Spoken {
    return this.#offer('dtmf', keys, {
      gather: (collector, id) => collector.offerKeys(id, keys),
      stream: (stream, id) => stream.press(id, keys),
    });
  }

  keepSilent(): Spoken {
    return this.#offer('silence', '', {
      gather: (collector, id) => collector.offerSilence(id),
      stream: (stream) => stream.keepSilent(),
    });
  }

  /** The utterances are on their way to the application. */
  sending(utteranceIds: readonly string[]): void {
    this.#utterances.sending(utteranceIds);
  }

  /** The application answered them, or did not. */
  delivered(event: TruthEvent & { kind: 'delivered' }): void {
    const entry = this.#log.append(event) as Delivered;
    this.#utterances.settle(event.utteranceIds, entry);
  }

  /** They will never be sent: a Gather without input, or the call is over. */
  dropped(utteranceIds: readonly string[]): void {
    this.#utterances.settle(utteranceIds);
  }

  /** The call is over: whatever was not sent by now never will be. */
  close(): void {
    this.#utterances.dropUnsent();
    this.changed();
  }

  #offer(
    input: 'speech' | 'dtmf' | 'silence',
    text: string,
    to: {
      gather: (collector: InputCollector, id: string) => Offer;
      stream: (stream: LineStream, id: string) => void;
    },
  ): Spoken {
    const utteranceId = randomUUID();
    const stream = this.#collector ? undefined : this.#stream;
    const result: Offer = this.#collector
      ? to.gather(this.#collector, utteranceId)
      : stream
        ? { taken: true }
        : { taken: false, why: 'no Gather is open' };
    this.#log.append({
      kind: 'spoke',
      callSid: this.#callSid,
      utteranceId,
      input,
      text,
      heard: result.taken,
      ...(result.taken
        ? result.lost === undefined
          ? {}
          : { lost: result.lost }
        : { whyNot: result.why }),
    });
    this.#told.says(input, text, result.taken);
    const delivered = result.taken ? this.#utterances.take(utteranceId) : NEVER_TOLD;
    if (stream) to.stream(stream, utteranceId);
    this.changed();
    return {
      utteranceId,
      heard: result.taken,
      ...(result.taken ? {} : { whyNot: result.why }),
      delivered,
    };
  }
}
