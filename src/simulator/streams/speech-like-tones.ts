/**
 * Stands in for speech where no voice is installed: a syllable is a buzz of a human pitch, shaped by
 * the resonances of a vowel, that swells and fades; as many of them as the words would have.
 */
import { encodeMulaw } from '../../audio/mulaw.ts';

const RATE = 8_000;
const SYLLABLE_MS = 190;
const BETWEEN_WORDS_MS = 50;
const AFTER_COMMA_MS = 180;
const AFTER_SENTENCE_MS = 350;
const PEAK = 9_000;

/** Hertz: the first three resonances of a, e, i, o, u. */
const VOWELS: readonly (readonly number[])[] = [
  [730, 1_090, 2_440],
  [530, 1_840, 2_480],
  [270, 2_290, 3_010],
  [570, 840, 2_410],
  [300, 870, 2_240],
];
const RESONANCE_HZ = 90;

/** Mu-law at 8 kHz, always the same for the same text. */
export function speechLikeTones(text: string): Uint8Array {
  const samples: number[] = [];
  let syllable = 0;
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const vowels = word.match(/[aeiouyäöü]+|\d/gi) ?? ['a'];
    for (const vowel of vowels) {
      samples.push(...aSyllable('aeiou'.indexOf(vowel.charAt(0).toLowerCase()), syllable));
      syllable += 1;
    }
    const pauseMs = /[.!?]\W*$/.test(word)
      ? AFTER_SENTENCE_MS
      : /[,;:]\W*$/.test(word)
        ? AFTER_COMMA_MS
        : BETWEEN_WORDS_MS;
    samples.push(...new Array<number>((pauseMs * RATE) / 1_000).fill(0));
  }
  return encodeMulaw(Int16Array.from(samples));
}

function aSyllable(vowel: number, number: number): number[] {
  const resonances = VOWELS[vowel === -1 ? number % VOWELS.length : vowel] ?? [];
  // The pitch wanders, as melody does.
  const pitchHz = 115 + 18 * Math.sin(number * 1.3);
  const length = (SYLLABLE_MS * RATE) / 1_000;
  const harmonics = Array.from({ length: Math.floor(3_400 / pitchHz) }, (_, index) => {
    const hertz = pitchHz * (index + 1);
    const gain = resonances.reduce(
      (sum, center, place) => sum + 1 / (place + 1) / (1 + ((hertz - center) / RESONANCE_HZ) ** 2),
      0.02,
    );
    return { step: (2 * Math.PI * hertz) / RATE, gain };
  });
  const loudest = harmonics.reduce((sum, { gain }) => sum + gain, 0);
  return Array.from({ length }, (_, at) => {
    const swell = Math.sin((Math.PI * at) / length) ** 0.5;
    const buzz = harmonics.reduce((sum, { step, gain }) => sum + gain * Math.sin(step * at), 0);
    return Math.round((PEAK * 2 * swell * buzz) / loudest);
  });
}
