/** The audio of Media Streams: mu-law, 8 kHz, mono, in frames of 20 ms. */

export const FRAME_MS = 20;
export const SAMPLES_PER_MS = 8;
export const FRAME_SAMPLES = FRAME_MS * SAMPLES_PER_MS;

/** The code of silence. */
export const SILENCE = 0xff;
export const SILENT_PAYLOAD = Buffer.alloc(FRAME_SAMPLES, SILENCE).toString('base64');

/** Steps of mu-law above zero from which a person hears something: -42 dBFS. */
const AUDIBLE_FROM = 24;

export function isAudible(code: number): boolean {
  return (~code & 0x7f) >= AUDIBLE_FROM;
}

/** Where the first audible sample is, and behind the last one; undefined in silence. */
export function audibleRange(audio: Uint8Array): { from: number; to: number } | undefined {
  const from = audio.findIndex(isAudible);
  return from === -1 ? undefined : { from, to: audio.findLastIndex(isAudible) + 1 };
}

/** Milliseconds since 1970, with fractions, on a clock that nobody sets. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}
