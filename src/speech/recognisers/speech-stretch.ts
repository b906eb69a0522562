/** Cuts the caller's line into stretches of speech, for recognisers that take one after the other. */

const BYTES_PER_MS = 8;
/** Voice is noticed so late at most. */
const BEFORE_BYTES = 300 * BYTES_PER_MS;
/** Nobody speaks longer without a pause; what follows is the next stretch. */
const LONGEST_BYTES = 30_000 * BYTES_PER_MS;
/** Services refuse less than a tenth of a second, and there is no word in it. */
const SHORTEST_BYTES = 120 * BYTES_PER_MS;

export class SpeechStretch {
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #hasVoice = false;

  get isTooLong(): boolean {
    return this.#hasVoice && this.#bytes >= LONGEST_BYTES;
  }

  add(audio: Uint8Array): void {
    this.#pieces.push(new Uint8Array(audio));
    this.#bytes += audio.length;
    if (this.#hasVoice) return;
    for (;;) {
      const oldest = this.#pieces[0]?.length ?? 0;
      if (oldest === 0 || this.#bytes - oldest < BEFORE_BYTES) return;
      this.#pieces.shift();
      this.#bytes -= oldest;
    }
  }

  voiceBegan(): void {
    this.#hasVoice = true;
  }

  /**
   * The stretch up to now, undefined when nobody has spoken.
   * @param goesOn the same voice is still to be heard
   */
  take(goesOn = false): Uint8Array | undefined {
    const hasVoice = this.#hasVoice && this.#bytes >= SHORTEST_BYTES;
    const stretch = hasVoice ? Buffer.concat(this.#pieces) : undefined;
    this.#pieces = [];
    this.#bytes = 0;
    this.#hasVoice = goesOn;
    return stretch;
  }
}
