/** Voice activity: when a caller's voice begins and ends. Audio is mu-law, 8 kHz, mono. */

/**
 * Both times are milliseconds of the stream's own audio: samples that were sent, divided by 8.
 * `sinceMs`: when it really began or ended; `atMs`: when it was noticed.
 */
export interface VoiceChange {
  voice: 'began' | 'ended';
  atMs: number;
  sinceMs: number;
}

export interface VoiceStreamOptions {
  /** So long must there be no voice before `ended` is told. */
  hangoverMs?: number;
}

/** The detector of one caller. */
export interface VoiceStream {
  /** 20 ms or any other length: all of the caller's line, in order. Never throws, never waits. */
  send(audio: Uint8Array): void;
  /** Nothing is told after it; may be called twice. */
  close(): void;
}

/** One detector serves all streams of a process. */
export interface VoiceActivity {
  /** Loads the model, once. Never fails: without a model the energy of the audio decides. */
  ready(): Promise<void>;
  open(onVoice: (change: VoiceChange) => void, options?: VoiceStreamOptions): VoiceStream;
  /** `model`: Silero; `energy`: it could not be loaded, or failed. */
  readonly method: 'model' | 'energy';
  close(): Promise<void>;
}
