/** A playback on a timeline, with a telephone at the other end. */
import {
  createPlayback,
  type Playback,
  type PlaybackEvent,
} from '../../../src/media/playback/index.ts';
import { createTicker } from '../../../src/media/ticker.ts';
import { FarEnd, type FarEndOptions } from '../../fakes/far-end.ts';
import { Timeline } from '../../fakes/timeline.ts';

export interface PlaybackBench {
  time: Timeline;
  line: FarEnd;
  playback: Playback;
  events: PlaybackEvent[];
  /** Of one type. */
  told: <T extends PlaybackEvent['type']>(type: T) => Extract<PlaybackEvent, { type: T }>[];
}

export function playbackBench(options: FarEndOptions = {}): PlaybackBench {
  const time = new Timeline();
  const line = new FarEnd(time, options);
  const events: PlaybackEvent[] = [];
  const ticker = createTicker({ clock: time, setTimer: time.setTimer });
  const playback = createPlayback({ line, clock: time, ticker, onEvent: (e) => events.push(e) });
  line.onPlayed = (mark) => playback.played(mark);
  return {
    time,
    line,
    playback,
    events,
    told: <T extends PlaybackEvent['type']>(type: T) =>
      events.filter((event): event is Extract<PlaybackEvent, { type: T }> => event.type === type),
  };
}

/** Audio in which every sample can be told from its neighbours. */
export function audioOf(ms: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length: ms * 8 }, (_, index) => (index * 31 + seed * 7) % 251);
}

/** An utterance of one clause whose audio is all there. */
export function speak(playback: Playback, number: number, text: string, audio: Uint8Array): void {
  playback.open(number);
  const clause = playback.clause(number, text);
  clause.push(audio);
  clause.end();
  playback.finish(number);
}
