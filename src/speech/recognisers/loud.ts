import { decodeMulaw } from '../../audio/mulaw.ts';

/** Of samples of 16 bits: quiet speech on a telephone is above it, the noise of a line below. */
const LOUD = 300;

/** Whether there is something to hear on average. */
export function isLoud(audio: Uint8Array): boolean {
  let sum = 0;
  for (const sample of decodeMulaw(audio)) sum += Math.abs(sample);
  return sum > LOUD * audio.length;
}
