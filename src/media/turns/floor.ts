/** Whose turn it is to speak. */
import { isFirm } from './rules/answers.ts';
import type { Caller, Talk } from './state.ts';
import { joined } from './words.ts';

/** What the caller has said that is part of no turn yet, as far as it is known. */
export function wordsSoFar({ words, guess }: Caller): string {
  return joined([...words, guess]);
}

/** The caller is speaking, or has just ended and it is not known yet what he has said. */
export function isCallerSpeaking({ voice, recogniser }: Caller): boolean {
  return voice === 'on' || recogniser === 'flushing';
}

/** Whether the assistant has to wait before it begins to say something. */
export function hasCallerFloor(state: Talk): boolean {
  const { caller } = state;
  if (isCallerSpeaking(caller)) return true;
  if (isFirm(state)) return false; // what is said now is kept for the record
  return caller.keys !== '' || wordsSoFar(caller) !== '';
}
