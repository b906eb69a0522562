import { describe, expect, test } from '@jest/globals';
import { encodeMulaw } from '../../../src/audio/mulaw.ts';
import { voiceFrom } from '../../../src/bench/media/voice-onset.ts';

/** Each part: so many milliseconds of a tone that is so many dB below the loudest one. */
function audioOf(...parts: [ms: number, db: number][]): Uint8Array {
  const samples = parts.flatMap(([ms, db]) =>
    Array.from({ length: ms * 8 }, (_, at) =>
      Math.round(16_000 * 10 ** (db / 20) * Math.sin((2 * Math.PI * at) / 8)),
    ),
  );
  return encodeMulaw(Int16Array.from(samples));
}
const msOf = (audio: Uint8Array): number => voiceFrom(audio) / 8;

describe('where a voice is', () => {
  test('begins behind breath and soft consonants', () => {
    expect(msOf(audioOf([20, -90], [100, -30], [300, 0]))).toBe(120);
    expect(msOf(audioOf([20, -90], [100, -19], [300, 0]))).toBe(120);
  });

  test('begins with what is less than 15.9 dB below it', () => {
    expect(msOf(audioOf([20, -90], [100, -14], [300, 0]))).toBe(20);
  });

  test('does not depend on how loud all of it is, nor on pauses in it', () => {
    expect(msOf(audioOf([20, -90], [100, -50], [300, -20]))).toBe(120);
    expect(msOf(audioOf([20, -90], [100, -14], [300, 0], [3_000, -90], [300, 0]))).toBe(20);
  });

  test('is the beginning where there is none', () => {
    expect(msOf(new Uint8Array(800).fill(0xff))).toBe(0);
    expect(msOf(new Uint8Array(0))).toBe(0);
  });
});
