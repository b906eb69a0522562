/**
 * What the benchmark sets on purpose, and how soon an answer could be heard if everything else took no
 * time at all.
 *
 * The delays overlap, as they do with real vendors. From the last audible sample of the caller on:
 *
 *   silence (S)     voice activity has to hear so much of it before a voice is over; then the
 *                   recogniser is asked for everything that it has
 *   recogniser (R)  from that question to the final words, which end like a sentence, so that the
 *                   model is asked at once, before it is certain that nothing follows
 *   model (M)       from the question to the first clause
 *   endpointing (W) meanwhile: nothing is said before it, counted from the same last sample
 *   voice (V)       from the first clause to its first audio; asked for when both are over
 *
 * So the critical path is max(W, S + R + M) + V. Everything beyond it is overhead: frames of 20 ms that are
 * sent when they are over, chunks of voice activity of 32 ms and what it is off the true end, timers,
 * queues, sockets and processes, those of the simulated vendors and callers included.
 */

/** All in milliseconds. */
export interface Delays {
  endpointing: number;
  recogniser: number;
  model: number;
  voice: number;
}

/** What voice activity takes for the end of a voice, see `caller-voice.ts`: about so much silence. */
export const SILENCE_MS = 220;

/** From the end of the caller's voice to the first sound of the answer. */
export function criticalPathMs({ endpointing, recogniser, model, voice }: Delays): number {
  return Math.max(endpointing, SILENCE_MS + recogniser + model) + voice;
}

/** The same delays one after the other, as they add up where nothing overlaps. */
export function inSequenceMs({ endpointing, recogniser, model, voice }: Delays): number {
  return endpointing + recogniser + model + voice;
}
