import { leaksPrompt } from './leak.ts';
import { ModelError, type Completion, type Prompt } from './llm.ts';
import { ownTurn, type OwnTurn } from './machine-text.ts';
import { speakable } from './speakable.ts';

const ROUNDS = 3;

/**
 * What of a model's answer is said: plain words of bounded length, empty only when the model ends the
 * call.
 * @throws ModelError `bad-answer` when nothing in it is for the caller.
 */
export function spokenAnswer(completion: Completion, { secret }: Prompt): string {
  const { text, end, isCut } = completion;
  const spoken = plainWords(text).text;
  const words = isCut ? wholeSentences(spoken) : spoken;
  if (words === '' && !end) {
    throw new ModelError('bad-answer', 'the model answered nothing that can be said');
  }
  if (secret && leaksPrompt(words, secret)) {
    throw new ModelError('bad-answer', 'the model recited its instructions');
  }
  return words;
}

/**
 * What of an answer, or of a later part of one, can be said. Signs that are written in another way
 * (`&#123;`) only show when they are read: hence more than once.
 */
export function plainWords(written: string, isBeginning = true): OwnTurn {
  let { text, isOver } = spokenOnce(written, isBeginning);
  for (let round = 0; round < ROUNDS && text !== ''; round += 1) {
    const again = spokenOnce(text, isBeginning);
    isOver ||= again.isOver;
    if (again.text === text) break;
    text = again.text;
  }
  return { text, isOver };
}

function spokenOnce(written: string, isBeginning: boolean): OwnTurn {
  const { text, isOver } = ownTurn(written, isBeginning);
  return { text: speakable(text), isOver };
}

/** Without the sentence that breaks off, unless there is no other: in this text, or before it. */
export function wholeSentences(text: string, hasOther = false): string {
  const ends = [...text.matchAll(/[.!?…]["'”’)\]]{0,3}(?=\s)|[。！？]/gu)];
  const last = ends.at(-1);
  const head = last ? text.slice(0, last.index + last[0].length) : '';
  if (/[\p{L}\p{N}]/u.test(head)) return head;
  return hasOther ? '' : text;
}
