import { describe, expect, test } from '@jest/globals';
import { Resampler } from '../../src/audio/resample.ts';

const AMPLITUDE = 12_000;

function tone(hz: number, rate: number, seconds: number): Int16Array {
  return Int16Array.from({ length: rate * seconds }, (_, at) =>
    Math.round(AMPLITUDE * Math.sin((2 * Math.PI * hz * at) / rate)),
  );
}

function resampled(samples: Int16Array, from: number, to: number, size: number): Int16Array {
  const resampler = new Resampler(from, to);
  const out: number[] = [];
  for (let at = 0; at < samples.length; at += size) {
    out.push(...resampler.push(samples.subarray(at, at + size)));
  }
  out.push(...resampler.flush());
  return Int16Array.from(out);
}

/** Of the middle, where the ends of the tone do not matter. */
function middle(samples: Int16Array): Int16Array {
  return samples.subarray(samples.length / 4, (samples.length * 3) / 4);
}

function rms(samples: Iterable<number>): number {
  let sum = 0;
  let count = 0;
  for (const sample of samples) {
    sum += sample * sample;
    count += 1;
  }
  return Math.sqrt(sum / count);
}

/** How far what is wrong lies below what is right: the same tone, made at the other rate. */
function signalToNoiseDb(hz: number, from: number, to: number): number {
  const out = resampled(tone(hz, from, 1), from, to, Math.round(from / 50));
  const wanted = tone(hz, to, 1);
  const wrong = middle(out.subarray(0, wanted.length)).map(
    (each, at) => each - middle(wanted)[at]!,
  );
  return 20 * Math.log10(rms(middle(wanted)) / rms(wrong));
}

const TO_TELEPHONE = [16_000, 22_050, 24_000, 44_100, 48_000];

describe.each(TO_TELEPHONE)('%i Hz to 8 kHz', (from) => {
  // Mu-law behind it has some 38 dB.
  test.each([300, 1_000, 3_000])('%i Hz is kept, in time and level', (hz) => {
    expect(signalToNoiseDb(hz, from, 8_000)).toBeGreaterThan(60);
  });

  test('3.4 kHz, the end of the telephone band, loses less than 0.5 dB', () => {
    const out = middle(resampled(tone(3_400, from, 1), from, 8_000, 441));
    expect(20 * Math.log10(rms(out) / (AMPLITUDE / Math.SQRT2))).toBeGreaterThan(-0.5);
  });

  test.each([4_600, 5_000, 6_000, 7_500].filter((hz) => hz < from / 2))(
    '%i Hz does not come back as another tone',
    (hz) => {
      const out = middle(resampled(tone(hz, from, 1), from, 8_000, 441));
      expect(20 * Math.log10(Math.max(rms(out), 1e-3) / (AMPLITUDE / Math.SQRT2))).toBeLessThan(
        -60,
      );
    },
  );

  test('pieces of any size give the same', () => {
    const samples = tone(700, from, 0.2);
    const whole = resampled(samples, from, 8_000, samples.length);
    for (const size of [1, 7, 160, 333]) {
      expect(resampled(samples, from, 8_000, size)).toEqual(whole);
    }
  });

  test('a second stays a second', () => {
    const out = resampled(tone(1_000, from, 1), from, 8_000, 500);
    expect(Math.abs(out.length - 8_000)).toBeLessThanOrEqual(2);
  });
});

test('8 kHz to 16 kHz, for recognisers', () => {
  expect(signalToNoiseDb(1_000, 8_000, 16_000)).toBeGreaterThan(60);
  expect(signalToNoiseDb(3_000, 8_000, 16_000)).toBeGreaterThan(60);
});

test('what is as loud as can be is cut off, not turned round', () => {
  const square = Int16Array.from({ length: 4_800 }, (_, at) => (at % 48 < 24 ? 32_767 : -32_768));
  const out = resampled(square, 24_000, 8_000, 480);
  expect(Math.max(...out)).toBe(32_767);
  expect(Math.min(...out)).toBe(-32_768);
});
