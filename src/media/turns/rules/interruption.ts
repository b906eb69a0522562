/**
 * When the caller's voice stops the assistant's, and what becomes of what was not heard.
 *
 * Stopping and giving up are two things. A short voice may stop the assistant (see `plan.ts` for why);
 * only words make an interruption of it. Without words, or with an acknowledgement alone, the assistant
 * goes on where it was stopped.
 */
import { isCallerSpeaking, wordsSoFar } from '../floor.ts';
import type { Answer, Draft, Look, Talk } from '../state.ts';
import { holdsAny, isOnly, joined, wordCount } from '../words.ts';
import { abandon, heardSoFar, isFirm, isNearlyOver } from './answers.ts';
import { forgetWords } from './hearing.ts';
import { hold, stopSpeaking } from './speaking.ts';

/** The playback tells at once what was heard; this is for one that does not. */
const CLEARED_MS = 500;
/** So much voice stops at once: there is no time to see whether it goes on. */
const SHORT_VOICE_MS = 200;
/** After so many stops for nothing it takes words to stop the same answer once more. */
const MOST_FALSE_ALARMS = 2;

export function interruption(draft: Draft): Look {
  const { state, at } = draft;
  const { answer } = state;
  if (isFirm(state)) return undefined;
  switch (answer?.phase) {
    case 'stopping':
      if (at < answer.movedAt + CLEARED_MS) return answer.movedAt + CLEARED_MS;
      hold(answer, answer.heard);
      return 'again';
    case 'speaking':
      return isNothing(draft) ? letPass(draft) : stopIfWanted(draft);
    case 'thinking':
    case 'held':
      return giveWay(draft, answer);
    case undefined:
      return stopIfWanted(draft);
  }
}

/** Stops what is being said, if the caller's voice, words or keys are enough for that. */
function stopIfWanted(draft: Draft): Look {
  const { state, at } = draft;
  const { aside, answer, plan } = state;
  const isSpeaking = aside !== undefined || answer?.phase === 'speaking';
  const isHeard = aside?.isAudible === true || answer?.audibleAt !== undefined;
  if (!isSpeaking || (isHeard && !plan.interruption.allowed)) return undefined;
  const from = isHeard ? heardEnough(state) : beganFirst(state);
  if (from === undefined || at < from) return from;
  stopSpeaking(draft);
  return 'again';
}

/** The assistant is about to be heard, and the caller speaks: there is nothing to cut off yet. */
function beganFirst(state: Talk): number | undefined {
  const { caller } = state;
  if (hasSaid(state)) return 0;
  return canVoiceStop(state) ? caller.voiceBeganAt : undefined;
}

/** From when on the caller is heard enough to stop the assistant; none: he is not. */
function heardEnough(state: Talk): number | undefined {
  const { caller, plan } = state;
  if (caller.keys !== '' || isInterrupting(state)) return 0;
  const { minVoice } = plan.interruption;
  if (minVoice === 0 || !canVoiceStop(state)) return undefined;
  // Its end is noticed late, so only then is it sure that a long voice was as long.
  const noticeMs = minVoice > SHORT_VOICE_MS ? caller.hangoverMs : 0;
  return caller.voiceBeganAt + minVoice + noticeMs;
}

function canVoiceStop({ caller, answer, aside }: Talk): boolean {
  if (caller.voice !== 'on' || aside?.purpose === 'bridge') return false;
  return (answer?.falseAlarms ?? 0) < MOST_FALSE_ALARMS;
}

/** Something that is a turn, whatever else it is. */
function hasSaid({ caller, plan }: Talk): boolean {
  return caller.keys !== '' || !isOnly(joined(caller.words), plan.interruption.ignored);
}

/** Words that stop the assistant, final or not. */
function isInterrupting({ caller, plan }: Talk): boolean {
  const text = wordsSoFar(caller);
  const { ignored, always, minWords } = plan.interruption;
  if (text === '') return false;
  if (holdsAny(text, always)) return true;
  return !isOnly(text, ignored) && wordCount(text) >= minWords;
}

/** The assistant is silent, and the caller has something to say: then this answer is over. */
function giveWay(draft: Draft, answer: Answer): Look {
  const { state } = draft;
  // A guess may turn out to be nothing, and then a turn of which nothing was heard must be answered.
  const isTalkedOver = heardSoFar(answer) !== '' && isInterrupting(state);
  if (hasSaid(state) || isTalkedOver) {
    abandon(draft, answer);
    if (state.aside) stopSpeaking(draft);
    return 'again';
  }
  if (isNothing(draft)) {
    if (answer.phase !== 'held' || !isNearlyOver(state)) return letPass(draft);
    abandon(draft, answer); // a "yeah" to the last word is an answer
    return 'again';
  }
  return stopIfWanted(draft);
}

/** The caller has ended, and has said an acknowledgement and nothing else. */
function isNothing({ state }: Draft): boolean {
  const { caller, plan } = state;
  if (isCallerSpeaking(caller) || caller.words.length === 0) return false;
  return caller.guess === '' && isOnly(joined(caller.words), plan.interruption.ignored);
}

/** An acknowledgement is no turn, unless the assistant is about to end anyway. */
function letPass(draft: Draft): Look {
  if (draft.state.answer?.phase === 'speaking' && isNearlyOver(draft.state)) return undefined;
  forgetWords(draft);
  return 'again';
}
