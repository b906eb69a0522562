/** Text to speech: the one interface behind which voices stand. */

export interface VoiceAbilities {
  /** The first audio comes before the last is made. */
  streaming: boolean;
}

export interface TextToSpeech {
  /** For logs and records: provider and model or voice, such as `elevenlabs/eleven_flash_v2_5`. */
  readonly name: string;
  readonly abilities: VoiceAbilities;
  /**
   * Speaks one clause.
   * @returns mu-law at 8 kHz, mono, without a header, in pieces of any length
   * @throws SpeechError while it is read; after an abort its kind is `timeout`
   */
  speak(text: string, options: SpeakOptions): AsyncIterable<Uint8Array>;
}

export interface SpeakOptions {
  /** BCP-47 tag. */
  language: string;
  /** What was said right before in the same answer, for the melody; nothing at its beginning. */
  previous?: string;
  signal: AbortSignal;
}
