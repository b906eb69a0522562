/** What comes from the caller, taken down as it comes: voice and words. */
import type { Draft } from '../state.ts';
import { beyond, joined } from '../words.ts';

const MOST_HANGOVER_MS = 500;
/** A final that is later than this does not come any more: the caller says the same again. */
const LATE_MS = 5_000;
/** Characters of one turn, as over TwiML: a recogniser that makes up words without end is not kept up with. */
const MOST_CHARACTERS = 16_000;

export function takeVoice(draft: Draft, voice: 'began' | 'ended', since: number): void {
  const { caller } = draft.state;
  const really = Math.min(since, draft.at);
  if (voice === 'began') {
    if (caller.voice !== 'off') return;
    caller.voice = 'on';
    caller.voiceBeganAt = really;
  } else {
    if (caller.voice === 'off') return;
    caller.voice = 'off';
    caller.endedAt = Math.max(really, caller.voiceBeganAt);
    caller.hangoverMs = Math.min(draft.at - really, MOST_HANGOVER_MS);
    flush(draft);
  }
}

/** Everything that the recogniser has is wanted now. */
export function flush({ state, actions, at }: Draft): void {
  const { caller } = state;
  caller.recogniser = 'flushing';
  caller.flushes += 1;
  caller.flushedAt = at;
  actions.push({ do: 'flush', voiceGoesOn: caller.voice !== 'off' });
}

export function takePartial(draft: Draft, text: string): void {
  const { caller } = draft.state;
  const guess = beyond(borrowed(draft), text.trim()).rest;
  if (text.trim() !== '') draft.state.hasInterim = true;
  if (guess === caller.guess) return;
  caller.guess = guess;
  takeSign(draft, caller.recogniser !== 'flushing');
}

export function takeFinal(draft: Draft, text: string, confidence?: number): void {
  const { caller } = draft.state;
  const { rest: words, left } = beyond(borrowed(draft), text.trim());
  const isUnannounced = caller.guess === '';
  caller.guess = '';
  delete caller.borrowed;
  if (left !== '') caller.borrowed = { text: left, at: draft.at };
  if (words === '') return;
  addWords(caller, words);
  if (confidence !== undefined) {
    caller.confidence = Math.min(confidence, caller.confidence ?? confidence);
  }
  caller.firstWordsAt ??= draft.at;
  caller.recognisedAt = draft.at;
  if (caller.voice === 'noise' && isUnannounced) {
    // There were words in it, from a recogniser that tells none before it is asked.
    draft.state.hasInterim = false;
    caller.voice = 'on';
  }
  takeSign(draft, caller.recogniser === 'listening'); // else it is late, and was said before
}

function addWords(caller: Draft['state']['caller'], words: string): void {
  const known = caller.words.reduce((sum, { length }) => sum + length + 1, 0);
  if (known + words.length <= MOST_CHARACTERS) caller.words.push(words);
}

/** What a late final may say again. */
function borrowed({ state, at }: Draft): string {
  const { text, at: since } = state.caller.borrowed ?? { text: '', at };
  return at - since < LATE_MS ? text : '';
}

/** The caller has said something, whatever voice activity knows of it. */
function takeSign({ state, at }: Draft, isNew: boolean): void {
  const { caller } = state;
  caller.wordsAt = at;
  // Words of a voice that was noticed count from its end, however long they took.
  if (caller.voice !== 'on' && isNew) caller.endedAt = at;
}

export function takeFlushed({ state }: Draft): void {
  const { caller } = state;
  caller.flushes = Math.max(0, caller.flushes - 1);
  if (caller.flushes > 0) return;
  caller.recogniser = 'listening';
  delete caller.borrowed;
  if (caller.voice !== 'on') caller.guess = ''; // whatever it was, no words came of it
}

/** These words are nothing that anybody answers. */
export function forgetWords({ state, at }: Draft): void {
  forget(state.caller);
  state.caller.guess = '';
  state.quietSince = at;
}

function forget(caller: Draft['state']['caller']): void {
  caller.words = [];
  delete caller.confidence;
  delete caller.firstWordsAt;
  delete caller.recognisedAt;
}

/** The recogniser has not made up its mind in time: what it believed counts. */
export function trustGuess(draft: Draft): void {
  const { state, at } = draft;
  const { caller } = state;
  if (caller.guess === '') return;
  addWords(caller, caller.guess);
  caller.firstWordsAt ??= at;
  caller.borrowed = { text: joined([borrowed(draft), caller.guess]), at };
  caller.guess = '';
}

/** Takes the words that no turn has yet. */
export function takeWords({ state }: Draft): {
  text: string;
  confidence?: number;
  endedAt: number;
  recognisedAt?: number;
} {
  const { caller } = state;
  const { confidence, endedAt, recognisedAt } = caller;
  const text = joined(caller.words);
  forget(caller);
  return {
    text,
    endedAt,
    ...(confidence !== undefined && { confidence }),
    ...(recognisedAt !== undefined && { recognisedAt }),
  };
}

/** Takes the keys that no turn has yet. */
export function takeDigits({ state }: Draft): string {
  const { caller } = state;
  const digits = caller.keys;
  caller.keys = '';
  caller.typing = 'no';
  return digits;
}
