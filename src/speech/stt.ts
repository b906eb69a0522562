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
  /** Told in the order in which it happened; never after `close`. */
  onEvent: (event: RecogniserEvent) => void;
}

export type RecogniserEvent =
  /** The newest guess at what was said since the last `final`; replaces earlier guesses. */
  | { type: 'partial'; text: string }
  /** These words will not change any more; several may follow each other in one turn. */
  | { type: 'final'; text: string; confidence?: number }
  /** All finals of the audio that was sent before the last `flush` have been told. */
  | { type: 'flushed' }
  /** The recogniser is out of order; nothing follows. */
  | { type: 'failed'; error: SpeechError };

export interface RecogniserSession {
  /** 20 ms or any other length, also silence: all of the caller's line, in order. */
  send(audio: Uint8Array): void;
  /** Voice was detected: its beginning is within the last 300 ms of what was sent. */
  voiceBegan(): void;
  /** The caller seems to have ended: whatever is still pending is wanted at once, then `flushed`. */
  flush(): void;
  /** Ends the session and lets go of everything; may be called twice. */
  close(): void;
}
