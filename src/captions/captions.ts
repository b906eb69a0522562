/**
 * Captions: words that travel within audio, in the lowest bit of its mu-law samples, where nobody hears
 * them. The simulated telephone and the demo's voice write them, the demo's recogniser and the
 * simulated telephone read them, so that a conversation can be held without any recogniser of
 * speech: what arrives is exactly what was audible, to the word, also when half of it is cut off.
 * They survive a line that keeps every bit, such as the simulator's, and no other.
 */

/** A word and the sample at which it begins to be heard. */
export interface Caption {
  word: string;
  /** From the beginning of the audio. */
  atSample: number;
}
