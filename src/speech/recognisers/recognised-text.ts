import { SpeechError } from '../speech-error.ts';

/** Characters of one result: nobody says more before a recogniser makes up its mind. */
const MAX_LENGTH = 4_000;

/** What turns the direction of writing. Other marks of this kind join or part letters, and belong to words. */
const BIDI = /[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * What a recogniser has written, as one line of text: no control characters, no half characters.
 * @throws SpeechError of kind `bad-answer` when it is longer than anybody speaks.
 */
export function recognisedText(raw: string, server: string): string {
  if (raw.length > MAX_LENGTH) {
    throw new SpeechError('bad-answer', `${server} understood more than can be said`);
  }
  return raw
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(BIDI, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}
