/** The voice path of one call: what the application plays, what the caller says into it. */
import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { deferred } from './call-state.ts';
import { InputCollector } from './input-collector.ts';
import type { CollectorSettings, Offer } from './input-collector.ts';
import type { CutOffEvent, SoundSource, TruthEvent } from './truth-events.ts';
import type { EntryOf, TruthLog } from './truth-log.ts';

export interface Sound {
  source: SoundSource;
  text: string;
  /** In call time. */
  durationMs: number;
  documentUrl?: string | undefined;
  requestId?: string | undefined;
}

export type Delivered = EntryOf<'delivered'>;

/** What became of something the caller did. */
export interface Spoken {
  utteranceId: string;
  /** A Gather took it. */
  heard: boolean;
  whyNot?: string;
  /** Settles when the application was told and has answered (or not); undefined: never told. */
  delivered: Promise<Delivered | undefined>;
}

/** One line of the conversation as the caller lived it. */
export interface TranscriptItem {
  who: 'assistant' | 'caller';
  atMs: number;
  /** `say`, `play`, `error`, ... for what was heard; `speech`, `dtmf`, `silence` for the caller. */
  kind: string;
  text: string;
  /** For the caller: whether the application was listening. */
  heard: boolean;
}

interface Utterance {
  sent: boolean;
  settle: (delivered: Delivered | undefined) => void;
}

/** Where the two ends of a call meet. One per call. */
export class Line {
  readonly #log: TruthLog;
  readonly #clock: Clock;
  readonly #callSid: string;
  readonly #utterances = new Map<string, Utterance>();
  readonly #listeners = new Set<() => void>();
  readonly #heard: EntryOf<'heard'>[] = [];
  readonly #transcript: TranscriptItem[] = [];
  #collector: InputCollector | undefined;

  constructor(log: TruthLog, clock: Clock, callSid: string) {
    this.#log = log;
    this.#clock = clock;
    this.#callSid = callSid;
  }

  /** The open Gather, if there is one. */
  get collector(): InputCollector | undefined {
    return this.#collector;
  }

  /** Everything that began to be heard, in order. */
  get heard(): readonly EntryOf<'heard'>[] {
    return this.#heard;
  }

  /** What was heard and said so far. */
  get transcript(): readonly TranscriptItem[] {
    return this.#transcript;
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
    this.#heard.push(entry);
    this.#transcript.push({ who: 'assistant', atMs: entry.atMs, kind: source, text, heard: true });
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

  speak(text: string, options: { confidence: number | undefined; durationMs: number }): Spoken {
    return this.#offer('speech', text, (collector, id) =>
      collector.offerSpeech({ id, text, ...options }),
    );
  }

  press(keys: string): Spoken {
    return this.#offer('dtmf', keys, (collector, id) => collector.offerKeys(id, keys));
  }

  keepSilent(): Spoken {
    return this.#offer('silence', '', (collector, id) => collector.offerSilence(id));
  }

  /** The utterances are on their way to the application. */
  sending(utteranceIds: readonly string[]): void {
    for (const id of utteranceIds) {
      const utterance = this.#utterances.get(id);
      if (utterance) utterance.sent = true;
    }
  }

  /** The application answered them, or did not. */
  delivered(event: TruthEvent & { kind: 'delivered' }): void {
    const entry = this.#log.append(event) as Delivered;
    for (const id of event.utteranceIds) this.#settle(id, entry);
  }

  /** They will never be sent: a Gather without input, or the call is over. */
  dropped(utteranceIds: readonly string[]): void {
    for (const id of utteranceIds) this.#settle(id, undefined);
  }

  /** The call is over: whatever was not sent by now never will be. */
  close(): void {
    for (const [id, utterance] of this.#utterances) {
      if (!utterance.sent) this.#settle(id, undefined);
    }
    this.changed();
  }

  #offer(
    input: 'speech' | 'dtmf' | 'silence',
    text: string,
    offer: (collector: InputCollector, id: string) => Offer,
  ): Spoken {
    const utteranceId = randomUUID();
    const { promise, resolve } = deferred<Delivered | undefined>();
    const result: Offer = this.#collector
      ? offer(this.#collector, utteranceId)
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
    this.#transcript.push({
      who: 'caller',
      atMs: Date.now(),
      kind: input,
      text,
      heard: result.taken,
    });
    if (result.taken) this.#utterances.set(utteranceId, { sent: false, settle: resolve });
    else resolve(undefined);
    this.changed();
    return {
      utteranceId,
      heard: result.taken,
      ...(result.taken ? {} : { whyNot: result.why }),
      delivered: promise,
    };
  }

  #settle(id: string, delivered: Delivered | undefined): void {
    this.#utterances.get(id)?.settle(delivered);
    this.#utterances.delete(id);
  }
}
