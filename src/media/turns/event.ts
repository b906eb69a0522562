/** What can happen in a live call, as far as it matters to who speaks when. */
import type { Reply } from '../../../activities/ports.ts';
import type { ModelTry } from '../../../workflows/contract.ts';
import type { StreamBrief } from '../../../workflows/stream-contract.ts';

/** `at`: milliseconds of a clock that never goes back; every time in here is one of that clock. */
export type TalkEvent = { at: number } & (
  | LineHappening
  | RecogniserHappening
  | ModelHappening
  | SpeechHappening
  /** A deadline may have passed. */
  | { type: 'time' }
);

type LineHappening =
  /** The first one. `hasInterim`: the recogniser tells what it has understood so far. */
  | { type: 'opened'; brief: StreamBrief; hasInterim: boolean }
  /** `since`: when it really began or ended, a little before it was noticed. */
  | { type: 'voice'; voice: 'began' | 'ended'; since: number }
  /** 0-9, *, #, A-D. */
  | { type: 'key'; digit: string }
  /**
   * The last one: the line is gone, or is being given to another process. What was heard of the
   * utterance under way (`cleared`) is to be told before.
   */
  | { type: 'line-ended'; /** The call goes on without it. */ isLost?: boolean };

/** As `RecogniserEvent` of `src/speech` tells them. */
type RecogniserHappening =
  | { type: 'partial'; text: string }
  | { type: 'final'; text: string; confidence?: number }
  /** Each `flush` is answered so once. */
  | { type: 'flushed' }
  /** Nobody recognises any more. */
  | { type: 'recogniser-failed' };

/** `reply`: the number of the question, as `ask-model` has said it. */
type ModelHappening =
  /** `model`: who has begun to answer, as the records name it. */
  | { type: 'first-token'; reply: number; model?: string }
  | { type: 'clause'; reply: number; text: string }
  /** After the last clause. */
  | { type: 'reply-done'; reply: number; result: Reply }
  | { type: 'reply-failed'; reply: number; tries?: ModelTry[] };

/** `utterance`: as `say` has said it. */
type SpeechHappening =
  /** The first piece of its speech was made. */
  | { type: 'audio-ready'; utterance: number }
  /** The caller begins to hear it. */
  | { type: 'audible'; utterance: number }
  /** So much of it was heard by now; `isAll`: to its end. */
  | { type: 'heard'; utterance: number; text: string; isAll: boolean }
  /** It was thrown away by `clear`; so much of it was heard before. */
  | { type: 'cleared'; utterance: number; text: string }
  /** Nobody speaks any more. */
  | { type: 'voice-failed' };
