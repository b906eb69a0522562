/** The real model on real audio. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createVoiceActivity, type VoiceChange } from '../../../src/media/voice-activity/index.ts';
import { knock, listen, onsetsMs, PHRASES, silence, SPOKEN, withNoise } from './phrases.ts';

const detector = createVoiceActivity();
beforeAll(() => detector.ready());
afterAll(() => detector.close());

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

test('the model is there', () => {
  expect(detector.method).toBe('model');
});

describe.each([
  ['on a silent line', PHRASES, 100],
  ['with noise 20 dB below the speech', withNoise(PHRASES, 0.008), 200],
  ['with noise 10 dB below the speech', withNoise(PHRASES, 0.025), 350],
])('%s', (_line, audio, lateEndMs) => {
  let changes: VoiceChange[] = [];
  beforeAll(async () => {
    changes = await listen(detector, audio, 200);
  });

  test('every phrase is found, and nothing else', () => {
    expect(changes.map(({ voice }) => voice)).toEqual(SPOKEN.flatMap(() => ['began', 'ended']));
  });

  test('each is noticed within 130 ms of its first sound, and half of them within 80', () => {
    const onsets = onsetsMs(changes);
    expect(Math.max(...onsets)).toBeLessThanOrEqual(130);
    expect(median(onsets)).toBeLessThanOrEqual(80);
  });

  test('its end is told after the hangover, with when it really was', () => {
    const ends = changes.filter(({ voice }) => voice === 'ended');
    for (const [index, { atMs, sinceMs }] of ends.entries()) {
      const really = SPOKEN[index]?.[1] ?? NaN;
      expect(sinceMs - really).toBeGreaterThan(-60);
      expect(sinceMs - really).toBeLessThan(lateEndMs);
      expect(atMs - sinceMs).toBeGreaterThanOrEqual(200);
      expect(atMs - sinceMs).toBeLessThan(232);
    }
  });
});

test('knocks and coughs after a sentence are no voice, however silent the line was before', async () => {
  const phrase = PHRASES.subarray(0, 13_000);
  for (const pauseMs of [300, 700, 1_000, 1_100, 1_500, 3_000]) {
    const parts = [phrase, silence(pauseMs), knock(40, 0.3, 7), silence(300), knock(150, 0.1, 8)];
    const changes = await listen(detector, Buffer.concat([...parts, silence(500)]));
    expect(changes.map(({ voice }) => voice)).toEqual(['began', 'ended']);
  }
});

test('streams that are asked about together hear what each hears alone', async () => {
  const audios = Array.from({ length: 7 }, (_, index) =>
    withNoise(PHRASES.subarray(index * 3_001, index * 3_001 + 40_000), 0.005, index + 1),
  );
  const alone = [];
  for (const audio of audios) alone.push(await listen(detector, audio));
  const together = await Promise.all(audios.map((audio) => listen(detector, audio)));
  expect(together).toEqual(alone);
  expect(alone.flat().length).toBeGreaterThan(20);
});
