/** Speech whose beginnings and ends are known, and what stands in its way. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mulaw } from 'alawmulaw';
import type { VoiceActivity, VoiceChange } from '../../../src/media/voice-activity/index.ts';

/** Six phrases by three voices of flite, a second of digital silence around each. mu-law, 8 kHz. */
export const PHRASES = new Uint8Array(
  readFileSync(join(import.meta.dirname, 'fixtures/six-phrases.ulaw')),
);

/** Milliseconds. */
export const SPOKEN: readonly (readonly [from: number, to: number])[] = [
  [1000, 1503.5],
  [2503.5, 3320.5],
  [4320.5, 4799.375],
  [5799.375, 6076.5],
  [7076.5, 7865.625],
  [8865.625, 9941.75],
];

/** The same numbers every time: -1 to 1. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** @param level of the noise, against the full scale; the speech has 0.08 */
export function withNoise(audio: Uint8Array, level: number, seed = 1): Uint8Array {
  const random = randomNumbers(seed);
  const samples = mulaw.decode(audio);
  let low = 0;
  const noisy = samples.map((sample) => {
    // Falls with the frequency, as most noise does.
    low = 0.7 * low + 0.3 * random();
    return Math.max(-32_000, Math.min(32_000, sample + low * 4.1 * level * 32_768));
  });
  return mulaw.encode(Int16Array.from(noisy));
}

/** A knock: a burst of noise. */
export function knock(ms: number, level: number, seed: number): Uint8Array {
  const random = randomNumbers(seed);
  const samples = Int16Array.from({ length: ms * 8 }, () => random() * level * 32_768);
  return mulaw.encode(samples);
}

export const silence = (ms: number) => new Uint8Array(ms * 8).fill(0xff);

/** 400 ms. */
const HELD_AT_MOST = 3_200;

/** Sends it as a line does, but as fast as the detector takes it. */
export async function listen(
  detector: VoiceActivity,
  audio: Uint8Array,
  hangoverMs?: number,
): Promise<VoiceChange[]> {
  const changes: VoiceChange[] = [];
  const options = hangoverMs === undefined ? {} : { hangoverMs };
  const stream = detector.open((change) => changes.push(change), options);
  const pending = stream as unknown as { hasChunk: boolean };
  for (let at = 0; at < audio.length; at += 160) {
    stream.send(audio.subarray(at, at + 160));
    // Chunks wait for those of other streams: to wait for each would take as long as the call.
    while (at % HELD_AT_MOST === 0 && pending.hasChunk) await nextTurn();
  }
  while (pending.hasChunk) await nextTurn();
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  stream.close();
  return changes;
}

export const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** When each phrase was noticed, after its first sound; NaN for one that was not. */
export function onsetsMs(changes: readonly VoiceChange[]): number[] {
  return SPOKEN.map(([from, to]) => {
    const began = changes.find(
      ({ voice, atMs }) => voice === 'began' && atMs > from && atMs < to + 100,
    );
    return (began?.atMs ?? NaN) - from;
  });
}
