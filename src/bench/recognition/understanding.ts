/** What a server that stands in for a recogniser understands. */
import { CaptionReader } from '../../captions/index.ts';

export interface UnderstoodWord {
  word: string;
  /** The sample, from the first one of the stream, at which it is over. */
  untilSample: number;
}

/** Reads audio (mu-law, 8 kHz) in pieces of any length. */
export type Understanding = (audio: Uint8Array) => UnderstoodWord[];

/** Samples of a caption: 72 bits of frame, and 8 for each byte of the word. */
const FRAME_SAMPLES = 72;

/** The words that the audio carries as captions. */
export function understandCaptions(): Understanding {
  const reader = new CaptionReader();
  return (audio) =>
    reader.read(audio).map(({ word, atSample }) => ({
      word,
      untilSample: atSample + FRAME_SAMPLES + 8 * Buffer.byteLength(word),
    }));
}

/** One word of a text after the other, each after so much audio, whatever is in it. */
export function understandScript(text: string, everyMs: number): Understanding {
  const words = text.split(/\s+/).filter((word) => word !== '');
  let samples = 0;
  let next = 0;
  return (audio) => {
    samples += audio.length;
    const found: UnderstoodWord[] = [];
    for (; next < words.length && (next + 1) * everyMs * 8 <= samples; next += 1) {
      found.push({ word: words[next] ?? '', untilSample: (next + 1) * everyMs * 8 });
    }
    return found;
  };
}
