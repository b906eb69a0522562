import { leaksPrompt } from './leak.ts';
import { ModelError, type Completion, type Prompt } from './llm.ts';
import { forTheEar } from './machine-text.ts';
import { speakable } from './speakable.ts';

const ROUNDS = 3;

/**
 * What of a model's answer is said: plain words of bounded length, empty only when the model ends the
 * call.
 * @throws ModelError `bad-answer` when nothing in it is for the caller.
 */
export function spokenAnswer(completion: Completion, { secret }: Prompt): string {
  const { text, end, isCut } = completion;
  const spoken = plainWords(text);
  const words = isCut ? wholeSentences(spoken) : spoken;
  if (words === '' && !end) {
    throw new ModelError('bad-answer', 'the model answered nothing that can be said');
  }
  if (secret && leaksPrompt(words, secret)) {
    throw new ModelError('bad-answer', 'the model recited its instructions');
  }
  return words;
}

/** Signs that are written in another way (`&#123;`) only show when they are read: hence more than once. */
function plainWords(text: string): string {
  let words = speakable(forTheEar(text));
  for (let round = 0; round < ROUNDS && words !== ''; round += 1) {
    const again = speakable(forTheEar(words));
    if (again === words) return words;
    words = again;
  }
  return words;
}

/** Without the sentence that breaks off, unless there is no other. */
function wholeSentences(text: string): string {
  const ends = [...text.matchAll(/[.!?…]["'”’)\]]{0,3}(?=\s)|[。！？]/gu)];
  const last = ends.at(-1);
  const head = last ? text.slice(0, last.index + last[0].length) : '';
  return /[\p{L}\p{N}]/u.test(head) ? head : text;
}
