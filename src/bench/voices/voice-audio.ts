/**
 * What the voice server says: tones that carry their words as captions. At 24 kHz the words are lost on
 * the way to the telephone: captions survive no change of the rate.
 */
import { decodeMulaw } from '../../audio/mulaw.ts';
import { spokenCaptions, writeCaptions } from '../../captions/index.ts';
import { speechLikeTones } from '../../audio/speech-like-tones.ts';
import type { SpeechAsked } from './voice-dialects.ts';

/** Clauses that are kept: a benchmark says the same few. */
const MAX_KEPT = 200;
const kept = new Map<string, Buffer>();

export function audioFor({ text, format }: Pick<SpeechAsked, 'text' | 'format'>): Buffer {
  const key = `${format} ${text}`;
  const known = kept.get(key);
  if (known) return known;
  const audio = speechLikeTones(text);
  const captioned = writeCaptions(audio, spokenCaptions(text, audio.length));
  const made = format === 'mulaw' ? Buffer.from(captioned) : pcm24k(captioned);
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(key, made);
  return made;
}

/** Straight lines from sample to sample: good enough for tones, and costs nothing. */
function pcm24k(audio: Uint8Array): Buffer {
  const samples = decodeMulaw(audio);
  const bytes = Buffer.alloc(samples.length * 6);
  samples.forEach((sample, at) => {
    const step = ((samples[at + 1] ?? 0) - sample) / 3;
    for (const part of [0, 1, 2]) {
      bytes.writeInt16LE(Math.round(sample + part * step), 6 * at + 2 * part);
    }
  });
  return bytes;
}
