/** The caller's name, in the sentence as it was transcribed (capitals, where there are any, help). */
import { ENDS, NEVER, PARTICLES, TITLES } from './name-words.ts';
import { RECEPTIONIST } from './place.ts';
import { inCapitals, respelled } from './spelling.ts';

const WORD = "[\\p{L}\\p{M}][\\p{L}\\p{M}'’.-]*";
const NAME = `(${WORD}(?: ${WORD}){0,4})`;

/** Characters at the end of a sentence in which a name alone is looked for. */
const MAX_LAST_CLAUSE = 200;

/** How a name is announced; what is behind it is the name, as far as it looks like one. */
const ANNOUNCED = [
  new RegExp(
    `\\b(?:my|the|her|his|our) (?:last |first |sur|full |family )?name(?:'s| is| should be| would be| will be)(?: actually)? ${NAME}`,
    'giu',
  ),
  new RegExp(`\\b(?:change|correct|set|put) (?:the|my|that) name to ${NAME}`, 'giu'),
  new RegExp(`\\b(?:under|in|on|by) (?:the |my )?name(?: of)? ${NAME}`, 'giu'),
  new RegExp(
    `\\b(?:put|book|make|have|keep|reserve|note)(?: it| that| the table| this)?(?: down)? under ${NAME}`,
    'giu',
  ),
  new RegExp(`\\bunder ${NAME}`, 'giu'),
  new RegExp(`\\bcall me ${NAME}`, 'giu'),
  new RegExp(`\\bname(?:'s| is)? ${NAME}`, 'giu'),
];
/** Only a title or a capital tells these from other sentences ("it's fine", "I'm late"). */
const GUESSED = [
  new RegExp(`\\b(?:this is|it's|it is|i'm|i am|here is|that's) ${NAME}`, 'giu'),
  new RegExp(
    `\\bfor ((?:mr|mrs|ms|miss|mister|dr|doctor|professor)\\b\\.? ${WORD}(?: ${WORD}){0,2})`,
    'giu',
  ),
];

/**
 * The name in a sentence, or undefined.
 * `asked`: the caller was asked for the name, so a sentence of a few words is one. `likely`: names
 * were just talked about, so "it's anna" is one without a capital too.
 */
export function findName(
  sentence: string,
  context: 'asked' | 'likely' | 'none' = 'none',
): string | undefined {
  const expected = context === 'asked';
  const text = sentence
    .slice(0, 1_000)
    .replace(/[’‘ʼ`]/g, "'")
    .replace(/\b(mr|mrs|ms|dr)\./gi, '$1')
    .replace(/\s+/g, ' ')
    .trim();
  const both =
    /\bfirst name(?:'s| is)? ([\p{L}'-]+),? (?:and )?(?:my )?(?:last|family|sur) ?name(?:'s| is)? ([\p{L}'-]+)/iu.exec(
      text,
    );
  if (both) return toName(`${both[1]} ${both[2]}`);
  const spelled = spelledOut(text, expected);
  if (spelled) return spelled;
  const found =
    announced(text) ?? guessed(text, context !== 'none') ?? (expected ? whole(text) : undefined);
  return found === undefined ? undefined : respelled(found, text);
}

/** "Table for two, tomorrow at seven, Smith": a last clause in capitals, behind other details. */
export function findLastName(sentence: string): string | undefined {
  const clause = /,\s*(\p{Lu}[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+){0,2}) ?[.!]?$/u.exec(
    sentence.slice(-MAX_LAST_CLAUSE).trim(),
  )?.[1];
  return clause === undefined || clause === RECEPTIONIST ? undefined : whole(clause);
}

function announced(text: string): string | undefined {
  for (const expression of ANNOUNCED) {
    const names = [...text.matchAll(expression)]
      .map(([, words = '']) => toName(words))
      .filter((name) => name !== undefined);
    if (names.length > 0) return names.at(-1);
  }
  return undefined;
}

function guessed(text: string, likely: boolean): string | undefined {
  for (const expression of GUESSED) {
    for (const [, words = ''] of text.matchAll(expression)) {
      const name = toName(words);
      if (name !== undefined && (likely || titled(words) || /^\p{Lu}/u.test(words))) return name;
    }
  }
  return undefined;
}

function titled(words: string): boolean {
  return (words.split(' ')[0]?.toLowerCase() ?? '') in TITLES;
}

/** The answer to "what is your name?": what is left of it without the small words around. */
function whole(text: string): string | undefined {
  const bare = text
    .replace(/\b(?:with|without) (?:an?|two|double|the)\b.*$/i, '')
    .replace(
      /^(?:(?:uh|um|er|oh|yes|yeah|sure|ok|okay|well|no|sorry|actually|so|hello|hi|of course|certainly|that would be|make it|make that|it's for|its|just|put|just put|for)\b[ ,.!]*)+/i,
      '',
    )
    // From the first sign of a run alone, or a long run would be tried from each of its signs.
    .replace(/(?<![ ,.!])[ ,.!]+(?:(?:please|thanks|thank you|speaking|here)[ ,.!]*)?$/i, '');
  const last =
    bare.split(/[,;!?]| not | and |(?<=\p{L}{3})\. /u).find((part) => part.trim() !== '') ?? '';
  const words = last.trim();
  if (!new RegExp(`^${NAME}$`, 'u').test(words)) return undefined;
  const name = toName(words);
  return name !== undefined && name.split(' ').length === words.split(' ').length
    ? name
    : undefined;
}

/** "Will" and "May" are names when nothing follows. */
function isAlone(plain: string, words: string): boolean {
  return (plain === 'will' || plain === 'may') && words.replace(/[.]$/, '').toLowerCase() === plain;
}

function toName(words: string): string | undefined {
  const parts: string[] = [];
  for (const raw of words.split(' ')) {
    const word = raw.replace(/[.'-]+$/, '');
    const plain = word.toLowerCase().replace(/'/g, '');
    if (isAlone(plain, words)) return inCapitals(word, 0);
    if (ENDS.has(plain) && !(parts.length > 0 && PARTICLES.has(plain))) break;
    parts.push(word);
    // "John Smith. I need": the name ends with its sentence, an initial does not.
    if (raw.endsWith('.') && word.length > 1 && !titled(word)) break;
    if (parts.length === 4) break;
  }
  while (parts.length > 1 && PARTICLES.has((parts.at(-1) ?? '').toLowerCase())) parts.pop();
  const first = (parts[0] ?? '').toLowerCase();
  const lonely = parts.length === 1 && (/^[a-z]$/.test(first) || titled(first));
  if (parts.length === 0 || lonely || NEVER.has(first)) return undefined;
  return parts.map(inCapitals).join(' ');
}

/** "S, M, I, T, H", "S-M-I-T-H" or "s m i t h", three letters or more; with a first name before it. */
function spelledOut(text: string, expected: boolean): string | undefined {
  const match = /(?<![\p{L}'])\p{L}(?:[ ,.-]+\p{L}){2,24}(?![\p{L}'])/u.exec(text);
  if (!match) return undefined;
  const letters = match[0].replace(/[^\p{L}]/gu, '');
  const introduced = /\b(?:name|spell(?:ed|ing|t)?)\b/i.test(text);
  if (!expected && !introduced) return undefined;
  const before = text
    .slice(0, match.index)
    .replace(/\b(?:that's|that is|spelled|spelt|spelling|it's spelled)\b.*$/i, '');
  const spoken = announced(before) ?? whole(before);
  const last = inCapitals(letters.toLowerCase(), 0);
  const firstNames = spoken?.split(' ').slice(0, -1) ?? [];
  return [...firstNames, last].join(' ');
}
