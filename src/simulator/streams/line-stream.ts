import type { PhoneStream } from './phone-stream.ts';
import type { PreparedAudio } from './speaking.ts';

/** The open media stream of a call, as the line uses it. */
export interface LineStream extends PhoneStream {
  readonly isOpen: boolean;
  /** The other side has said something, and waits. */
  readonly isListening: boolean;
  /** The words of the clause that is being heard. */
  readonly hearing: string;
  /** Words in the caller's voice, or audio that says them. */
  say(utteranceId: string, text: string, audio?: PreparedAudio): void;
  press(utteranceId: string, keys: string): void;
  /** Nothing is said to what was asked. */
  keepSilent(): void;
}
