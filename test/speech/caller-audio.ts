/** The audio of a caller, as a telephone line brings it: mu-law, 8 kHz. */
import { spokenCaptions, writeCaptions } from '../../src/captions/index.ts';

/** Words that are spoken at a usual pace: loud, with captions. */
export function spoken(text: string, msPerWord = 300): Uint8Array {
  const words = text.split(' ').length;
  const audio = Uint8Array.from({ length: words * msPerWord * 8 }, (_, at) =>
    at % 16 < 8 ? 0x10 : 0x90,
  );
  return writeCaptions(audio, spokenCaptions(text, audio.length));
}

/** Loud, and nothing in it that a caption reader could understand. */
export function murmur(ms: number): Uint8Array {
  return Uint8Array.from({ length: ms * 8 }, (_, at) => (at % 16 < 8 ? 0x10 : 0x90));
}

export function silence(ms: number): Uint8Array {
  return new Uint8Array(ms * 8).fill(0xff);
}

/** In pieces of so many bytes. */
export function inPieces(audio: Uint8Array, bytes = 160): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < audio.length; at += bytes) pieces.push(audio.subarray(at, at + bytes));
  return pieces;
}
