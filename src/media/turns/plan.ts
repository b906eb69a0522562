/** How an assistant takes turns: its own plan, completed by defaults. Times in milliseconds. */
import type {
  Assistant,
  EndpointingPlan,
  FillerPlan,
  InterruptionPlan,
} from '../../../workflows/assistant.ts';
import { acknowledgements, fillers, stopWords } from './phrases-by-language.ts';
import { plainPhrases } from './words.ts';

export interface TalkPlan {
  endpointing: EndpointingPlan;
  /** With its phrases as they are compared. */
  interruption: InterruptionPlan;
  filler: FillerPlan;
}

/**
 * Counted from the real end of the voice, so what voice activity and the recogniser take (about 200 to
 * 400 ms) is part of the wait and not added to it. People pause for 200 to 300 ms between turns; within
 * a sentence up to about 700 ms. A sentence that is complete needs no more than the recogniser takes;
 * an open one is given time. Callers suffer most when they are cut off in a number.
 */
const ENDPOINTING: EndpointingPlan = {
  afterPunctuation: 300,
  withoutPunctuation: 800,
  afterDigits: 1_500,
  longest: 3_000,
};

/**
 * What was sent to a telephone line cannot be paused or made quieter, only thrown away. So there is a
 * choice: to be silent 150 ms after the caller's first sound means that a "mhm" stops the assistant as
 * well. This is the default, as nothing annoys more than being talked over: a short voice stops the
 * assistant, and when it was nothing, or an acknowledgement alone, the assistant goes on with what was
 * not heard yet. An assistant that is not to stop for a "mhm" at all sets `minVoice` to 500 or more, or
 * to 0 for words alone, and is interrupted that much later by everything else. (What counts is voice, not
 * the pause in which its end is noticed: that is added from 200 ms on.)
 *
 * 80 ms of voice is more than a click, and leaves time to notice it (about 50 to 80 ms).
 */
const INTERRUPTION: Omit<InterruptionPlan, 'ignored' | 'always'> = {
  allowed: true,
  minWords: 2,
  minVoice: 80,
  backOff: 500,
};

/** The first is heard before 1.2 s with what its speech takes; then silence is never longer than 6 s. */
const FILLER: Omit<FillerPlan, 'phrases'> = { after: 1_000, every: 5_000 };

export function planOf({ stream, voice }: Pick<Assistant, 'stream' | 'voice'>): TalkPlan {
  const { language } = voice;
  const interruption = {
    ...INTERRUPTION,
    ignored: acknowledgements(language),
    always: stopWords(language),
    ...stream?.interruption,
  };
  return {
    endpointing: { ...ENDPOINTING, ...stream?.endpointing },
    interruption: {
      ...interruption,
      ignored: plainPhrases(interruption.ignored),
      always: plainPhrases(interruption.always),
    },
    filler: { ...FILLER, phrases: fillers(language), ...stream?.filler },
  };
}
