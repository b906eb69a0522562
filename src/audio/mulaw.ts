/** Mu-law of G.711, as telephones speak it: 8 bits for each sample, 8,000 samples a second, one channel. */

export const MULAW_RATE = 8_000;
/** A sample of silence; a gap is filled with it. */
export const MULAW_SILENCE = 0xff;

/** Added before the logarithm, so that the smallest steps are there for the quietest samples. */
const BIAS = 132;
const LOUDEST = 32_635;

const LINEAR = Int16Array.from({ length: 256 }, (_, byte) => linearOf(byte));
/** By the 16 bits of the sample. */
const BYTES = Uint8Array.from({ length: 65_536 }, (_, bits) => byteOf((bits << 16) >> 16));

/** @returns 16 bits for each sample, from -32,124 to 32,124 */
export function decodeMulaw(bytes: Uint8Array): Int16Array {
  const samples = new Int16Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) samples[at] = LINEAR[bytes[at]!]!;
  return samples;
}

export function encodeMulaw(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length);
  for (let at = 0; at < samples.length; at += 1) bytes[at] = BYTES[samples[at]! & 0xffff]!;
  return bytes;
}

/** Bytes of so many milliseconds. */
export function mulawBytes(ms: number): number {
  return Math.round((ms * MULAW_RATE) / 1000);
}

/** Milliseconds that so many bytes last. */
export function mulawMs(bytes: number): number {
  return (bytes * 1000) / MULAW_RATE;
}

/** A sign, a segment of three bits and a step of four, all of them turned round. */
function linearOf(byte: number): number {
  const bits = ~byte & 0xff;
  const size = ((((bits & 0x0f) << 3) + BIAS) << ((bits >> 4) & 7)) - BIAS;
  return bits & 0x80 ? -size : size;
}

function byteOf(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const size = Math.min(Math.abs(sample) + BIAS, LOUDEST);
  const segment = 24 - Math.clz32(size);
  return ~(sign | (segment << 4) | ((size >> (segment + 3)) & 0x0f)) & 0xff;
}
