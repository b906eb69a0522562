import { expect, test } from '@jest/globals';
import { Hysteresis } from '../../../src/media/voice-activity/hysteresis.ts';
import type { VoiceChange } from '../../../src/media/voice-activity/index.ts';

const CHUNK_MS = 32;

function changesOf(probabilities: readonly number[], hangoverMs = 96): VoiceChange[] {
  const hysteresis = new Hysteresis({
    begin: 0.4,
    beginChunks: 2,
    beginAtOnce: 0.6,
    end: 0.5,
    hangoverMs,
  });
  return probabilities.flatMap((probability, index) => {
    const at = index * CHUNK_MS;
    return hysteresis.add(probability, at, at + CHUNK_MS) ?? [];
  });
}

test('a voice begins with one chunk that is surely a voice', () => {
  expect(changesOf([0, 0.7])).toEqual([{ voice: 'began', atMs: 64, sinceMs: 32 }]);
});

test('or with two that may be one, since the first of them', () => {
  expect(changesOf([0, 0.5, 0.5])).toEqual([{ voice: 'began', atMs: 96, sinceMs: 32 }]);
});

test('one that may be a voice is none', () => {
  expect(changesOf([0.5, 0, 0.5, 0.3, 0.5])).toEqual([]);
});

test('it ends after the hangover, since the last chunk with a voice', () => {
  expect(changesOf([0.9, 0.9, 0.1, 0.1, 0.1]).at(-1)).toEqual({
    voice: 'ended',
    atMs: 160,
    sinceMs: 64,
  });
});

test('a pause that is shorter than the hangover is part of the voice', () => {
  expect(changesOf([0.9, 0.1, 0.1, 0.9, 0.1, 0.1])).toHaveLength(1);
});

test('after its end the next one begins anew', () => {
  const voices = changesOf([0.9, 0, 0, 0, 0.9, 0, 0, 0]).map(({ voice }) => voice);
  expect(voices).toEqual(['began', 'ended', 'began', 'ended']);
});
