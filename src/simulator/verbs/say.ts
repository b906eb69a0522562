import { flattenText } from '../twiml-parse.ts';
import { loopsOf, NEXT } from '../verb-context.ts';
import type { Verb } from '../verb-context.ts';

const MAX_CHARACTERS = 4_096;

/** `<Say>`: speaks its text, SSML flattened. What is over the limit is not spoken. */
export const say: Verb = async (element, context) => {
  const { document, line, signal } = context;
  let text = flattenText(element.children);
  if (text.length > MAX_CHARACTERS) {
    context.warn(12200, `Say holds over ${MAX_CHARACTERS} characters`);
    text = text.slice(0, MAX_CHARACTERS);
  }
  if (text === '') return NEXT;
  const sound = {
    source: 'say' as const,
    text,
    durationMs: text.length * context.msPerCharacter,
    documentUrl: document.url,
    requestId: document.requestId,
  };
  for (let left = loopsOf(element, context); left > 0 && !signal.aborted; left -= 1) {
    await line.play(sound, signal);
  }
  return NEXT;
};
