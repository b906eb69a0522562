/** Samples of 16 bits, little-endian, out of pieces that may end in the middle of one. */
export class Pcm16Reader {
  #odd: number | undefined;

  /** Whether the last piece ended in the middle of a sample. */
  get isMidSample(): boolean {
    return this.#odd !== undefined;
  }

  push(piece: Uint8Array): Int16Array {
    const held = this.#odd === undefined ? 0 : 1;
    const samples = new Int16Array((piece.length + held) >> 1);
    let at = 0;
    let read = 0;
    if (this.#odd !== undefined && samples.length > 0) {
      samples[at++] = this.#odd | (piece[read++]! << 8);
      this.#odd = undefined;
    }
    for (; at < samples.length; at += 1, read += 2) {
      samples[at] = piece[read]! | (piece[read + 1]! << 8);
    }
    if (read < piece.length) this.#odd = piece[read];
    return samples;
  }
}
