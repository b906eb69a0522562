import { encodeMulaw, MULAW_RATE } from '../../audio/mulaw.ts';
import { Resampler } from '../../audio/resample.ts';
import { readWav } from '../../audio/wav.ts';

/** A WAV file as a telephone carries it: mu-law at 8 kHz. @throws WavError when it cannot be read. */
export function toLineAudio(file: Uint8Array): Uint8Array {
  const wav = readWav(file);
  if (wav.encoding === 'mulaw') return wav.audio;
  if (wav.sampleRate === MULAW_RATE) return encodeMulaw(wav.samples);
  const resampler = new Resampler(wav.sampleRate, MULAW_RATE);
  const audio = encodeMulaw(resampler.push(wav.samples));
  return Buffer.concat([audio, encodeMulaw(resampler.flush())]);
}
