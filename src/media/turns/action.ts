/** What is to be done in a live call. To be carried out in order. */
import type { Heard } from '../../../workflows/contract.ts';
import type { StreamNews, StreamReply } from '../../../workflows/stream-contract.ts';

export type TalkAction =
  /**
   * Asks the recogniser for everything it has. `voiceGoesOn`: the caller is not silent, so it is to be
   * told `voiceBegan` again.
   */
  | { do: 'flush'; voiceGoesOn: boolean }
  /**
   * Asks for an answer to `heard`. What was said before is the brief and everything that was told
   * before this action; `heard` itself is told after it. `likely`: the caller may go on yet.
   */
  | { do: 'ask-model'; reply: number; heard: Heard; certainty: 'likely' | 'sure' }
  /** Its answer is not wanted any more. */
  | { do: 'drop-model'; reply: number }
  /**
   * Speaks a clause, after everything that is being said. The first one of an utterance begins it.
   * `isLast`: no clause of it follows; `text` may then be empty, as it was not known before.
   */
  | { do: 'say'; utterance: number; text: string; isLast: boolean }
  /** Stops speaking at once. `cleared` is to follow for each utterance that was not heard to its end. */
  | { do: 'clear' }
  /** To be told to the workflow. */
  | { do: 'tell'; news: TalkNews }
  /** The last words were heard, and were told with this `reason`: the workflow hangs up. */
  | { do: 'end'; reason: NonNullable<StreamReply['end']> }
  /** The session is over: nobody can recognise or speak. */
  | { do: 'give-up'; why: 'speech-failed' };

/** `StreamNews` without its stream and time. */
export type TalkNews = StreamNews extends infer News
  ? News extends StreamNews
    ? Omit<News, 'stream' | 'at'>
    : never
  : never;
