/**
 * How words lie in the samples, one bit in each: 32 bits of sync, a byte with the length, that many
 * bytes of UTF-8 (words with a space between them), and their CRC-32, length included. Most
 * significant bit first.
 *
 * In audio that carries no captions a frame is found where sync and checksum happen to fit: with a
 * chance of 2^-64 per sample, once in 73 million years of random audio at 8 kHz.
 */
import { crc32 } from 'node:zlib';

/** Balanced and far from every shifted copy of itself, so that neither silence nor a tone holds it. */
export const SYNC = 0x1a_cf_fc_1d;
export const SYNC_BITS = 32;
export const LENGTH_BITS = 8;
export const CHECK_BITS = 32;
export const MAX_BYTES = 255;

const OVERHEAD_BITS = SYNC_BITS + LENGTH_BITS + CHECK_BITS;

/** Samples that a frame takes. */
export function frameSamples(textBytes: number): number {
  return OVERHEAD_BITS + 8 * textBytes;
}

/** The frame as bytes, to be written bit by bit. `text` has 1 to {@link MAX_BYTES} bytes. */
export function frameBytes(text: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(frameSamples(text.length) / 8);
  frame.writeUInt32BE(SYNC, 0);
  frame.writeUInt8(text.length, 4);
  frame.set(text, 5);
  frame.writeUInt32BE(checksum(frame.subarray(4, 5 + text.length)), 5 + text.length);
  return frame;
}

/** Over the byte with the length and the text. */
export function checksum(lengthAndText: Uint8Array): number {
  return crc32(lengthAndText);
}
