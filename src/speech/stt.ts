/** Speech to text: the one interface behind which recognisers stand. Audio is mu-law, 8 kHz, mono. */
import type { SpeechError } from './speech-error.ts';

export interface RecogniserAbilities {
  /** Says what it has understood so far while the caller still speaks. */
  interim: boolean;
  /** Listens all the time; otherwise it is given one stretch of speech after the other. */
  streaming: boolean;
}

export interface SpeechToText {
  /** For logs and records: provider and model, such as `deepgram/nova-3`. */
  readonly name: string;
  readonly abilities: RecogniserAbilities;
  /**
   * Begins to listen. Returns at once; what is sent before the service is connected is kept for it.
   * Never throws: what fails is told as a `failed` event, the last one of the session.
   */
  listen(options: ListenOptions): RecogniserSession;
}

export interface ListenOptions {
  /** BCP-47 tag. */
  language: string;
  /** Words to expect. */
  hints: readonly string[];
  /** Told in the order in which it happened; never after `close`, and never from within a call. */
  onEvent: (event: RecogniserEvent) => void;
  /** Called once, when the service has let the session in. */
  onReady?: () => void;
}

export type RecogniserEvent =
  /** The newest guess at what was said since the last `final`; replaces earlier guesses. */
  | { type: 'partial'; text: string }
  /**
   * These words will not change any more; several may follow each other in one turn. They are all that
   * was said up to `untilMs`, counted from the first audio that was sent; left out: up to now.
   */
  | { type: 'final'; text: string; confidence?: number; untilMs?: number }
  /**
   * All finals of the audio that was sent before a `flush` have been told. Each `flush` is answered so
   * once, in order, unless the session fails before.
   */
  | { type: 'flushed' }
  /** The recogniser is out of order; nothing follows. */
  | { type: 'failed'; error: SpeechError };

export interface RecogniserSession {
  /** 20 ms or any other length, also silence: all of the caller's line, in order. */
  send(audio: Uint8Array): void;
  /**
   * Voice was detected: its beginning is within the last 300 ms of what was sent. To be told again when
   * voice goes on after a `flush`: who does not listen all the time forgets the rest.
   */
  voiceBegan(): void;
  /** The caller seems to have ended: whatever is still pending is wanted at once, then `flushed`. */
  flush(): void;
  /** Ends the session and lets go of everything; may be called twice. */
  close(): void;
}
