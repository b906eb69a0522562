import type { Caption } from './captions.ts';
import {
  CHECK_BITS,
  checksum,
  frameSamples,
  LENGTH_BITS,
  MAX_BYTES,
  SYNC,
  SYNC_BITS,
} from './caption-frame.ts';

/**
 * Finds the words in audio (mu-law, 8 kHz) that comes in pieces of any length. A word is told when
 * its last bit has come, undamaged or not at all; after a gap or a cut the next whole word is found.
 * Nothing throws, and no more than one frame is kept (some 2,000 bits).
 */
export class CaptionReader {
  /** The newest 32 bits. */
  #newest = 0;
  /** The bits since the sync, while a frame is being read. */
  readonly #frame = new Uint8Array(frameSamples(MAX_BYTES) - SYNC_BITS);
  #frameLength = 0;
  #isReading = false;
  #samples = 0;

  /**
   * The words that ended in this piece. `atSample` counts from the first sample that this reader was
   * given; words of one frame have the same.
   */
  read(audio: Uint8Array): Caption[] {
    const found: Caption[] = [];
    for (const sample of audio) {
      this.#samples += 1;
      this.#take(sample & 1, this.#samples, found);
    }
    return found;
  }

  #take(bit: number, samples: number, found: Caption[]): void {
    this.#newest = ((this.#newest << 1) | bit) >>> 0;
    if (!this.#isReading) {
      if (this.#newest !== SYNC) return;
      this.#isReading = true;
      this.#frameLength = 0;
      return;
    }
    this.#frame[this.#frameLength] = bit;
    this.#frameLength += 1;
    if (this.#frameLength < LENGTH_BITS) return;
    const textBytes = byteAt(this.#frame, 0);
    const bits = LENGTH_BITS + 8 * textBytes + CHECK_BITS;
    if (textBytes > 0 && this.#frameLength < bits) return;
    this.#isReading = false;
    const text = textBytes > 0 ? this.#text(textBytes) : undefined;
    if (text === undefined) return this.#searchWithin(samples, found);
    const atSample = samples - bits - SYNC_BITS;
    for (const word of text.split(' ')) if (word !== '') found.push({ word, atSample });
    // No bit of a good frame belongs to another one.
    this.#newest = 0;
  }

  /** It was none, or a damaged one: the next one may have begun inside it. */
  #searchWithin(samples: number, found: Caption[]): void {
    const bits = this.#frame.slice(0, this.#frameLength);
    this.#newest = SYNC;
    for (const [index, bit] of bits.entries()) {
      this.#take(bit, samples - bits.length + index + 1, found);
    }
  }

  #text(textBytes: number): string | undefined {
    const bytes = Buffer.alloc(1 + textBytes + CHECK_BITS / 8);
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = byteAt(this.#frame, index);
    const covered = bytes.subarray(0, 1 + textBytes);
    if (checksum(covered) !== bytes.readUInt32BE(1 + textBytes)) return undefined;
    try {
      return UTF8.decode(covered.subarray(1));
    } catch {
      return undefined;
    }
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function byteAt(bits: Uint8Array, index: number): number {
  let byte = 0;
  for (let bit = 8 * index; bit < 8 * index + 8; bit += 1) byte = (byte << 1) | (bits[bit] ?? 0);
  return byte;
}
