/** Of full scale: quiet speech on a telephone is above it, the noise of a line below. */
const LOUD = 0.01;

/** Magnitude of each mu-law code, from 0 to 1 (ITU-T G.711: an inverted float of 3 and 4 bits). */
const MAGNITUDES = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0x7f;
  return ((((bits & 0x0f) << 3) + 0x84) * 2 ** (bits >> 4) - 0x84) / 32_124;
});

/** Whether there is something to hear on average. */
export function isLoud(audio: Uint8Array): boolean {
  let sum = 0;
  for (const code of audio) sum += MAGNITUDES[code] ?? 0;
  return sum > LOUD * audio.length;
}
