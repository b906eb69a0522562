/** The media stream of a call, as a program at the caller's end sees it. */
import type { StreamMeasures } from '../truth-events.ts';

export interface PhoneStream {
  readonly streamSid: string;
  readonly isOver: boolean;
  readonly measures: StreamMeasures;
  /** When the caller first heard something at or after this moment; both in milliseconds since 1970. */
  firstAudibleAfter(atMs: number): number | undefined;
  /** When what the caller hears last became silent; undefined while something is heard, or before. */
  readonly silentSinceMs: number | undefined;

  /** The network breaks: with a reset, or with an orderly end of the connection without `stop`. */
  drop(how: 'reset' | 'clean'): void;
  /** Nothing is sent for so long, keys included; the audio of that time is lost. */
  goSilent(ms: number): void;
  /** The next frames are lost, their numbers with them. */
  loseFrames(count: number): void;
  /** The next two frames arrive in the wrong order. */
  swapFrames(): void;
  /** The next frame arrives twice, the same to the byte. */
  duplicateFrame(): void;
  /** Any message, to be read by the application; without a text an event that nobody knows. */
  sendText(text?: string): void;
  /** `stop` will not be sent when the stream ends. */
  withholdStop(): void;
}
