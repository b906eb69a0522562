/** How a talk ends: in order, because the line is gone, or because nobody can recognise or speak. */
import type { Answer, Draft } from '../state.ts';
import { joined, wordCount } from '../words.ts';
import { GREETING_KEY } from '../../../../workflows/rules/keys.ts';
import { abandon, closeAnswer, forgetAnswer, heardSoFar, isFirm } from './answers.ts';
import { trustGuess } from './hearing.ts';
import { dropEarly } from './replies.ts';
import { passOver } from './turn.ts';

/** All of an answer was heard. */
export function complete(draft: Draft, answer: Answer): void {
  const text = joined([answer.heardBefore, ...answer.said]);
  closeAnswer(draft, answer, { text, isInterrupted: false });
  if (!answer.end) return;
  stop(draft);
  draft.actions.push({ do: 'end', reason: answer.end });
}

/** @param isLost the call goes on without this line */
export function endLine(draft: Draft, isLost = false): void {
  leaveAnswer(draft, isLost);
  stop(draft);
}

export function giveUp(draft: Draft, event: 'recogniser-failed' | 'voice-failed'): void {
  // Nobody needs to be understood any more.
  if (event === 'recogniser-failed' && draft.state.answer?.end && isFirm(draft.state)) return;
  leaveAnswer(draft, true);
  stop(draft);
  draft.actions.push({ do: 'give-up', why: 'speech-failed' });
}

/** What was heard of an answer is told; all the rest is left to whoever goes on. */
function leaveAnswer(draft: Draft, goesOn: boolean): void {
  const { answer } = draft.state;
  if (!answer) return;
  if (heardSoFar(answer) !== '') {
    const isCut = goesOn && answer.key !== GREETING_KEY && !isHeardToEnd(answer);
    return abandon(draft, answer, isCut);
  }
  if (answer.reply !== undefined) draft.actions.push({ do: 'drop-model', reply: answer.reply });
  forgetAnswer(draft);
}

function isHeardToEnd({ isSaidToEnd, heard, said }: Answer): boolean {
  return isSaidToEnd && wordCount(heard) >= wordCount(joined(said));
}

/** No word is lost: what no turn has yet is told, though nobody answers it here. */
function stop(draft: Draft): void {
  dropEarly(draft);
  trustGuess(draft);
  passOver(draft);
  draft.state.status = 'ended';
}
