/** Where in what a caller says his voice can be told from its beginnings. Pure. */
import { decodeMulaw } from '../../audio/mulaw.ts';

const SAMPLES_PER_MS = 8;
const WINDOW_MS = 5;
const WINDOW = WINDOW_MS * SAMPLES_PER_MS;
/** ITU-T P.56: speech is active where it is at most so far below its own active level, in dB. */
const MARGIN_DB = 15.9;

/**
 * Before it there are breath and soft consonants, of synthetic voices 20 dB and more below the vowel that follows,
 * which the model of voice activity does not take for a voice.
 * @param audio mu-law of 8 kHz
 * @returns the first sample of the first 5 ms in which speech is active; 0 when it never is
 */
export function voiceFrom(audio: Uint8Array): number {
  const powers = powersOf(decodeMulaw(audio));
  const border = activeLevel(powers) / 10 ** (MARGIN_DB / 10);
  return (
    Math.max(
      0,
      powers.findIndex((power) => power > 0 && power >= border),
    ) * WINDOW
  );
}

/** The mean power of what is active; what that is depends on it, so both are found together. */
function activeLevel(powers: readonly number[]): number {
  let active = powers;
  for (;;) {
    const level = active.reduce((sum, power) => sum + power, 0) / Math.max(1, active.length);
    const next = active.filter((power) => power >= level / 10 ** (MARGIN_DB / 10));
    if (next.length === active.length) return level;
    active = next;
  }
}

function powersOf(samples: ArrayLike<number>): number[] {
  const count = Math.floor(samples.length / WINDOW);
  return Array.from({ length: count }, (_, window) => {
    let sum = 0;
    for (let at = window * WINDOW; at < (window + 1) * WINDOW; at += 1) {
      sum += (samples[at] ?? 0) ** 2;
    }
    return sum / WINDOW;
  });
}
