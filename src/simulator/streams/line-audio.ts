/** Audio as a telephone carries it: mu-law (G.711) at 8 kHz. */
import { readWav } from '../../audio/wav.ts';

const RATE = 8_000;
/** Length of the filter on each side, in samples of the slower rate. */
const HALF_WIDTH = 16;

/** A WAV file as a telephone carries it. @throws WavError when it cannot be read. */
export function toLineAudio(file: Uint8Array): Uint8Array {
  const wav = readWav(file);
  return wav.encoding === 'mulaw'
    ? wav.audio
    : encodeMulaw(atLineRate(wav.samples, wav.sampleRate));
}

const BIAS = 0x84;
const CLIP = 32_635;

/** G.711, a byte per sample. */
export function encodeMulaw(samples: Int16Array): Uint8Array {
  return Uint8Array.from(samples, (sample) => {
    const sign = sample < 0 ? 0x80 : 0;
    const magnitude = Math.min(CLIP, Math.abs(sample)) + BIAS;
    const exponent = 31 - Math.clz32(magnitude) - 7;
    const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
    return ~(sign | (exponent << 4) | mantissa) & 0xff;
  });
}

/** A windowed sinc for each sample: slow, but what is said is kept and said again. */
function atLineRate(samples: Int16Array, sampleRate: number): Int16Array {
  if (sampleRate === RATE) return samples;
  const ratio = sampleRate / RATE;
  // Below both Nyquist frequencies, in cycles per sample of the source.
  const cutoff = 0.47 * Math.min(1, 1 / ratio);
  const half = Math.ceil(HALF_WIDTH * Math.max(1, ratio));
  const length = Math.floor(samples.length / ratio);
  return Int16Array.from({ length }, (_, index) => {
    const center = index * ratio;
    let sum = 0;
    let gain = 0;
    for (let at = Math.ceil(center - half); at <= center + half; at += 1) {
      const distance = at - center;
      const x = 2 * cutoff * distance;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
      const weight = sinc * (0.5 + 0.5 * Math.cos((Math.PI * distance) / (half + 1)));
      sum += weight * (samples[at] ?? 0);
      gain += weight;
    }
    return Math.max(-32_768, Math.min(32_767, Math.round(sum / gain)));
  });
}
