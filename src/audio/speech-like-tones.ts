/**
 * Stands in for speech where no voice is installed: for each syllable a buzz of a human pitch with the
 * resonances of a vowel, and pauses where the text has them. Syllables are made once, so a clause costs
 * no more than copying them.
 */
import { encodeMulaw, MULAW_RATE, MULAW_SILENCE, mulawBytes } from './mulaw.ts';

const SYLLABLE_MS = 190;
const BETWEEN_WORDS_MS = 50;
const AFTER_COMMA_MS = 180;
const AFTER_SENTENCE_MS = 350;
const LOUDEST = 12_000;

/** The first three resonances of a, e, i, o, u, in Hz. */
const VOWELS = [
  [730, 1_090, 2_440],
  [530, 1_840, 2_480],
  [270, 2_290, 3_010],
  [570, 840, 2_410],
  [300, 870, 2_240],
] as const;
/** Melody: the pitches of syllables that follow each other, in Hz. */
const PITCHES = [125, 132, 118, 110] as const;
const RESONANCE_HZ = 90;

const syllables = new Map<number, Uint8Array>();

/** Mu-law at 8 kHz, always the same for the same text. */
export function speechLikeTones(text: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  let number = 0;
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    for (const sound of word.match(/[aeiouy]+|\d/gi) ?? ['a']) {
      pieces.push(syllable('aeiou'.indexOf(sound.charAt(0).toLowerCase()), number));
      number += 1;
    }
    pieces.push(new Uint8Array(mulawBytes(pauseAfter(word))).fill(MULAW_SILENCE));
  }
  return Buffer.concat(pieces);
}

function pauseAfter(word: string): number {
  if (/[.!?]\W*$/.test(word)) return AFTER_SENTENCE_MS;
  return /[,;:]\W*$/.test(word) ? AFTER_COMMA_MS : BETWEEN_WORDS_MS;
}

function syllable(vowel: number, number: number): Uint8Array {
  const kind = vowel === -1 ? number % VOWELS.length : vowel;
  const pitch = number % PITCHES.length;
  const key = kind * PITCHES.length + pitch;
  const known = syllables.get(key);
  if (known) return known;
  const made = encodeMulaw(buzz(PITCHES[pitch] ?? 120, VOWELS[kind] ?? VOWELS[0]));
  syllables.set(key, made);
  return made;
}

/** The harmonics of a pitch, the louder the nearer they are to a resonance. */
function buzz(pitchHz: number, resonances: readonly number[]): Int16Array {
  const harmonics = Array.from({ length: Math.floor(3_400 / pitchHz) }, (_, at) => {
    const hertz = pitchHz * (at + 1);
    const near = resonances.map(
      (hz, place) => 1 / (place + 1) / (1 + ((hertz - hz) / RESONANCE_HZ) ** 2),
    );
    return { hertz, gain: near.reduce((sum, each) => sum + each, 0.02) };
  });
  const length = mulawBytes(SYLLABLE_MS);
  const wave = Float32Array.from({ length }, (_, at) => {
    const swell = Math.sqrt(Math.sin((Math.PI * at) / length));
    const angle = (2 * Math.PI * at) / MULAW_RATE;
    return (
      harmonics.reduce((sum, { hertz, gain }) => sum + gain * Math.sin(hertz * angle), 0) * swell
    );
  });
  const peak = wave.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  return Int16Array.from(wave, (each) => Math.round((LOUDEST * each) / peak));
}
