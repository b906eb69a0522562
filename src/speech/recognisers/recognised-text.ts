import { SpeechError } from '../speech-error.ts';

/** Characters of one result: nobody says more before a recogniser makes up its mind. */
const MAX_LENGTH = 4_000;

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
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
}
