export type { Clause, Playback, PlaybackEvent, PlaybackOptions } from './playback-types.ts';
