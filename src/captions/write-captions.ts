import type { Caption } from './captions.ts';
import { frameBytes, frameSamples, MAX_BYTES } from './caption-frame.ts';

interface Word {
  bytes: Uint8Array;
  atSample: number;
}

/**
 * A copy of the audio (mu-law, 8 kHz) with the words in its lowest bits, each from its `atSample` on.
 * A word that would overlap the one before it is pushed behind it. Where the audio is too short for
 * that, the last words begin earlier, then share one frame; what does not fit even so is left out
 * (speech has some five times the room that its words need).
 */
export function writeCaptions(audio: Uint8Array, captions: readonly Caption[]): Uint8Array {
  const marked = Uint8Array.from(audio);
  const words = captions.flatMap(piecesOf).sort((a, b) => a.atSample - b.atSample);
  let samplesOfRest = words.reduce((sum, { bytes }) => sum + frameSamples(bytes.length), 0);
  let free = 0;
  for (const [index, { bytes, atSample }] of words.entries()) {
    const latest = marked.length - samplesOfRest;
    if (latest < free) {
      writeShared(marked, free, words.slice(index));
      break;
    }
    const start = Math.max(free, Math.min(atSample, latest));
    writeFrame(marked, start, bytes);
    free = start + frameSamples(bytes.length);
    samplesOfRest -= frameSamples(bytes.length);
  }
  return marked;
}

/** All words in one frame behind each other, as many as fit. */
function writeShared(audio: Uint8Array, start: number, words: readonly Word[]): void {
  const room = Math.min(MAX_BYTES, Math.floor((audio.length - start - frameSamples(0)) / 8));
  let text = Buffer.alloc(0);
  for (const { bytes } of words) {
    const longer = text.length === 0 ? Buffer.from(bytes) : Buffer.concat([text, SPACE, bytes]);
    if (longer.length > room) break;
    text = longer;
  }
  if (text.length > 0) writeFrame(audio, start, text);
}

const SPACE = Buffer.from(' ');

function writeFrame(audio: Uint8Array, start: number, text: Uint8Array): void {
  const frame = frameBytes(text);
  for (let bit = 0; bit < frame.length * 8; bit += 1) {
    const value = ((frame[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
    audio[start + bit] = ((audio[start + bit] ?? 0) & 0xfe) | value;
  }
}

/** A caption with white space in it is several words; a monstrous word is cut, between characters. */
function piecesOf({ word, atSample }: Caption): Word[] {
  return word
    .split(/\s+/)
    .filter((part) => part !== '')
    .flatMap(cut)
    .map((bytes) => ({ bytes, atSample: Math.max(0, Math.floor(atSample)) }));
}

function cut(word: string): Uint8Array[] {
  const whole = Buffer.from(word, 'utf8');
  if (whole.length <= MAX_BYTES) return [whole];
  const pieces: string[] = [''];
  for (const character of word) {
    const longer = (pieces.at(-1) ?? '') + character;
    if (Buffer.byteLength(longer) > MAX_BYTES) pieces.push(character);
    else pieces[pieces.length - 1] = longer;
  }
  return pieces.map((piece) => Buffer.from(piece, 'utf8'));
}
