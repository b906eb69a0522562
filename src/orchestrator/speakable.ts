/**
 * What a model writes becomes what a telephone voice can say: plain words, no markup, no control
 * characters, of bounded length. Signs that carry meaning in plain text ("a < b", "5 * 3", "AT&T")
 * stay.
 */
import { boundedText, shortRuns } from './bounded-text.ts';

/** Characters of the longest reply. */
export const MAX_SPOKEN_LENGTH = 10_000;
/** Markup can hide in markup (`<<b>b>`); after so many rounds the marks themselves go. */
const ROUNDS = 4;

/** Plain spoken words; empty when nothing in `written` can be said. Pure, and stable when repeated. */
export function speakable(written: string): string {
  let text = boundedText(written);
  for (let round = 0; round < ROUNDS; round += 1) {
    const cleaned = cleanOnce(text);
    if (cleaned === text) return finish(text);
    text = cleaned;
  }
  return finish(cleanOnce(text.replace(/[<>*_`~[\]\\|&#]/g, ' ')));
}

function cleanOnce(text: string): string {
  const plain = withoutTags(decoded(withoutUnspeakable(withoutThoughts(text))));
  // Runs may have grown out of what was taken away.
  return collapse(withoutMarkdown(shortRuns(plain)));
}

function finish(text: string): string {
  return /[\p{L}\p{N}]/u.test(text) ? capped(text) : '';
}

/** Reasoning models that run behind a plain server put their thoughts in front of the answer. */
function withoutThoughts(text: string): string {
  const end = text.lastIndexOf('</think>');
  const answer = end === -1 ? text : text.slice(end + '</think>'.length);
  const start = answer.indexOf('<think>');
  return start === -1 ? answer : answer.slice(0, start);
}

/**
 * Control characters, lone surrogates, non-characters, invisible direction marks and pictures.
 * The joiners U+200C and U+200D stay: Persian and Indic words need them.
 */
function withoutUnspeakable(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[\t\v\f\u0085]/g, ' ')
    .replace(/(?!\n)\p{Cc}|\p{Surrogate}|\p{Noncharacter_Code_Point}|\uFFFD/gu, '')
    .replace(/[\u00AD\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF]/g, '')
    .replace(/(?![©®™])\p{Extended_Pictographic}|\p{Emoji_Modifier}|[\uFE0E\uFE0F\u20E3]/gu, '');
}

const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

function decoded(text: string): string {
  return text.replace(
    /&(?:(amp|lt|gt|quot|apos|nbsp)|#(\d{1,7})|#x([0-9a-f]{1,6}));/gi,
    (_whole, name?: string, decimal?: string, hex?: string) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? '';
      const code = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : '';
    },
  );
}

/** A name, then attributes with values: "a < b" and "x <y and z>" are no tags. All lengths bounded. */
const TAG =
  /<\/?([a-z][\w:.-]{0,60})(?:\s{1,20}[\w:.-]{1,60}\s{0,5}=\s{0,5}(?:"[^"<>]{0,500}"|'[^'<>]{0,500}'|[^\s"'<>=]{1,500})){0,20}\s{0,20}\/?>/gi;
/** Tags that stand inside of words and sentences; all others part what is around them. */
const INLINE =
  /^(?:b|i|u|em|strong|emphasis|prosody|say-as|span|a|sub|sup|phoneme|voice|lang|w|mark|small|code)$/i;

function withoutTags(text: string): string {
  return withoutComments(text)
    .replace(/<!\[CDATA\[|\]\]>/g, '')
    .replace(/<[?!][a-z][^<>]{0,500}>/gi, ' ')
    .replace(/<(?:https?:\/\/|mailto:)[^\s<>]{1,2000}>/gi, ' ')
    .replace(TAG, (_tag, name: string) => (INLINE.test(name) ? '' : ' '));
}

/** In one pass: many comments that never end would each be looked for until the end of the text. */
function withoutComments(text: string): string {
  let kept = '';
  let at = 0;
  for (;;) {
    const start = text.indexOf('<!--', at);
    const end = start === -1 ? -1 : text.indexOf('-->', start + 4);
    if (end === -1) return kept + text.slice(at);
    kept += `${text.slice(at, start)} `;
    at = end + 3;
  }
}

function withoutMarkdown(text: string): string {
  return withoutInlineMarks(text.split('\n').map(withoutLineMarks).join('\n'));
}

function withoutLineMarks(line: string): string {
  if (/^\s*(?:```|~~~)[\w+-]*\s*$/.test(line)) return '';
  if (/^\s*(?:[-*_]\s?){3,}$/.test(line)) return '';
  if (line.includes('---') && /^[\s|:-]*$/.test(line)) return '';
  const unquoted = line.replace(/^\s*(?:>\s?){1,5}(?=\S)/, '');
  const item = /^\s*(?:#{1,6}\s+|[-*+•‣◦]\s+(?=\D))([^]*)$/.exec(unquoted);
  const row = /^\s*\|([^]*)\|\s*$/.exec(unquoted);
  if (row)
    return sentence(
      cellsOf(row[1] ?? '')
        .join(', ')
        .trim(),
    );
  return item ? sentence((item[1] ?? '').trimEnd().replace(/\s#+$/, '').trim()) : unquoted;
}

function cellsOf(row: string): string[] {
  return row.split('|').map((cell) => cell.trim());
}

/** A heading or an item of a list has no full stop; read aloud it needs a pause. */
function sentence(text: string): string {
  return text === '' || /[\p{P}\p{S}]$/u.test(text) ? text : `${text}.`;
}

function withoutInlineMarks(text: string): string {
  return text
    .replace(/!?\[([^[\]\n]{0,500})\]\([^()\s]{0,2000}(?:\s+"[^"\n]{0,200}")?\)/g, '$1')
    .replace(/\[([^[\]\n]{1,500})\]\[[^[\]\n]{0,50}\]/g, '$1')
    .replace(/\\([*_#`~[\]<>])/g, '$1')
    .replace(/`+/g, '')
    .replace(/\*{2,}|~{2,}|_{2,}/g, '')
    .replace(/(?<![\p{L}\p{N}*])\*(?=\S)([^*\n]{0,500}?\S)\*(?![\p{L}\p{N}*])/gu, '$1')
    .replace(/(?<![\p{L}\p{N}_])_(?=\S)([^_\n]{0,500}?\S)_(?![\p{L}\p{N}_])/gu, '$1');
}

function collapse(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function capped(text: string): string {
  if (text.length <= MAX_SPOKEN_LENGTH) return text;
  const head = text.slice(0, MAX_SPOKEN_LENGTH + 1);
  const ends = [...head.matchAll(/[.!?…]["'”’)\]]{0,3}(?=\s)|[。！？]/gu)];
  const last = ends.at(-1);
  if (last && last.index > MAX_SPOKEN_LENGTH / 2) return head.slice(0, last.index + last[0].length);
  const space = head.lastIndexOf(' ');
  const cut = space > MAX_SPOKEN_LENGTH / 2 ? space : MAX_SPOKEN_LENGTH;
  return head.slice(0, cut).replace(/[\uD800-\uDBFF]$/, '');
}
