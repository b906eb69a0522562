/** Words that travel within audio: see captions.ts. */
export { CaptionReader } from './caption-reader.ts';
export type { Caption } from './captions.ts';
export { spokenCaptions } from './spoken-captions.ts';
export { writeCaptions } from './write-captions.ts';
