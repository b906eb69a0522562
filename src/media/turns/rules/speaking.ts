/** What the assistant says, clause by clause, and what of it is heard. */
import type { Answer, Draft, Look } from '../state.ts';
import { hasCallerFloor } from '../floor.ts';
import { joined, withoutFirstWords, wordCount } from '../words.ts';
import { noteTime } from './answers.ts';
import { complete } from './ending.ts';
import { answerPending } from './turn.ts';

const UNASKED_CLEAR_MS = 500;

/** Says what is to be said, as soon as it is the assistant's turn. */
export function speaking(draft: Draft): Look {
  const { state, at } = draft;
  const { answer } = state;
  if (answer?.phase === 'stopping') return undefined;
  if (answer?.phase === 'speaking') return sayMore(draft, answer);
  if (!answer && state.unanswered && !hasCallerFloor(state)) {
    answerPending(draft);
    return 'again';
  }
  const isReady = answer && (answer.clauses.length > 0 || answer.reply === undefined);
  if ((!isReady && state.bridge === undefined) || hasCallerFloor(state)) return undefined;
  if (at < state.backOffUntil) return state.backOffUntil;
  if (state.bridge !== undefined) {
    sayAside(draft, 'bridge', state.bridge);
    delete state.bridge;
    return 'again';
  }
  return answer && begin(draft, answer);
}

/** An utterance of its own, that is no answer to anything. */
export function sayAside(
  { state, actions, at }: Draft,
  purpose: 'bridge' | 'filler',
  text: string,
) {
  const utterance = state.nextUtterance;
  state.nextUtterance += 1;
  state.aside = { purpose, utterance, isAudible: false, saidAt: at, text };
  actions.push({ do: 'say', utterance, text, isLast: true });
}

/** Begins to say an answer, or goes on with it after it was stopped for nothing. */
function begin(draft: Draft, answer: Answer): Look {
  if (answer.clauses.length === 0) {
    complete(draft, answer); // there is nothing to say
    return 'again';
  }
  if (answer.phase === 'held') answer.falseAlarms += 1;
  answer.phase = 'speaking';
  answer.utterance = draft.state.nextUtterance;
  draft.state.nextUtterance += 1;
  sayMore(draft, answer);
  return 'again';
}

function sayMore({ actions, at }: Draft, answer: Answer): Look {
  const { utterance, clauses, reply } = answer;
  if (utterance === undefined || answer.isSaidToEnd) return undefined;
  const isEnd = reply === undefined;
  if (clauses.length === 0 && !isEnd) return undefined;
  // The end may be known only after the last clause: then it is said alone.
  const texts = clauses.length > 0 ? clauses : [''];
  texts.forEach((text, i) => {
    actions.push({ do: 'say', utterance, text, isLast: isEnd && i === texts.length - 1 });
  });
  answer.said.push(...clauses);
  answer.clauses = [];
  answer.isSaidToEnd = isEnd;
  answer.movedAt = at;
  return undefined;
}

/** Throws away what is being said. How much of it was heard is told by `cleared`. */
export function stopSpeaking({ state, actions, at }: Draft): void {
  const { answer, aside } = state;
  const wasHeard = aside?.isAudible === true || answer?.audibleAt !== undefined;
  if (answer?.phase === 'speaking') {
    answer.phase = 'stopping';
    answer.movedAt = at;
  }
  delete state.aside;
  if (wasHeard) state.backOffUntil = at + state.plan.interruption.backOff;
  actions.push({ do: 'clear' });
}

/** It is known how much was heard; the rest waits until it is clear what the caller wants. */
export function hold(answer: Answer, heard: string): void {
  const left = withoutFirstWords(answer.said, wordCount(heard));
  answer.phase = 'held';
  answer.clauses = [...left, ...answer.clauses];
  answer.heardBefore = joined([answer.heardBefore, heard]);
  answer.heard = '';
  answer.said = [];
  answer.isSaidToEnd = false;
  delete answer.utterance;
  delete answer.audibleAt;
}

export function takeAudio({ state, at }: Draft, utterance: number): void {
  const { answer } = state;
  if (!answer || answer.utterance !== utterance) return;
  answer.movedAt = at;
  noteTime(answer, 'firstAudioMs', at);
}

export function takeAudible({ state, at }: Draft, utterance: number): void {
  const { answer, aside } = state;
  if (aside?.utterance === utterance) aside.isAudible = true;
  if (!answer || answer.utterance !== utterance) return;
  answer.audibleAt ??= at;
  answer.movedAt = at;
  noteTime(answer, 'heardMs', at);
}

export function takeHeard(draft: Draft, utterance: number, text: string, isAll: boolean): void {
  const { answer, aside } = draft.state;
  if (aside?.utterance === utterance && isAll) {
    delete draft.state.aside;
    draft.state.quietSince = draft.at;
  }
  if (!answer || answer.utterance !== utterance) return;
  takeAudible(draft, utterance);
  answer.heard = text;
  if (isAll && answer.isSaidToEnd) complete(draft, answer);
}

export function takeCleared({ state, at }: Draft, utterance: number, text: string): void {
  const { answer, aside } = state;
  if (aside?.utterance === utterance) delete state.aside;
  if (!answer || answer.utterance !== utterance) return;
  answer.movedAt = at;
  // Nobody has asked for it: the line is going away, which is told next.
  if (answer.phase === 'speaking') state.backOffUntil = at + UNASKED_CLEAR_MS;
  hold(answer, text);
}
