/** What goes on for too long: a voice without words, a model that thinks, speech that is not heard. */
import type { Draft, Look, Talk } from '../state.ts';
import { joined } from '../words.ts';
import { flush } from './hearing.ts';
import { takeFailure } from './replies.ts';
import { giveUp } from './ending.ts';

/** Longer than any wait of an assistant, as a voice of that length is no pause. */
const WORDLESS_MS = 3_000;
/** A recogniser that tells nothing before it is asked leaves open whether there are words. */
const WORDLESS_WITHOUT_INTERIM_MS = 20_000;
/** The orchestrator itself gives up a little earlier. */
const MODEL_MS = 20_000;
/** Longer than all voices of an assistant take to fail. */
const SPEECH_MS = 15_000;
/** Slow speech: an estimate of how long words last, rather too long than too short. */
const MS_PER_CHARACTER = 100;

/**
 * A voice without a word for so long is a television, a street, an echo. From then on only words tell
 * that the caller speaks; else the assistant would be silent for as long as the noise lasts.
 */
export function noise(draft: Draft): Look {
  const { state, at } = draft;
  const { caller } = state;
  if (caller.voice !== 'on') return undefined;
  const lastSign = Math.max(caller.voiceBeganAt, caller.wordsAt);
  const limit = lastSign + wordlessMs(state);
  if (at < limit) return limit;
  caller.voice = 'noise';
  caller.endedAt = lastSign;
  flush(draft);
  return 'again';
}

function wordlessMs({ hasInterim, plan }: Talk): number {
  const wordless = hasInterim ? WORDLESS_MS : WORDLESS_WITHOUT_INTERIM_MS;
  return Math.max(wordless, plan.endpointing.longest);
}

/** A question to the model always ends in time; this is for one that does not. */
export function slowModel(draft: Draft): Look {
  const { state, actions, at } = draft;
  const { answer } = state;
  if (answer?.reply === undefined) return undefined;
  const limit = answer.movedAt + MODEL_MS;
  if (at < limit) return limit;
  actions.push({ do: 'drop-model', reply: answer.reply });
  takeFailure(draft, answer.reply);
  return 'again';
}

/** Playback always tells what was heard in the end; without it the call would hang in mid-air. */
export function stuckSpeech(draft: Draft): Look {
  const { state, at } = draft;
  const { answer, aside } = state;
  if (aside) {
    const limit = aside.saidAt + lastsMs([aside.text]);
    if (at < limit) return limit;
    giveUp(draft, 'voice-failed');
  } else if (answer?.phase === 'speaking' && answer.isSaidToEnd) {
    const limit = Math.max(answer.movedAt, answer.audibleAt ?? 0) + lastsMs(answer.said);
    if (at < limit) return limit;
    giveUp(draft, 'voice-failed');
  }
  return undefined;
}

function lastsMs(clauses: string[]): number {
  return joined(clauses).length * MS_PER_CHARACTER + SPEECH_MS;
}
