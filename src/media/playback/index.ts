export { createPlayback } from './playback.ts';
export type {
  Clause,
  Playback,
  PlaybackEvent,
  PlaybackFigures,
  PlaybackOptions,
} from './playback-types.ts';
