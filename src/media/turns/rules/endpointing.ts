/**
 * When the caller's turn is over: he is silent, the recogniser has told all it has, and the form of
 * the words says how long to wait for more. The waits are counted from the real end of the voice.
 */
import type { Heard } from '../../../../workflows/contract.ts';
import { wordsSoFar } from '../floor.ts';
import type { Draft, Look, Talk } from '../state.ts';
import { joined } from '../words.ts';
import { formOf } from '../word-forms.ts';
import { flush, trustGuess } from './hearing.ts';
import { askEarly, dropEarly } from './replies.ts';
import { commitWords, isEndPhrase } from './turn.ts';

/** A recogniser that is asked late is given at least so long. */
const FLUSH_MS = 300;
/** A speech that does not end is told in parts, so that little of it can be lost. */
const LONGEST_SPEECH_MS = 60_000;

export function endpointing(draft: Draft): Look {
  const { state, at } = draft;
  const { caller, early } = state;
  if (early && early.text !== wordsSoFar(caller)) dropEarly(draft); // he goes on
  if (caller.recogniser === 'flushing') {
    const limit = Math.max(caller.endedAt + longestMs(state), caller.flushedAt + FLUSH_MS);
    if (at < limit) return limit;
    caller.recogniser = 'late';
    caller.flushes = 0; // an answer that was lost must not keep every later turn waiting
    return 'again';
  }
  if (caller.voice === 'on') return state.answer ? undefined : duringSpeech(draft);
  if (caller.guess !== '') return settleGuess(draft);
  // While the assistant speaks, words wait; the rules of interruption decide about them.
  if (caller.words.length === 0 || caller.keys !== '' || state.answer) return undefined;
  return afterSpeech(draft);
}

function duringSpeech(draft: Draft): Look {
  const { voiceBeganAt, flushedAt, firstWordsAt, guess } = draft.state.caller;
  const limit = (firstWordsAt ?? Math.max(voiceBeganAt, flushedAt)) + LONGEST_SPEECH_MS;
  if (firstWordsAt === undefined && guess === '') return undefined;
  if (draft.at < limit) return limit;
  if (firstWordsAt === undefined) flush(draft);
  else commitWords(draft);
  return 'again';
}

/** The recogniser is asked whether it was right; if it does not say in time, it was. */
function settleGuess(draft: Draft): Look {
  const { caller } = draft.state;
  const due = caller.endedAt + waitMs(draft.state);
  if (draft.at < due) return due;
  const isNew = caller.wordsAt > caller.flushedAt;
  if (caller.recogniser === 'listening' || isNew) flush(draft);
  else trustGuess(draft);
  return 'again';
}

function afterSpeech(draft: Draft): Look {
  const { caller } = draft.state;
  const due = caller.endedAt + waitMs(draft.state);
  if (draft.at < due) return askedBefore(draft, due);
  commitWords(draft);
  return 'again';
}

/** Asks the model already, if it is likely enough that nothing follows. */
function askedBefore(draft: Draft, due: number): Look {
  const { state, at } = draft;
  const { caller, assistant } = state;
  const text = joined(caller.words);
  if (state.early || state.turnsLeft <= 0) return due;
  const isSentence = formOf(text, assistant.voice.language) === 'sentence';
  const likely = isSentence ? at : caller.endedAt + Math.round(waitMs(state) / 2);
  if (at < likely) return likely;
  const { confidence } = caller;
  const heard = { kind: 'speech', text, ...(confidence !== undefined && { confidence }) } as const;
  if (!isEndPhrase(state, heard satisfies Heard)) askEarly(draft, heard);
  return due;
}

function waitMs(state: Talk): number {
  const { afterPunctuation, withoutPunctuation, afterDigits } = state.plan.endpointing;
  const form = formOf(wordsSoFar(state.caller), state.assistant.voice.language);
  const wait = { sentence: afterPunctuation, number: afterDigits, open: withoutPunctuation }[form];
  return Math.min(wait, longestMs(state));
}

function longestMs({ plan }: Talk): number {
  return plan.endpointing.longest;
}
