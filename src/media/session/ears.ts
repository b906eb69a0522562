import type { RecogniserEvent, RecogniserSession, SpeechToText } from '../../speech/stt.ts';
import type { Clock } from '../ticker.ts';
import type { VoiceActivity, VoiceChange, VoiceStream } from '../voice-activity/index.ts';

export interface EarsOptions {
  recogniser: SpeechToText;
  voiceActivity: VoiceActivity;
  /** BCP-47 tag. */
  language: string;
  hints: readonly string[];
  clock: Clock;
  onRecogniser: (event: RecogniserEvent) => void;
  /** Both times by the clock: when it was noticed, and when it really was. */
  onVoice: (voice: 'began' | 'ended', atMs: number, sinceMs: number) => void;
}

const SAMPLES_PER_MS = 8;

/** What the caller says: voice, and the words in it. */
export class Ears {
  readonly #options: EarsOptions;
  readonly #recogniser: RecogniserSession;
  readonly #voice: VoiceStream;
  /** Of the caller's line, so far. */
  #heardMs = 0;

  constructor(options: EarsOptions) {
    this.#options = options;
    const { recogniser, voiceActivity, language, hints, onRecogniser } = options;
    this.#recogniser = recogniser.listen({ language, hints, onEvent: onRecogniser });
    this.#voice = voiceActivity.open((change) => this.#changed(change));
  }

  hear(audio: Uint8Array): void {
    this.#heardMs += audio.length / SAMPLES_PER_MS;
    this.#recogniser.send(audio);
    this.#voice.send(audio);
  }

  /** What is pending is wanted at once. `voiceGoesOn`: more words follow without a pause. */
  flush(voiceGoesOn: boolean): void {
    this.#recogniser.flush();
    if (voiceGoesOn) this.#recogniser.voiceBegan();
  }

  close(): void {
    this.#recogniser.close();
    this.#voice.close();
  }

  #changed({ voice, sinceMs }: VoiceChange): void {
    if (voice === 'began') this.#recogniser.voiceBegan();
    const now = this.#options.clock.now();
    // The newest sample came in at this moment, so an earlier one came that much before it.
    this.#options.onVoice(voice, now, now - Math.max(0, this.#heardMs - sinceMs));
  }
}
