/** What a voice is given to say: words, and nothing that a voice could take for an order. */

/** Characters of one clause: some 55 s of speech, and fewer than every vendor takes. */
export const MAX_CHARACTERS = 800;
/** Characters of what was said before, which vendors want for the melody alone. */
const MAX_PREVIOUS = 300;

/**
 * The text in one line, without tags (SSML), brackets that switch espeak-ng to phonemes or a model of
 * ElevenLabs to stage directions, control characters and halves of characters. What is too long ends at
 * a word. Empty when there is nothing to pronounce: no letter, no digit, no sign of a currency.
 */
export function speakable(text: string): string {
  const words = text
    .replace(/<[!/?]?[a-z][^<>]{0,200}>/gi, ' ')
    .replace(/[<>[\]{}\\|`^\p{Cc}\p{Cs}\p{Co}\p{Z}\uFFFD]+/gu, ' ')
    .trim();
  return /[\p{L}\p{N}\p{Sc}]/u.test(words) ? upTo(MAX_CHARACTERS, words) : '';
}

/** The end of what was said right before, from a word on; undefined when there was nothing. */
export function precedingText(previous: string | undefined): string | undefined {
  const words = speakable(previous?.slice(-MAX_PREVIOUS) ?? '');
  if (words === '') return undefined;
  return (previous?.length ?? 0) > MAX_PREVIOUS ? words.replace(/^\S*\s/, '') : words;
}

function upTo(length: number, words: string): string {
  if (words.length <= length) return words;
  const cut = words.slice(0, length + 1).replace(/\s+\S*$/, '');
  return cut.slice(0, length).replace(/\p{Cs}$/u, '');
}
